-- Records what calls came to: by op_id and without the fence, because it is a fact.  Makes the
-- instances due.  What a reply names (machine, volumes, addresses) is on record with it, also where
-- another has closed the create meanwhile: whatever was concluded, that is what it made.
--   $1 [{op_id, outcome, ref, reply, message, duration_ms, action, error_code}]
--   $2 job  $3 orchestrator
WITH ended AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        op_id uuid, outcome text, ref text, reply jsonb, message text, duration_ms bigint,
        action text, error_code text)),
locked AS MATERIALIZED ( -- Instances before operations, roots first, as everywhere.
    SELECT l.id FROM instances l
     WHERE l.id IN (SELECT unnest(ARRAY[i.root_id, i.id])
                      FROM ended e JOIN provider_operations o USING (op_id)
                      JOIN instances i ON i.id = o.instance_id)
     ORDER BY l.root_id, l.id <> l.root_id, l.id FOR NO KEY UPDATE),
recorded AS ( -- One UPDATE for both, which reads the row anew where it was closed during the wait.
    UPDATE provider_operations o
       SET outcome = coalesce(o.outcome, e.outcome), ended_at = coalesce(o.ended_at, fleet_now()),
           reply = e.reply, provider_ref = coalesce(nullif(e.ref, ''), o.provider_ref),
           gone_at = (SELECT max(p.gone_at) FROM orphans p -- Found by its tags, and swept.
                       WHERE p.provider_id = o.provider_id AND p.kind = 'server' AND p.ref = e.ref),
           duration_ms = e.duration_ms,
           message = CASE WHEN o.outcome IS NULL THEN nullif(e.message, '')
                          ELSE 'answered after it was closed' END
      FROM ended e
     WHERE o.op_id = e.op_id AND (SELECT count(*) FROM locked) >= 0
       AND (o.outcome IS NULL OR o.kind = 'server_create' AND e.ref <> ''
                                 AND o.provider_ref IS DISTINCT FROM e.ref)
    RETURNING o.*, e.outcome AS answer, e.action, e.error_code),
told AS ( -- The first machine costs money from when it was made.
    INSERT INTO outbox (instance_id, type, occurred_at, body)
    SELECT i.id, 'EVT:INSTANCE_COST_START',
           cost_start_at(i.id, (r.reply ->> 'created_ms')::bigint),
           jsonb_build_object('instance_id', i.id, 'provider_id', i.provider_id,
                              'instance_type_id', i.instance_type_id,
                              'provider_instance_id', r.provider_ref)
      FROM recorded r JOIN instances i ON i.id = r.instance_id
     WHERE r.kind = 'server_create' AND r.answer = 'ok' AND r.provider_ref IS NOT NULL
    ON CONFLICT (instance_id) WHERE type = 'EVT:INSTANCE_COST_START' DO NOTHING
    RETURNING id),
volumes AS (
    INSERT INTO instance_volumes (instance_id, provider_id, zone_id, provider_volume_id, name,
                                  volume_type, size_bytes, is_boot)
    SELECT r.instance_id, r.provider_id, r.zone_id, v.ref, v.name, v.volume_type, v.size_bytes,
           v.is_boot
      FROM recorded r,
           jsonb_to_recordset(coalesce(r.reply -> 'volumes', '[]')) AS v (
               ref text, name text, volume_type text, size_bytes bigint, is_boot boolean)
     WHERE r.kind = 'server_create' AND r.instance_id IS NOT NULL AND r.gone_at IS NULL
    ON CONFLICT DO NOTHING),
addresses AS (
    INSERT INTO instance_addresses (instance_id, provider_id, zone_id, provider_address_id, address)
    SELECT r.instance_id, r.provider_id, r.zone_id, a.ref, a.address
      FROM recorded r,
           jsonb_to_recordset(coalesce(r.reply -> 'addresses', '[]')) AS a (ref text, address text)
     WHERE r.kind = 'server_create' AND r.instance_id IS NOT NULL AND r.gone_at IS NULL
    ON CONFLICT DO NOTHING),
journalled AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, correlation_id, job,
                             op_id, retry_count, error_code, error_message, duration_ms, metadata,
                             completed_at)
    SELECT r.action, 'orchestrator', CASE WHEN r.answer = 'ok' THEN 'success' ELSE 'failed' END,
           r.instance_id, r.correlation_id, $2::text, r.op_id, greatest(r.attempt - 1, 0),
           nullif(r.error_code, ''), r.message, r.duration_ms,
           jsonb_build_object('kind', r.kind, 'outcome', r.outcome, 'ref', r.provider_ref,
                              'token', r.token, 'orchestrator', $3::text),
           fleet_now()
      FROM recorded r)
-- A zone job's call is none of the instance's business, which may be over.
UPDATE instances i SET next_run_at = least(i.next_run_at, fleet_now())
  FROM recorded r
 WHERE i.id = r.instance_id AND r.shard_job IS NULL AND i.status <> 'archived'
RETURNING EXISTS (SELECT FROM told) AS told;
