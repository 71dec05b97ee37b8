-- Puts on record what the sweep found, saw and did; fenced by the zones' tokens.  Tells what the
-- machine of an instance that was over has cost, if nobody has.
--   $1 [{provider_id, zone_id, token}]
--   $2 found [{zone_id, kind, ref, instance_id, parent_ref, reason, verdict, volume_type,
--     ours}]
--   $3 looked at [{zone_id, id, change, reason, verdict, acted, failed, next_act_ms, message}]
--   $4 job  $5 orchestrator
WITH held AS MATERIALIZED ( -- Nobody claims the zone before this is committed.
    SELECT s.provider_id, s.zone_id
      FROM jsonb_to_recordset($1::jsonb) AS z (provider_id uuid, zone_id uuid, token bigint)
      JOIN job_shards s ON s.job = $4::text AND s.provider_id = z.provider_id
       AND s.zone_id = z.zone_id
     WHERE s.fencing_token = z.token
     ORDER BY s.zone_id FOR SHARE OF s),
found AS (
    INSERT INTO orphans (provider_id, zone_id, kind, ref, instance_id, parent_ref, reason, verdict,
                         volume_type, released_at)
    SELECT h.provider_id, h.zone_id, f.kind, f.ref, f.instance_id, f.parent_ref, f.reason, f.verdict,
           f.volume_type,
           CASE WHEN f.kind = 'volume' -- Spared by its own instance's end, another's, or a person's.
                     AND (EXISTS (SELECT FROM instance_volumes v
                                   WHERE v.provider_id = h.provider_id
                                     AND v.provider_volume_id = f.ref AND v.deleted_at IS NULL
                                     AND NOT (v.delete_on_terminate
                                              AND v.instance_id IS NOT DISTINCT FROM f.instance_id))
                          OR NOT f.ours
                             AND NOT EXISTS (SELECT FROM instance_volumes v
                                              WHERE v.provider_id = h.provider_id
                                                AND v.provider_volume_id = f.ref
                                                AND v.instance_id = f.instance_id))
                THEN fleet_now() END
      FROM jsonb_to_recordset($2::jsonb) AS f (zone_id uuid, kind text, ref text, instance_id uuid,
               parent_ref text, reason text, verdict text, volume_type text, ours boolean)
      JOIN held h ON h.zone_id = f.zone_id
    ON CONFLICT (provider_id, kind, ref) WHERE gone_at IS NULL AND released_at IS NULL DO NOTHING
    RETURNING *),
changed AS (
    UPDATE orphans o
       SET looked_at = fleet_now(), reason = c.reason, verdict = c.verdict,
           gone_first_seen_at = CASE c.change WHEN 'absent' THEN fleet_now() WHEN 'seen' THEN NULL
                                              ELSE o.gone_first_seen_at END,
           gone_at = CASE WHEN c.change = 'gone' THEN fleet_now() END,
           released_at = CASE WHEN c.change = 'released' THEN fleet_now() END,
           delete_attempts = CASE WHEN c.acted THEN (o.delete_attempts + 1) * c.failed::int
                                  ELSE o.delete_attempts END,
           delete_next_at = CASE WHEN c.acted THEN from_ms(c.next_act_ms) ELSE o.delete_next_at END,
           error_message = CASE WHEN c.acted THEN nullif(c.message, '') ELSE o.error_message END
      FROM jsonb_to_recordset($3::jsonb) AS c (zone_id uuid, id uuid, change text, reason text,
               verdict text, acted boolean, failed boolean, next_act_ms bigint, message text)
      JOIN held h ON h.zone_id = c.zone_id
     WHERE o.id = c.id AND o.gone_at IS NULL AND o.released_at IS NULL
    RETURNING o.*, c.change),
creates AS ( -- The create that made it need not be looked after any more.
    UPDATE provider_operations p SET gone_at = fleet_now()
      FROM changed c
     WHERE c.change = 'gone' AND c.kind = 'server' AND p.instance_id = c.instance_id
       AND p.kind = 'server_create' AND p.provider_ref = c.ref AND p.gone_at IS NULL),
volumes AS ( -- On record of an instance, too, where a create's reply named them.
    UPDATE instance_volumes v SET deleted_at = fleet_now(), status = 'deleted'
      FROM changed c
     WHERE c.change = 'gone' AND c.kind = 'volume' AND v.provider_id = c.provider_id
       AND v.provider_volume_id = c.ref AND v.deleted_at IS NULL),
addresses AS (
    UPDATE instance_addresses a SET deleted_at = fleet_now()
      FROM changed c
     WHERE c.change = 'gone' AND c.kind = 'address' AND a.instance_id = c.instance_id
       AND a.provider_address_id = c.ref AND a.deleted_at IS NULL),
over AS MATERIALIZED ( -- Nothing is left of what came too late for its instance's own end.
    SELECT i.id, i.provider_id, i.instance_type_id
      FROM instances i
     WHERE i.id IN (SELECT instance_id FROM changed WHERE change = 'gone')
       AND i.status IN ('terminated', 'archived')
       AND NOT EXISTS (SELECT FROM found f WHERE f.instance_id = i.id)
       AND NOT EXISTS (SELECT FROM orphans o
                        WHERE o.instance_id = i.id AND o.gone_at IS NULL AND o.released_at IS NULL
                          AND o.id NOT IN (SELECT id FROM changed WHERE change = 'gone'))
     ORDER BY i.root_id, i.id <> i.root_id, i.id
       FOR NO KEY UPDATE),
paid AS MATERIALIZED ( -- Its last machine, and the end of the last call that deleted something.
    SELECT o.id, o.provider_id, o.instance_type_id, max(coalesce(c.parent_ref, c.ref)) AS machine,
           max(coalesce(d.at, c.gone_first_seen_at)) AS until
      FROM over o JOIN changed c ON c.instance_id = o.id AND c.change = 'gone'
     CROSS JOIN LATERAL (
           SELECT max(least(p.ended_at, p.started_at + ms(p.duration_ms))) AS at
             FROM provider_operations p
            WHERE p.instance_id = o.id AND p.provider_ref = c.ref AND p.outcome = 'ok'
              AND p.kind = c.kind || '_delete') d
     GROUP BY o.id, o.provider_id, o.instance_type_id),
started AS ( -- Unless its create's answer has told so.
    INSERT INTO outbox (instance_id, type, occurred_at, body)
    SELECT p.id, 'EVT:INSTANCE_COST_START', cost_start_at(p.id, NULL),
           jsonb_build_object('instance_id', p.id, 'provider_id', p.provider_id,
                              'instance_type_id', p.instance_type_id,
                              'provider_instance_id', p.machine, 'note', 'swept')
      FROM paid p
    ON CONFLICT (instance_id) WHERE type = 'EVT:INSTANCE_COST_START' DO NOTHING
    RETURNING id),
stopped AS ( -- Its start is told by now, by whomever.
    INSERT INTO outbox (instance_id, type, occurred_at, body)
    SELECT p.id, 'EVT:INSTANCE_COST_STOP', greatest(p.until, cost_start_at(p.id, NULL)),
           jsonb_build_object('instance_id', p.id, 'provider_id', p.provider_id,
                              'provider_instance_id', p.machine,
                              'reason', 'termination_confirmed')
      FROM paid p
     WHERE (SELECT count(*) FROM started) >= 0
    ON CONFLICT (instance_id) WHERE type = 'EVT:INSTANCE_COST_STOP' DO NOTHING)
INSERT INTO action_logs (action_type, component, status, instance_id, correlation_id, job,
                         error_message, metadata, completed_at)
SELECT e.action, 'orchestrator', 'success', i.id, i.correlation_id, $4::text, e.reason,
       jsonb_build_object('kind', e.kind, 'ref', e.ref, 'verdict', e.verdict, 'zone_id', e.zone_id,
                          'instance_id', e.instance_id, 'orchestrator', $5::text),
       fleet_now()
  FROM (SELECT 'ORPHAN_FOUND' AS action, kind, ref, verdict, zone_id, instance_id, reason FROM found
         UNION ALL
        SELECT CASE change WHEN 'gone' THEN 'ORPHAN_DELETED' ELSE 'ORPHAN_RELEASED' END, kind, ref,
               verdict, zone_id, instance_id, reason
          FROM changed WHERE change IN ('gone', 'released')) e
  LEFT JOIN instances i ON i.id = e.instance_id;
