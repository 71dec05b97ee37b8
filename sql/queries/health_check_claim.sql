-- Claims due instances for job-health-check.   $1 lease in ms   $2 most rows   $3 orchestrator
-- Due are those whose worker told a new status that nobody has seen, and those whose time has come.
-- Each is found by its own index: the cost is that of what is due, however many instances there are.
WITH told AS MATERIALIZED (
    SELECT id FROM instances
     WHERE id IN (SELECT instance_id FROM worker_heartbeats WHERE status_unseen)
       AND lease_until <= (SELECT fleet_now())
       AND status IN ('booting', 'installing', 'starting', 'ready', 'unavailable', 'worker_dead')
     LIMIT $2::int
       FOR UPDATE SKIP LOCKED),
timed AS MATERIALIZED (
    SELECT id FROM instances
     WHERE next_run_at <= (SELECT fleet_now()) AND lease_until <= (SELECT fleet_now())
       AND status IN ('booting', 'installing', 'starting', 'ready', 'unavailable', 'worker_dead')
       AND id NOT IN (SELECT id FROM told)
     ORDER BY next_run_at
     LIMIT $2::int - (SELECT count(*) FROM told)
       FOR UPDATE SKIP LOCKED),
due AS (
    SELECT id FROM told UNION ALL SELECT id FROM timed)
UPDATE instances i
   SET fencing_token = i.fencing_token + 1,
       attempts = i.attempts + 1,
       lease_until = (SELECT fleet_now()) + ms($1::bigint),
       lease_owner = $3::uuid
  FROM due
 WHERE i.id = due.id
RETURNING i.id, i.fencing_token, to_ms((SELECT fleet_now())) AS now_ms;
