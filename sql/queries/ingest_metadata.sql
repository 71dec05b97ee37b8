-- Stores what workers tell of themselves, out of heartbeats that were written (ingest_heartbeats).
-- Parallel arrays, sorted by instance, one entry an instance.
-- $1 instance · $2 bearer, half of its hash · $3 hash of the metadata · $4 worker's name, null: not
-- told · $5 bodies
INSERT INTO worker_metadata AS m (instance_id, worker_id, agent_info, metadata, metadata_hash,
                                  updated_at)
SELECT b.instance_id, b.worker_id,
       CASE WHEN jsonb_typeof(b.body -> 'agent_info') = 'object' THEN b.body -> 'agent_info' END,
       b.body -> 'metadata', b.metadata_hash, (SELECT fleet_now())
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::jsonb[])
       AS b (instance_id, bearer, metadata_hash, worker_id, body)
  JOIN worker_heartbeats h ON h.instance_id = b.instance_id AND b.bearer = ANY (h.bearers)
ON CONFLICT (instance_id) DO UPDATE
   SET worker_id = coalesce(excluded.worker_id, m.worker_id),
       agent_info = coalesce(excluded.agent_info, m.agent_info),
       metadata = excluded.metadata, metadata_hash = excluded.metadata_hash,
       updated_at = excluded.updated_at
