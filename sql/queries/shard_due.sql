-- Asked for by hand or by message: every zone of the job is due now.   $1 job
UPDATE job_shards SET next_run_at = fleet_now() WHERE job = $1;
