-- Calls of a job about zones whose end is not known.   $1 job   $2 [{place, provider_id, zone_id}]
SELECT z.place, o.op_id, o.provider_ref, o.outcome IS NULL AS open, to_ms(o.send_by) AS send_by_ms
  FROM jsonb_to_recordset($2::jsonb) AS z (place integer, provider_id uuid, zone_id uuid)
  JOIN provider_operations o ON o.shard_job = $1::text AND o.provider_id = z.provider_id
   AND o.zone_id = z.zone_id
 WHERE o.shard_job IS NOT NULL
   AND (o.outcome IS NULL OR o.outcome = 'unknown' AND o.resolved_at IS NULL)
 ORDER BY o.started_at, o.op_id;
