-- $1 most rows
SELECT r.id, r.provider_id, p.name AS provider_name, p.code AS provider_code, r.name, r.code,
       r.is_active
  FROM regions r JOIN providers p ON p.id = r.provider_id
 ORDER BY p.code, r.code
 LIMIT $1::bigint
