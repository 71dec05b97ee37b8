-- What a request for an instance names, found in the catalogue.  Nothing found is null.
-- $1 provider id · $2 provider code · $3 zone · $4 instance type · $5 model id or code
WITH chosen AS (
    SELECT p.*
      FROM providers p
     WHERE CASE WHEN $1::text <> '' THEN p.id::text = lower($1::text)
                WHEN $2::text <> '' THEN p.code = $2::text
                WHEN (SELECT count(*) FROM providers WHERE is_active) = 1 THEN p.is_active
                ELSE p.code = 'scaleway' END
     LIMIT 1
)
SELECT p.id AS provider_id, p.code AS provider_code, p.is_active AS provider_active,
       z.id AS zone_id, z.is_active AND r.is_active AS zone_active,
       t.id AS type_id, t.is_active AND coalesce(tz.is_available, false) AS type_available,
       t.gpu_count, t.vram_per_gpu_gb,
       m.id AS model_id, m.is_active AS model_active, m.required_vram_gb
  FROM (SELECT) AS always
  LEFT JOIN chosen p ON true
  LEFT JOIN zones z ON z.provider_id = p.id AND z.code = $3::text
  LEFT JOIN regions r ON r.id = z.region_id
  LEFT JOIN instance_types t ON t.provider_id = p.id AND t.code = $4::text
  LEFT JOIN instance_type_zones tz ON tz.instance_type_id = t.id AND tz.zone_id = z.id
  LEFT JOIN models m ON m.id::text = lower($5::text) OR m.model_id = $5::text
 ORDER BY m.model_id = $5::text
 LIMIT 1
