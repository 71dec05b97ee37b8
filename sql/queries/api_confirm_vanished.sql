-- An operator gives up a zone's machines that are absent now: they count as gone as soon as they are
-- looked for once more in vain.  Roots are locked first, as everybody does.
-- $1 zone · $2 user · $3 correlation id
WITH zone AS (
    SELECT id FROM zones WHERE id = $1::uuid
), absent AS MATERIALIZED (
    SELECT i.id, i.root_id FROM instances i JOIN zone z ON z.id = i.zone_id
     WHERE i.gone_first_seen_at IS NOT NULL AND NOT i.machine_gone
       AND i.provider_instance_id IS NOT NULL
       AND i.status NOT IN ('terminating', 'terminated', 'archived')
), roots AS MATERIALIZED (
    SELECT r.id FROM instances r WHERE r.id IN (SELECT root_id FROM absent)
     ORDER BY r.id FOR NO KEY UPDATE
), confirmed AS (
    UPDATE instances i
       SET vanish_confirmed_ref = i.provider_instance_id, sightings = i.sightings + 1,
           next_run_at = fleet_now()
      FROM absent a JOIN roots r ON r.id = a.root_id
     WHERE i.id = a.id AND i.gone_first_seen_at IS NOT NULL AND NOT i.machine_gone
    RETURNING i.id, i.status, i.provider_instance_id
), logged AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, user_id, correlation_id,
                             instance_status_before, instance_status_after, metadata, completed_at)
    SELECT 'CONFIRM_VANISHED', 'api', 'success', c.id, $2::uuid, $3::text, c.status, c.status,
           jsonb_build_object('detail', c.provider_instance_id, 'zone_id', $1::text), fleet_now()
      FROM confirmed c
)
SELECT (SELECT coalesce(json_agg(c.id ORDER BY c.id), '[]') FROM confirmed c) AS instance_ids
  FROM zone;
