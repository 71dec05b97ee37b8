-- Asked for by hand or by message: every zone's catalogue is due now.
UPDATE job_shards SET next_run_at = fleet_now() WHERE job = 'job-catalog-sync';
