-- Takes the runs that were asked for by hand, of jobs that are not switched off here.
--   $1 orchestrator  $2 jobs
WITH open AS MATERIALIZED (
    SELECT id FROM job_requests
     WHERE taken_at IS NULL AND job = ANY ($2::text[])
     ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
UPDATE job_requests q SET taken_at = fleet_now(), taken_by = $1::uuid
  FROM open WHERE q.id = open.id
RETURNING q.id, q.job;
