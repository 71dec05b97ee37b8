-- Instances as people see them, newest first: a page of a list, or the one with an id.
-- $1 archived ones instead of the others · $2 id, or null for a list · $3 most rows
-- $4, $5 created_at (us since 1970) and id after which the page begins; null: from the first
WITH picked AS (
    (SELECT i.id FROM instances i
      WHERE $2::uuid IS NULL AND (i.status = 'archived') = $1::boolean
        AND ($4::bigint IS NULL
             OR i.created_at < 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'
             OR (i.created_at = 'epoch'::timestamptz + $4::bigint * interval '1 microsecond'
                 AND i.id > $5::uuid))
      ORDER BY i.created_at DESC, i.id
      LIMIT $3::bigint)
    UNION ALL
    SELECT i.id FROM instances i WHERE i.id = $2::uuid
)
SELECT i.id, i.provider_id, i.zone_id, i.instance_type_id, i.model_id,
       m.name AS model_name, m.model_id AS model_code, i.provider_instance_id, i.status,
       host(i.ip_address) AS ip_address,
       nullif(h.status, '') AS worker_status, to_ms(h.last_heartbeat) AS worker_last_heartbeat,
       nullif(h.model_id, '') AS worker_model_id, h.queue_depth AS worker_queue_depth,
       h.requests_running AS worker_requests_running,
       h.gpu_utilization AS worker_gpu_utilization, h.gpu_mem_used_mb AS worker_gpu_mem_used_mb,
       w.health_port AS worker_health_port, w.vllm_port AS worker_vllm_port,
       w.metadata AS worker_metadata, w.agent_info AS worker_agent_info,
       CASE WHEN w.metadata IS NOT NULL THEN to_ms(w.updated_at) END AS worker_metadata_at,
       to_ms(i.created_at) AS created_at, to_ms(i.terminated_at) AS terminated_at,
       to_ms(i.last_health_check) AS last_health_check,
       to_ms(i.last_reconciliation) AS last_reconciliation, i.health_check_failures,
       i.deletion_reason, i.error_code, i.error_message,
       coalesce(v.storage_count, 0) AS storage_count,
       coalesce(v.storage_sizes_gb, '[]') AS storage_sizes_gb,
       coalesce(p.name, 'Unknown Provider') AS provider_name, p.code AS provider_code,
       coalesce(r.name, 'Unknown Region') AS region, r.code AS region_code,
       coalesce(z.name, 'Unknown Zone') AS zone, z.code AS zone_code,
       coalesce(t.name, 'Unknown Type') AS instance_type, t.code AS instance_type_code,
       t.cpu_count, t.ram_gb, t.vram_per_gpu_gb AS gpu_vram, t.gpu_count, t.cost_per_hour,
       round((extract(epoch FROM coalesce(bill.until, fleet_now()) - i.created_at) / 3600
              * t.cost_per_hour)::numeric, 4) AS total_cost,
       i.status = 'archived' AS is_archived, i.deleted_by_provider, i.progress_percent,
       o.desired, o.wish_version, i.wanted_generation, i.generation, i.archive_wanted, i.rule,
       i.root_id, i.replaces, i.correlation_id, i.created_by, i.attempts, i.server_state,
       to_ms(i.status_changed_at) AS status_changed_at, to_ms(i.ready_at) AS ready_at,
       to_ms(i.failed_at) AS failed_at, to_ms(i.next_run_at) AS next_run_at,
       to_ms(i.deadline_at) AS deadline_at,
       bill.billed,
       CASE WHEN i.deadline_at IS NULL THEN NULL
            WHEN i.status IN ('booting', 'installing', 'starting')
            THEN CASE WHEN i.was_ready THEN 'failed' ELSE 'startup_failed' END
            WHEN i.status = 'terminating' THEN 'reported, and tried further'
            ELSE (SELECT x.to_status FROM matrix x
                   WHERE x.status = i.status AND x.effect = 'transition'
                     AND x.event = CASE i.status
                         WHEN 'provisioning' THEN 'provision_gave_up'
                         WHEN 'unavailable' THEN 'unavailable_too_long'
                         WHEN 'worker_dead' THEN 'recovery_gave_up'
                         WHEN 'draining' THEN 'drain_timeout'
                         ELSE 'retention_over' END) END AS next,
       (extract(epoch FROM i.created_at) * 1000000)::bigint AS created_at_us
  FROM picked
  JOIN instances i ON i.id = picked.id
  JOIN instances o ON o.id = i.root_id
  LEFT JOIN providers p ON p.id = i.provider_id
  LEFT JOIN zones z ON z.id = i.zone_id
  LEFT JOIN regions r ON r.id = z.region_id
  LEFT JOIN instance_types t ON t.id = i.instance_type_id
  LEFT JOIN models m ON m.id = i.model_id
  LEFT JOIN worker_heartbeats h ON h.instance_id = i.id
  LEFT JOIN worker_metadata w ON w.instance_id = i.id
  CROSS JOIN LATERAL instance_bill(i.id, i.status, i.provider_instance_id, i.machine_gone,
                                   i.created_at, i.terminated_at,
                                   coalesce(i.gone_first_seen_at, i.status_changed_at)) bill
  LEFT JOIN LATERAL (
       SELECT count(*) AS storage_count,
              json_agg(round(size_bytes / 1e9)::bigint ORDER BY created_at, id)
                  AS storage_sizes_gb
         FROM instance_volumes
        WHERE instance_id = i.id AND deleted_at IS NULL) v ON true
 ORDER BY i.created_at DESC, i.id
