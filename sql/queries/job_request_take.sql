-- Takes the runs of all jobs that were asked for by hand.   $1 orchestrator
WITH open AS MATERIALIZED (
    SELECT id FROM job_requests WHERE taken_at IS NULL ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
UPDATE job_requests q SET taken_at = fleet_now(), taken_by = $1::uuid
  FROM open WHERE q.id = open.id
RETURNING q.id, q.job;
