-- Asks for a run; returns the request that is open by then.   $1 job  $2 who
INSERT INTO job_requests (job, requested_by) VALUES ($1, $2)
ON CONFLICT (job) WHERE taken_at IS NULL DO UPDATE SET job = excluded.job
RETURNING id;
