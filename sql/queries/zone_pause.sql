-- 'denied' and 'quota': the zones rest.   $1 [{zone_id, reason}]  $2 ms
WITH refused AS MATERIALIZED (
    SELECT z.id, x.reason
      FROM zones z
      JOIN (SELECT DISTINCT ON (zone_id) zone_id, reason
              FROM jsonb_to_recordset($1::jsonb) AS r (zone_id uuid, reason text)) x
        ON x.zone_id = z.id
     ORDER BY z.id FOR UPDATE OF z)
UPDATE zones z
   SET paused_until = fleet_now() + ms($2::bigint), paused_reason = refused.reason
  FROM refused WHERE z.id = refused.id;
