-- Every active zone has a row of each zone job.   $1 jobs
INSERT INTO job_shards (job, provider_id, zone_id)
SELECT j.job, z.provider_id, z.id
  FROM zones z JOIN providers p ON p.id = z.provider_id AND p.is_active
 CROSS JOIN unnest($1::text[]) AS j (job)
 WHERE z.is_active
ON CONFLICT DO NOTHING;
