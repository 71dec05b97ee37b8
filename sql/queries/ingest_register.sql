-- Lets a worker in, by one of three ways: an unused enrolment token, or one that was used with the
-- same new token; a token it was let in with before; the address of its machine, where that is
-- allowed.  Returns the way and whether it was the first time; no row: refused.
-- $1 instance · $2 hash of the bearer, '-' for none · $3 hash of the new token · $4 its kind
-- $5 the peer's address, '' where that counts for nothing · $6 worker's name · $7 model
-- $8 health port · $9 engine port · $10 address it tells · $11 agent · $12 metadata
-- $13 hash of these · $14 correlation id · $15 this API
WITH target AS (
    SELECT i.id, i.generation, i.ip_address, i.status
      FROM instances i
     WHERE i.id = $1::uuid AND instance_listens(i.status, i.provider_instance_id)
), enrolled AS (
    SELECT t.token_hash, t.generation, t.used_at IS NULL AS is_first
      FROM worker_tokens t JOIN target ON target.id = t.instance_id
     WHERE t.token_hash = $2::text AND t.kind = 'enrolment' AND t.revoked_at IS NULL
       AND t.generation = target.generation
       AND ((t.used_at IS NULL AND t.expires_at > fleet_now()) OR t.secret_hash = $3::text)
       FOR UPDATE OF t
), known AS (
    SELECT t.generation
      FROM worker_tokens t JOIN target ON target.id = t.instance_id
     WHERE t.token_hash = $2::text AND t.kind IN ('secret', 'issued') AND t.revoked_at IS NULL
       AND t.generation = target.generation
), addressed AS (
    SELECT target.generation
      FROM worker_heartbeats h JOIN target ON target.id = h.instance_id
     WHERE $5::text <> '' AND host(target.ip_address) = $5::text
       AND h.generation < target.generation
       FOR UPDATE OF h
), admitted AS (
    SELECT generation, 'enrolled' AS way, is_first FROM enrolled
    UNION ALL SELECT generation, 'known', false FROM known
    UNION ALL SELECT generation, 'addressed', true FROM addressed
), used AS (
    UPDATE worker_tokens t
       SET used_at = coalesce(t.used_at, fleet_now()), secret_hash = $3::text
      FROM enrolled e WHERE t.token_hash = e.token_hash
), issued AS (
    INSERT INTO worker_tokens (token_hash, instance_id, generation, kind)
    SELECT $3::text, $1::uuid, generation, $4::text FROM admitted WHERE way <> 'known'
    ON CONFLICT DO NOTHING
), told AS (
    INSERT INTO worker_metadata AS m (instance_id, worker_id, health_port, vllm_port, ip_address,
                                      agent_info, metadata, metadata_hash, registered_at)
    SELECT $1::uuid, $6::text, $8::integer, $9::integer, $10::text, $11::jsonb, $12::jsonb,
           $13::bigint, fleet_now()
      FROM admitted
    ON CONFLICT (instance_id) DO UPDATE
       SET worker_id = coalesce(excluded.worker_id, m.worker_id),
           health_port = coalesce(excluded.health_port, m.health_port),
           vllm_port = coalesce(excluded.vllm_port, m.vllm_port),
           ip_address = coalesce(excluded.ip_address, m.ip_address),
           agent_info = coalesce(excluded.agent_info, m.agent_info),
           metadata = coalesce(excluded.metadata, m.metadata),
           metadata_hash = CASE WHEN excluded.metadata IS NULL THEN m.metadata_hash
                                ELSE excluded.metadata_hash END,
           registered_at = fleet_now(), updated_at = fleet_now()
), beats AS (
    UPDATE worker_heartbeats h
       SET generation = a.generation, last_heartbeat = fleet_now(), api_id = $15::uuid,
           model_id = coalesce($7::text, h.model_id),
           status = CASE WHEN h.status = '' OR h.generation <> a.generation THEN 'starting'
                         ELSE h.status END,
           status_changed_at = CASE WHEN h.status = '' OR h.generation <> a.generation
                                    THEN fleet_now() ELSE h.status_changed_at END,
           status_unseen = h.status_unseen OR h.status = '' OR h.generation <> a.generation
      FROM admitted a
     WHERE h.instance_id = $1::uuid
), logged AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, correlation_id, metadata,
                             instance_status_before, instance_status_after, completed_at)
    SELECT 'WORKER_REGISTERED', 'api', 'success', $1::uuid, $14::text,
           jsonb_build_object('worker_id', $6::text, 'way', a.way, 'generation', a.generation,
                              'agent_info', $11::jsonb),
           target.status, target.status, fleet_now()
      FROM admitted a, target WHERE a.is_first
)
SELECT way, is_first FROM admitted
