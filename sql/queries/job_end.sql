-- A cycle has ended.   $1 job  $2 run id or null  $3 error code or null  $4 message  $5 applied
--   $6 stale  $7 calls  $8 claimed  $9 orchestrator
WITH run AS (
    UPDATE job_runs
       SET ended_at = fleet_now(), result = CASE WHEN $3::text IS NULL THEN 'ok' ELSE 'failed' END,
           error_code = $3::text, error_message = $4::text, applied = $5::int, stale = $6::int,
           calls = $7::int, claimed = $8::int
     WHERE id = $2::bigint),
failed AS ( -- before it had anything to do
    INSERT INTO job_runs (job, orchestrator_id, ended_at, result, error_code, error_message)
    SELECT $1, $9::uuid, fleet_now(), 'failed', $3::text, $4::text
     WHERE $2::bigint IS NULL AND $3::text IS NOT NULL)
UPDATE jobs
   SET last_success_at = CASE WHEN $3::text IS NULL THEN fleet_now() ELSE last_success_at END,
       failures_in_row = CASE WHEN $3::text IS NULL THEN 0 ELSE failures_in_row + 1 END,
       error_code = $3::text, error_message = $4::text
 WHERE job = $1;
