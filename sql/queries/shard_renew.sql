-- Renews leases on zones that are still ours; returns those that are.
--   $1 [{provider_id, zone_id, token}]  $2 lease in ms  $3 job
WITH held AS MATERIALIZED (
    SELECT s.provider_id, s.zone_id
      FROM jsonb_to_recordset($1::jsonb) AS x (provider_id uuid, zone_id uuid, token bigint)
      JOIN job_shards s ON s.job = $3::text AND s.provider_id = x.provider_id
       AND s.zone_id = x.zone_id
     WHERE s.fencing_token = x.token AND s.lease_until > fleet_now()
     ORDER BY s.provider_id, s.zone_id FOR NO KEY UPDATE OF s)
UPDATE job_shards s SET lease_until = fleet_now() + ms($2::bigint)
  FROM held h WHERE s.job = $3::text AND s.provider_id = h.provider_id AND s.zone_id = h.zone_id
RETURNING s.zone_id;
