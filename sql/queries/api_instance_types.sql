-- $1 most rows
SELECT t.id, t.provider_id, p.name AS provider_name, p.code AS provider_code, t.name, t.code,
       t.gpu_count, t.vram_per_gpu_gb, t.cpu_count, t.ram_gb, t.bandwidth_bps, t.cost_per_hour,
       t.allocation_params, t.is_active, coalesce(a.zones, '[]') AS zones
  FROM instance_types t
  JOIN providers p ON p.id = t.provider_id
  LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object('zone_id', z.id, 'code', z.code, 'is_available',
                                         x.is_available, 'stock', x.stock) ORDER BY z.code) AS zones
         FROM instance_type_zones x JOIN zones z ON z.id = x.zone_id
        WHERE x.instance_type_id = t.id) a ON true
 ORDER BY p.code, t.code
 LIMIT $1::bigint
