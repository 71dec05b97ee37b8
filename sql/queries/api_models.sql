-- $1 active ones alone, the others alone, or (null) all · $2 most rows
SELECT id, name, model_id, required_vram_gb, context_length, is_active, data_volume_gb,
       to_ms(created_at) AS created_at, to_ms(updated_at) AS updated_at
  FROM models
 WHERE $1::boolean IS NULL OR is_active = $1::boolean
 ORDER BY name, id
 LIMIT $2::bigint
