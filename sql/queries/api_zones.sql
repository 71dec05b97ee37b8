-- $1 most rows
SELECT z.id, z.region_id, r.name AS region_name, r.code AS region_code, z.provider_id,
       p.name AS provider_name, p.code AS provider_code, z.name, z.code,
       z.is_active AND r.is_active AS is_active, to_ms(z.paused_until) AS paused_until,
       z.paused_reason
  FROM zones z
  JOIN regions r ON r.id = z.region_id
  JOIN providers p ON p.id = z.provider_id
 ORDER BY p.code, z.code
 LIMIT $1::bigint
