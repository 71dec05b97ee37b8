-- A cycle of a job begins.   $1 job
INSERT INTO jobs (job, last_started_at) VALUES ($1, fleet_now())
ON CONFLICT (job) DO UPDATE SET last_started_at = excluded.last_started_at;
