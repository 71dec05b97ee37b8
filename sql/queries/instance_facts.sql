-- What the rows tell of claimed instances, in the order asked for.
--   $1 instance ids   $2 window of the guard against mass vanishing, in ms
WITH vanish AS MATERIALIZED ( -- Counted once a zone, and only where something is absent.
    SELECT absent.zone_id, v.machines, v.vanishing
      FROM (SELECT DISTINCT zone_id FROM instances
             WHERE id = ANY ($1::uuid[]) AND gone_first_seen_at IS NOT NULL
               AND status <> 'terminating') absent
     CROSS JOIN LATERAL zone_vanish(absent.zone_id, $2::bigint) v)
SELECT i.id, i.root_id, i.status, to_ms(i.status_changed_at) AS status_changed_ms,
       to_ms(i.deadline_at) AS deadline_ms, i.generation,
       to_ms(i.generation_since) AS generation_since_ms,
       r.desired, r.wish_version, i.wanted_generation, i.archive_wanted,
       to_ms(i.preserve_until) AS preserve_until_ms, i.was_ready, to_ms(i.failed_at) AS failed_ms,
       i.provider_instance_id, host(i.ip_address) AS address,
       to_ms(i.gone_first_seen_at) AS gone_first_seen_ms, i.machine_gone, i.gone_looks,
       i.sightings, i.server_state,
       i.vanish_confirmed_ref = i.provider_instance_id AS vanish_confirmed,
       to_ms(z.watched_at) AS zone_watched_ms, n.machines AS zone_machines,
       n.vanishing AS zone_vanishing, i.notes, i.attempts,
       i.health_check_failures, i.correlation_id, i.progress_percent,
       EXISTS (SELECT FROM instances o WHERE o.root_id = i.root_id AND o.id <> i.id
                  AND o.status = 'ready') AS ready_elsewhere,
       EXISTS (SELECT FROM instances o WHERE o.root_id = i.root_id AND o.id <> i.id
                  AND o.status IN ('provisioning', 'booting', 'installing', 'starting', 'ready',
                                   'unavailable', 'worker_dead')) AS live_elsewhere,
       EXISTS (SELECT FROM instances o WHERE o.root_id = i.root_id AND o.id <> i.id
                  AND o.pending_since IS NOT NULL) AS pending_elsewhere,
       p.id AS provider_id, p.code AS provider, p.driver, p.api_url, p.credentials_prefix,
       p.ssh_port, p.worker_port, p.engine_port, p.install_profile, p.engine_command,
       p.heartbeat_seconds,
       z.id AS zone_id, z.code AS zone, to_ms(z.paused_until) AS zone_paused_until_ms,
       z.paused_reason IS NOT DISTINCT FROM 'quota' AS zone_paused_for_quota,
       CASE WHEN z.security_group_ready_at IS NOT NULL THEN z.security_group_ref END AS zone_group_ref,
       t.code AS instance_type, t.allocation_params, m.model_id AS model, m.name AS model_name,
       m.data_volume_gb, f.fleet_id,
       to_ms(h.last_heartbeat) AS beat_ms, h.generation AS beat_generation,
       h.status AS beat_status, h.model_id AS beat_model, h.requests_running, h.queue_depth,
       h.period_ms
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
  JOIN instances i ON i.id = asked.id
  JOIN instances r ON r.id = i.root_id
  JOIN providers p ON p.id = i.provider_id
  JOIN zones z ON z.id = i.zone_id
  JOIN instance_types t ON t.id = i.instance_type_id
  JOIN models m ON m.id = i.model_id
 CROSS JOIN fleet f
  LEFT JOIN vanish n ON n.zone_id = i.zone_id
  LEFT JOIN worker_heartbeats h ON h.instance_id = i.id
 ORDER BY asked.place;
