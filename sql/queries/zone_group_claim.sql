-- Claims zones in which something is being provisioned and the fleet's security group is not ready, and
-- those where a call about it has no outcome: it is cleared up even if nothing is provisioned any more.
--   $1 lease in ms  $2 most rows  $3 orchestrator
WITH due AS MATERIALIZED (
    SELECT s.provider_id, s.zone_id FROM job_shards s
     WHERE s.job = 'job-provisioning' AND s.next_run_at <= (SELECT fleet_now())
       AND s.lease_until <= (SELECT fleet_now())
       AND EXISTS (SELECT FROM zones z WHERE z.id = s.zone_id
                      AND (z.paused_until IS NULL OR z.paused_until <= fleet_now())
                      AND (z.security_group_ready_at IS NULL
                           AND EXISTS (SELECT FROM instances i WHERE i.zone_id = s.zone_id
                                          AND i.status = 'provisioning')
                           OR EXISTS (SELECT FROM provider_operations o
                                       WHERE o.shard_job = s.job AND o.provider_id = s.provider_id
                                         AND o.zone_id = s.zone_id AND o.outcome IS NULL)))
     ORDER BY s.next_run_at LIMIT $2::int FOR UPDATE SKIP LOCKED)
UPDATE job_shards s
   SET fencing_token = s.fencing_token + 1, attempts = s.attempts + 1,
       lease_until = fleet_now() + ms($1::bigint), lease_owner = $3::uuid
  FROM due, zones z, providers p, fleet f
 WHERE s.job = 'job-provisioning' AND s.zone_id = due.zone_id AND s.provider_id = due.provider_id
   AND z.id = s.zone_id AND p.id = s.provider_id
RETURNING s.provider_id, s.zone_id, s.fencing_token, s.attempts, to_ms(fleet_now()) AS now_ms,
          p.code AS provider, p.driver, p.api_url, p.credentials_prefix, p.ssh_port, p.worker_port,
          p.engine_port, z.code AS zone, z.security_group_ref, f.fleet_id,
          (SELECT jsonb_agg(jsonb_build_object('op_id', o.op_id, 'kind', o.kind,
                            'outcome', o.outcome, 'send_by_ms', to_ms(o.send_by),
                            'first_empty_look_ms', to_ms(o.first_empty_look_at)))
             FROM provider_operations o
            WHERE o.shard_job = s.job AND o.provider_id = s.provider_id AND o.zone_id = s.zone_id
              AND (o.outcome IS NULL OR o.outcome = 'unknown' AND o.resolved_at IS NULL)) AS unsettled;
