-- Asks for a run because a message does: once, however many orchestrators hear it.
--   $1 job   $2 within how many ms the same is one request
INSERT INTO job_requests (job, requested_by)
SELECT $1::text, 'message'
 WHERE NOT EXISTS (SELECT FROM job_requests
                    WHERE job = $1::text AND requested_by = 'message'
                      AND requested_at > fleet_now() - ms($2::bigint))
ON CONFLICT (job) WHERE taken_at IS NULL DO NOTHING;
