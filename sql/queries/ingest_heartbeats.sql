-- Writes a batch of heartbeats; a row that comes back was written, one that does not was not
-- allowed (ingest_classify says why).  Parallel arrays, sorted by instance, one entry an instance;
-- null: not told.
-- $1 instance · $2 hash of the bearer · $3 generation, 0: not told · $4 status · $5 model
-- $6 waiting · $7 running · $8 GPU utilization · $9 GPU memory, MB · $10 period, ms
-- $11 tokens, in all · $12 hash of the metadata · $13 worker's name · $14 agent · $15 metadata,
-- both null where the hash is known to be stored · $16 this API
WITH known AS MATERIALIZED (
    SELECT b.*, i.generation AS current_generation, clock.now,
           b.metadata IS NOT NULL OR m.metadata_hash IS NOT DISTINCT FROM b.metadata_hash AS stored
      FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::integer[],
                  $7::integer[], $8::real[], $9::real[], $10::integer[], $11::bigint[],
                  $12::bigint[], $13::text[], $14::text[], $15::text[])
           WITH ORDINALITY AS b (instance_id, token_hash, generation, status, model_id,
                                 queue_depth, requests_running, gpu_utilization, gpu_mem_used_mb,
                                 period_ms, tokens_total, metadata_hash, worker_id, agent_info,
                                 metadata, position)
      JOIN worker_tokens t ON t.token_hash = b.token_hash
      JOIN instances i ON i.id = b.instance_id
      LEFT JOIN worker_metadata m ON m.instance_id = b.instance_id
     CROSS JOIN (SELECT fleet_now() AS now) clock
     WHERE t.instance_id = b.instance_id AND t.kind IN ('secret', 'issued')
       AND t.revoked_at IS NULL AND t.generation = i.generation
       AND b.generation IN (0, i.generation)
       AND i.status NOT IN ('terminated', 'archived', 'provisioning_failed')
       AND (i.status NOT IN ('startup_failed', 'failed') OR i.provider_instance_id IS NOT NULL)
     ORDER BY b.instance_id
), told AS (
    INSERT INTO worker_metadata AS m (instance_id, worker_id, agent_info, metadata, metadata_hash,
                                      updated_at)
    SELECT k.instance_id, k.worker_id, k.agent_info::jsonb, k.metadata::jsonb, k.metadata_hash,
           k.now
      FROM known k WHERE k.metadata IS NOT NULL
    ON CONFLICT (instance_id) DO UPDATE
       SET worker_id = coalesce(excluded.worker_id, m.worker_id),
           agent_info = coalesce(excluded.agent_info, m.agent_info),
           metadata = excluded.metadata, metadata_hash = excluded.metadata_hash,
           updated_at = excluded.updated_at
     WHERE m.metadata_hash IS DISTINCT FROM excluded.metadata_hash
)
UPDATE worker_heartbeats h
   SET generation = k.current_generation,
       last_heartbeat = k.now,
       status = k.status,
       model_id = coalesce(k.model_id, h.model_id),
       queue_depth = coalesce(k.queue_depth, h.queue_depth),
       requests_running = coalesce(k.requests_running, h.requests_running),
       gpu_utilization = coalesce(k.gpu_utilization, h.gpu_utilization),
       gpu_mem_used_mb = coalesce(k.gpu_mem_used_mb, h.gpu_mem_used_mb),
       period_ms = coalesce(k.period_ms, h.period_ms),
       tokens_moved_at = CASE WHEN k.tokens_total IS NULL OR k.tokens_total = h.tokens_total
                              THEN h.tokens_moved_at ELSE k.now END,
       tokens_total = coalesce(k.tokens_total, h.tokens_total),
       status_changed_at = CASE WHEN h.status = k.status
                                     AND h.generation = k.current_generation
                                THEN h.status_changed_at ELSE k.now END,
       status_unseen = h.status_unseen OR h.status <> k.status
                       OR h.generation <> k.current_generation,
       api_id = $16::uuid
  FROM known k
 WHERE h.instance_id = k.instance_id
RETURNING k.position, k.stored, coalesce(h.status_changed_at = k.now, false) AS changed
