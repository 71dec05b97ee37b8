-- Records intents of zone jobs; returns those that may be sent.
--   $1 [{op_id, job, provider_id, zone_id, token, kind, ref, request, call_timeout_ms,
--        correlation_id}]
INSERT INTO provider_operations (op_id, shard_job, provider_id, zone_id, kind, attempt, token,
                                 request, send_by, provider_ref, correlation_id)
SELECT a.op_id, s.job, s.provider_id, s.zone_id, a.kind, s.attempts, a.token, a.request,
       s.lease_until + ms(a.call_timeout_ms), nullif(a.ref, ''), a.correlation_id
  FROM jsonb_to_recordset($1::jsonb) AS a (
       op_id uuid, job text, provider_id uuid, zone_id uuid, token bigint, kind text, ref text,
       request jsonb, call_timeout_ms bigint, correlation_id text)
  JOIN job_shards s ON s.job = a.job AND s.provider_id = a.provider_id AND s.zone_id = a.zone_id
 WHERE s.fencing_token = a.token AND s.lease_until > fleet_now()
   AND NOT EXISTS (SELECT FROM provider_operations o
                    WHERE o.shard_job = s.job AND o.provider_id = s.provider_id
                      AND o.zone_id = s.zone_id AND o.outcome IS NULL AND o.kind = a.kind)
ON CONFLICT DO NOTHING
RETURNING op_id;
