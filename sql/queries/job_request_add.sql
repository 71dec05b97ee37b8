-- Asks for a run.   $1 job  $2 who
INSERT INTO job_requests (job, requested_by) VALUES ($1, $2) RETURNING id;
