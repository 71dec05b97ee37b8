-- $1 most rows
SELECT id, name, code, description, is_active FROM providers ORDER BY name, id LIMIT $1::bigint
