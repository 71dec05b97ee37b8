-- A cycle has something to do: on record before it does it.   $1 job  $2 orchestrator  $3 rows claimed
INSERT INTO job_runs (job, orchestrator_id, claimed) VALUES ($1, $2::uuid, $3::int) RETURNING id;
