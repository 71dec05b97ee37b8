-- Claims zones for a job about zones.   $1 lease in ms  $2 most rows  $3 orchestrator  $4 job
WITH due AS MATERIALIZED (
    SELECT s.provider_id, s.zone_id FROM job_shards s
     WHERE s.job = $4::text AND s.next_run_at <= (SELECT fleet_now())
       AND s.lease_until <= (SELECT fleet_now())
     ORDER BY s.next_run_at LIMIT $2::int FOR UPDATE SKIP LOCKED)
UPDATE job_shards s
   SET fencing_token = s.fencing_token + 1, attempts = s.attempts + 1,
       lease_until = fleet_now() + ms($1::bigint), lease_owner = $3::uuid
  FROM due, zones z, providers p, fleet f
 WHERE s.job = $4::text AND s.zone_id = due.zone_id AND s.provider_id = due.provider_id
   AND z.id = s.zone_id AND p.id = s.provider_id
RETURNING s.provider_id, s.zone_id, s.fencing_token, s.attempts, to_ms(fleet_now()) AS now_ms,
          p.code AS provider, p.driver, p.api_url, p.credentials_prefix, z.code AS zone, f.fleet_id;
