-- What a provider's zones offer.  Types not offered any more in a zone that answered are marked
-- unavailable there, never removed.  A zone that another has claimed since is left alone.
--   $1 [{provider_id, zone_id, code, gpu_count, vram_gb, cpu_count, ram_gb, bandwidth_bps,
--        cost_per_hour, stock}]
--   $2 [{job, provider_id, zone_id, token, failed}]
WITH ours AS MATERIALIZED (
    SELECT s.zone_id
      FROM jsonb_to_recordset($2::jsonb) AS x (
           job text, provider_id uuid, zone_id uuid, token bigint, failed boolean)
      JOIN job_shards s ON s.job = x.job AND s.provider_id = x.provider_id
                       AND s.zone_id = x.zone_id
     WHERE s.fencing_token = x.token AND NOT x.failed
     ORDER BY s.zone_id FOR NO KEY UPDATE OF s),
told AS MATERIALIZED (
    SELECT x.*
      FROM jsonb_to_recordset($1::jsonb) AS x (
           provider_id uuid, zone_id uuid, code text, gpu_count integer, vram_gb integer,
           cpu_count integer, ram_gb integer, bandwidth_bps bigint, cost_per_hour numeric,
           stock text)
      JOIN ours ON ours.zone_id = x.zone_id),
types AS (
    INSERT INTO instance_types AS t (provider_id, code, name, gpu_count, vram_per_gpu_gb, cpu_count,
                                     ram_gb, bandwidth_bps, cost_per_hour)
    SELECT DISTINCT ON (provider_id, code) provider_id, code, code, gpu_count, vram_gb, cpu_count,
           ram_gb, bandwidth_bps, cost_per_hour
      FROM told ORDER BY provider_id, code, zone_id
    ON CONFLICT (provider_id, code) DO UPDATE
       SET gpu_count = excluded.gpu_count,
           vram_per_gpu_gb = CASE WHEN excluded.vram_per_gpu_gb > 0 THEN excluded.vram_per_gpu_gb
                                  ELSE t.vram_per_gpu_gb END,
           cpu_count = excluded.cpu_count, ram_gb = excluded.ram_gb,
           bandwidth_bps = excluded.bandwidth_bps, cost_per_hour = excluded.cost_per_hour
    RETURNING t.id, t.provider_id, t.code),
offered AS (
    INSERT INTO instance_type_zones AS o (instance_type_id, zone_id, is_available, stock)
    SELECT t.id, told.zone_id, true, told.stock
      FROM told JOIN types t USING (provider_id, code)
    ON CONFLICT (instance_type_id, zone_id) DO UPDATE
       SET is_available = true, stock = excluded.stock, seen_at = fleet_now()
    RETURNING o.instance_type_id, o.zone_id)
UPDATE instance_type_zones z SET is_available = false
 WHERE z.zone_id IN (SELECT zone_id FROM ours)
   AND NOT EXISTS (SELECT FROM offered o WHERE o.instance_type_id = z.instance_type_id
                      AND o.zone_id = z.zone_id);
