-- Records what calls came to: by op_id and without the fence, because it is a fact.  Makes the
-- instances due.  What a reply names (machine, volumes, addresses) is on record with it.
--   $1 [{op_id, outcome, ref, reply, message, duration_ms, action, error_code}]
--   $2 job  $3 orchestrator
WITH ended AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        op_id uuid, outcome text, ref text, reply jsonb, message text, duration_ms bigint,
        action text, error_code text)),
locked AS MATERIALIZED ( -- Instances before operations, in the order of ids, as everywhere.
    SELECT i.id FROM instances i
     WHERE i.id IN (SELECT o.instance_id FROM provider_operations o JOIN ended e USING (op_id))
     ORDER BY i.id FOR NO KEY UPDATE),
recorded AS (
    UPDATE provider_operations o
       SET outcome = e.outcome, ended_at = fleet_now(), reply = e.reply,
           provider_ref = coalesce(nullif(e.ref, ''), o.provider_ref),
           message = nullif(e.message, ''), duration_ms = e.duration_ms
      FROM ended e
     WHERE o.op_id = e.op_id AND o.outcome IS NULL AND (SELECT count(*) FROM locked) >= 0
    RETURNING o.*, e.action, e.error_code),
late AS ( -- Closed meanwhile by another: what it made is a fact all the same.
    UPDATE provider_operations o
       SET provider_ref = e.ref, reply = e.reply, message = 'answered after it was closed'
      FROM ended e
     WHERE o.op_id = e.op_id AND o.outcome IS NOT NULL AND o.kind = 'server_create'
       AND e.ref <> '' AND o.provider_ref IS NULL
    RETURNING o.instance_id),
volumes AS (
    INSERT INTO instance_volumes (instance_id, provider_id, zone_id, provider_volume_id, name,
                                  volume_type, size_bytes, is_boot)
    SELECT r.instance_id, r.provider_id, r.zone_id, v.ref, v.name, v.volume_type, v.size_bytes,
           v.is_boot
      FROM recorded r,
           jsonb_to_recordset(coalesce(r.reply -> 'volumes', '[]')) AS v (
               ref text, name text, volume_type text, size_bytes bigint, is_boot boolean)
     WHERE r.kind = 'server_create' AND r.instance_id IS NOT NULL
    ON CONFLICT DO NOTHING),
addresses AS (
    INSERT INTO instance_addresses (instance_id, provider_id, zone_id, provider_address_id, address)
    SELECT r.instance_id, r.provider_id, r.zone_id, a.ref, a.address
      FROM recorded r,
           jsonb_to_recordset(coalesce(r.reply -> 'addresses', '[]')) AS a (ref text, address text)
     WHERE r.kind = 'server_create' AND r.instance_id IS NOT NULL
    ON CONFLICT DO NOTHING),
journalled AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, correlation_id, job,
                             op_id, retry_count, error_code, error_message, duration_ms, metadata,
                             completed_at)
    SELECT r.action, 'orchestrator', CASE WHEN r.outcome = 'ok' THEN 'success' ELSE 'failed' END,
           r.instance_id, r.correlation_id, $2::text, r.op_id, greatest(r.attempt - 1, 0),
           nullif(r.error_code, ''), r.message, r.duration_ms,
           jsonb_build_object('kind', r.kind, 'outcome', r.outcome, 'ref', r.provider_ref,
                              'token', r.token, 'orchestrator', $3::text),
           fleet_now()
      FROM recorded r),
due AS MATERIALIZED ( -- In the order in which everybody locks: roots first.
    SELECT i.id FROM instances i
     WHERE i.id IN (SELECT instance_id FROM recorded UNION SELECT instance_id FROM late)
       AND i.status <> 'archived'
     ORDER BY i.root_id, i.id <> i.root_id, i.id FOR NO KEY UPDATE)
UPDATE instances i SET next_run_at = least(i.next_run_at, fleet_now())
  FROM due WHERE i.id = due.id;
