-- 'denied' and 'quota': the zones rest.   $1 [{zone_id, reason}]  $2 ms
UPDATE zones z
   SET paused_until = fleet_now() + ms($2::bigint), paused_reason = x.reason
  FROM (SELECT DISTINCT ON (zone_id) zone_id, reason
          FROM jsonb_to_recordset($1::jsonb) AS r (zone_id uuid, reason text)) x
 WHERE z.id = x.zone_id;
