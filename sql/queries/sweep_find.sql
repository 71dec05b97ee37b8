-- Of machines that lists show with the fleet's tag, those that no instance looks after and that are
-- not on record as orphans; with what the verdict on them rests on.
--   $1 [{place, provider_id, ref, instance}]; instance: a uuid or null   $2 most rows
WITH listed AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        place integer, provider_id uuid, ref text, instance uuid))
SELECT l.place, i.id IS NOT NULL AS known, i.status, i.provider_instance_id, i.machine_gone,
       i.correlation_id, false AS recorded_by_any,
       EXISTS (SELECT FROM provider_operations o
                WHERE o.instance_id = i.id AND o.kind = 'server_create') AS created
  FROM listed l LEFT JOIN instances i ON i.id = l.instance
 WHERE NOT EXISTS (SELECT FROM instances r
                    WHERE r.provider_id = l.provider_id AND r.provider_instance_id = l.ref
                      AND NOT r.machine_gone AND r.status NOT IN ('terminated', 'archived'))
   AND NOT EXISTS (SELECT FROM orphans o
                    WHERE o.provider_id = l.provider_id AND o.kind = 'server' AND o.ref = l.ref
                      AND o.gone_at IS NULL AND o.released_at IS NULL)
 ORDER BY l.place LIMIT $2::int;
