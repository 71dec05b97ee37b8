-- Records intents of zone jobs; returns those that may be sent.  One that is about an instance goes on
-- record only while that instance is as it was when the act was decided (status null: about none), and
-- about a machine only while no instance has it on record: whoever is writing to that instance's row is
-- waited for and then counts.
--   $1 [{op_id, job, provider_id, zone_id, token, kind, ref, request, call_timeout_ms,
--        correlation_id, instance_id, status, recorded_ref, recorded_gone}]
WITH asked AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS a (
        op_id uuid, job text, provider_id uuid, zone_id uuid, token bigint, kind text, ref text,
        request jsonb, call_timeout_ms bigint, correlation_id text, instance_id uuid, status text,
        recorded_ref text, recorded_gone boolean)),
unchanged AS MATERIALIZED ( -- In the order in which everybody locks: roots first.
    SELECT a.op_id
      FROM asked a JOIN instances i ON i.id = a.instance_id
     WHERE i.status = a.status AND i.machine_gone = a.recorded_gone
       AND i.provider_instance_id IS NOT DISTINCT FROM nullif(a.recorded_ref, '')
     ORDER BY i.root_id, i.id <> i.root_id, i.id
       FOR SHARE OF i)
INSERT INTO provider_operations (op_id, instance_id, shard_job, provider_id, zone_id, kind, attempt,
                                 token, request, send_by, provider_ref, correlation_id)
SELECT a.op_id, a.instance_id, s.job, s.provider_id, s.zone_id, a.kind, s.attempts, a.token,
       a.request, s.lease_until + ms(a.call_timeout_ms), nullif(a.ref, ''), a.correlation_id
  FROM asked a
  JOIN job_shards s ON s.job = a.job AND s.provider_id = a.provider_id AND s.zone_id = a.zone_id
 WHERE s.fencing_token = a.token AND s.lease_until > fleet_now()
   AND (a.instance_id IS NULL OR a.op_id IN (SELECT op_id FROM unchanged))
   AND NOT EXISTS (SELECT FROM instances r
                    WHERE r.provider_id = s.provider_id AND r.provider_instance_id = a.ref
                      AND NOT r.machine_gone AND r.status NOT IN ('terminated', 'archived'))
   AND NOT EXISTS (SELECT FROM provider_operations o
                    WHERE o.shard_job = s.job AND o.provider_id = s.provider_id
                      AND o.zone_id = s.zone_id AND o.outcome IS NULL
                      AND o.provider_ref IS NOT DISTINCT FROM nullif(a.ref, ''))
ON CONFLICT DO NOTHING
RETURNING op_id;
