-- Machines on record that the lists of their zones do not show and that nobody misses yet; those that
-- are missed and that the lists show; and those of ready instances that are listed as stopped.
-- Whatever the lists show as expected is left out.
--   $1 zones listed  $2 [{zone_id, ref, stopped}] all that is listed there  $3 most rows
-- In no order, so that none is always beyond the last row.
WITH listed AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS x (zone_id uuid, ref text, stopped boolean))
SELECT i.id, i.zone_id, i.provider_instance_id AS ref, i.correlation_id,
       l.ref IS NULL OR i.gone_first_seen_at IS NOT NULL AS doubtful,
       i.gone_first_seen_at IS NOT NULL AS missed
  FROM instances i
  LEFT JOIN listed l ON l.zone_id = i.zone_id AND l.ref = i.provider_instance_id
 WHERE i.zone_id = ANY ($1::uuid[]) AND i.provider_instance_id IS NOT NULL AND NOT i.machine_gone
   AND i.status NOT IN ('terminating', 'terminated', 'archived')
   AND ((l.ref IS NULL) = (i.gone_first_seen_at IS NULL) OR l.stopped AND i.status = 'ready')
 ORDER BY random() LIMIT $3::int;
