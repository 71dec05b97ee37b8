-- Who may serve a model: its ready instances with what src/domain/routing.c judges by.  One row
-- without an instance where none is ready; no row where there is no such model.  ORDER BY and OFFSET 0
-- keep to the index and to one look-up by key an instance, whatever the planner thinks of how many
-- instances a model has: joined otherwise, the whole fleet would be read.
-- $1 model, as the engine calls it · $2 most rows
WITH asked AS MATERIALIZED (
    SELECT m.id, m.model_id, fleet_now() AS at FROM models m WHERE m.model_id = $1::text)
SELECT to_ms(a.at) AS as_of, i.id, i.status, host(i.ip_address) AS ip_address, i.generation,
       p.engine_port,
       (SELECT o.desired = 'running' FROM instances o WHERE o.id = i.root_id)
           AND i.wanted_generation <= i.generation AS is_wanted,
       false AS breaker_is_open, false AS held,
       h.generation AS beat_generation, h.status AS beat_status,
       h.model_id = a.model_id AS beat_has_model,
       greatest(to_ms(a.at) - to_ms(h.last_heartbeat), 0) AS beat_age_ms,
       h.period_ms AS beat_period_ms, p.heartbeat_seconds * 1000 AS provider_period_ms,
       h.queue_depth
  FROM asked a
  LEFT JOIN LATERAL (
       SELECT * FROM instances WHERE model_id = a.id AND status = 'ready'
        ORDER BY id LIMIT $2::bigint) i ON true
  LEFT JOIN providers p ON p.id = i.provider_id
  LEFT JOIN LATERAL (
       SELECT * FROM worker_heartbeats WHERE instance_id = i.id OFFSET 0) h ON true
