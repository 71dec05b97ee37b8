-- Claims due instances for job-health-check.   $1 lease in ms   $2 most rows   $3 orchestrator
-- Due are those whose time has come, and those whose worker told a new status that nobody has seen.
WITH told AS MATERIALIZED (
    SELECT instance_id FROM worker_heartbeats WHERE status_unseen),
due AS MATERIALIZED (
    SELECT id FROM instances
     WHERE lease_until <= fleet_now()
       AND status IN ('booting', 'installing', 'starting', 'ready', 'unavailable', 'worker_dead')
       AND (next_run_at <= fleet_now() OR id IN (SELECT instance_id FROM told))
     ORDER BY next_run_at
     LIMIT $2::int
       FOR UPDATE SKIP LOCKED)
UPDATE instances i
   SET fencing_token = i.fencing_token + 1,
       attempts = i.attempts + 1,
       lease_until = fleet_now() + ms($1::bigint),
       lease_owner = $3::uuid
  FROM due
 WHERE i.id = due.id
RETURNING i.id, i.fencing_token, to_ms(fleet_now()) AS now_ms;
