-- Writes a batch of heartbeats, each into the one row that it is judged by (0018); a row that comes
-- back was written, one that does not was not allowed (ingest_classify says why).  Parallel arrays,
-- sorted by instance, one entry an instance; null: not told.
-- $1 instance · $2 bearer, half of its hash · $3 generation, 0: not told · $4 status · $5 model
-- $6 waiting · $7 running · $8 GPU utilization · $9 GPU memory, MB · $10 period, ms
-- $11 tokens, in all · $12 hash of the metadata · $13 this API
WITH clock AS MATERIALIZED (SELECT fleet_now() AS now)
UPDATE worker_heartbeats h
   SET generation = h.bearers_generation,
       last_heartbeat = clock.now,
       status = b.status,
       model_id = coalesce(b.model_id, h.model_id),
       queue_depth = coalesce(b.queue_depth, h.queue_depth),
       requests_running = coalesce(b.requests_running, h.requests_running),
       gpu_utilization = coalesce(b.gpu_utilization, h.gpu_utilization),
       gpu_mem_used_mb = coalesce(b.gpu_mem_used_mb, h.gpu_mem_used_mb),
       period_ms = coalesce(b.period_ms, h.period_ms),
       tokens_moved_at = CASE WHEN b.tokens_total IS NULL OR b.tokens_total = h.tokens_total
                              THEN h.tokens_moved_at ELSE clock.now END,
       tokens_total = coalesce(b.tokens_total, h.tokens_total),
       status_changed_at = CASE WHEN h.status = b.status AND h.generation = h.bearers_generation
                                THEN h.status_changed_at ELSE clock.now END,
       status_unseen = h.status_unseen OR h.status <> b.status
                       OR h.generation <> h.bearers_generation,
       api_id = $13::uuid
  FROM clock,
       unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::integer[],
              $7::integer[], $8::real[], $9::real[], $10::integer[], $11::bigint[], $12::bigint[])
       WITH ORDINALITY AS b (instance_id, bearer, generation, status, model_id, queue_depth,
                             requests_running, gpu_utilization, gpu_mem_used_mb, period_ms,
                             tokens_total, metadata_hash, position)
 WHERE h.instance_id = b.instance_id AND b.bearer = ANY (h.bearers)
   AND b.generation IN (0, h.bearers_generation)
RETURNING b.position, h.metadata_hash IS NOT DISTINCT FROM b.metadata_hash AS stored,
          coalesce(h.status_changed_at = h.last_heartbeat, false) AS changed
