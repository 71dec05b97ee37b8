-- Claims due instances for job-terminator.   $1 lease in ms   $2 most rows   $3 orchestrator
WITH due AS MATERIALIZED (
    SELECT id FROM instances
     WHERE next_run_at <= (SELECT fleet_now()) AND lease_until <= (SELECT fleet_now())
       AND (status IN ('draining', 'terminating', 'provisioning_failed', 'startup_failed', 'failed', 'terminated')
            OR (SELECT r.desired FROM instances r WHERE r.id = instances.root_id) <> 'running')
     ORDER BY next_run_at
     LIMIT $2::int
       FOR UPDATE SKIP LOCKED)
UPDATE instances i
   SET fencing_token = i.fencing_token + 1,
       attempts = i.attempts + 1,
       lease_until = (SELECT fleet_now()) + ms($1::bigint),
       lease_owner = $3::uuid
  FROM due
 WHERE i.id = due.id
RETURNING i.id, i.fencing_token, to_ms((SELECT fleet_now())) AS now_ms;
