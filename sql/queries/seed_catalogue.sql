-- $1 catalogue (jsonb), checked by seed.c.  Rows that are as they should be are not written; rows
-- that the file does not name stay.  The counts are of rows made or changed.
WITH provider_rows AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb -> 'providers') AS p (
        code text, name text, description text, driver text, api_url text,
        credentials_prefix text, ssh_port integer, worker_port integer, engine_port integer,
        install_profile text, engine_command text, heartbeat_seconds integer, regions jsonb)
), region_rows AS (
    SELECT p.code AS provider_code, r.code, r.name, r.zones
      FROM provider_rows p, jsonb_to_recordset(p.regions) AS r (code text, name text, zones jsonb)
), zone_rows AS (
    SELECT r.provider_code, r.code AS region_code, z.code, z.name
      FROM region_rows r, jsonb_to_recordset(r.zones) AS z (code text, name text)
), model_rows AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb -> 'models') AS m (
        model_id text, name text, required_vram_gb integer, context_length integer,
        data_volume_gb integer)
), written_providers AS (
    INSERT INTO providers AS old (code, name, description, driver, api_url, credentials_prefix,
                                  ssh_port, worker_port, engine_port, install_profile,
                                  engine_command, heartbeat_seconds)
    SELECT code, name, description, driver, api_url, credentials_prefix, ssh_port, worker_port,
           engine_port, install_profile, coalesce(engine_command, ''),
           coalesce(heartbeat_seconds, 10)
      FROM provider_rows
    ON CONFLICT (code) DO UPDATE
       SET (name, description, driver, api_url, credentials_prefix, ssh_port, worker_port,
            engine_port, install_profile, engine_command, heartbeat_seconds)
         = (excluded.name, excluded.description, excluded.driver, excluded.api_url,
            excluded.credentials_prefix, excluded.ssh_port, excluded.worker_port,
            excluded.engine_port, excluded.install_profile, excluded.engine_command,
            excluded.heartbeat_seconds)
     WHERE (old.name, old.description, old.driver, old.api_url, old.credentials_prefix,
            old.ssh_port, old.worker_port, old.engine_port, old.install_profile,
            old.engine_command, old.heartbeat_seconds)
        IS DISTINCT FROM
           (excluded.name, excluded.description, excluded.driver, excluded.api_url,
            excluded.credentials_prefix, excluded.ssh_port, excluded.worker_port,
            excluded.engine_port, excluded.install_profile, excluded.engine_command,
            excluded.heartbeat_seconds)
    RETURNING id, code
), all_providers AS ( -- a statement does not see the rows that it has written itself
    SELECT id, code FROM written_providers
    UNION
    SELECT p.id, p.code FROM providers p JOIN provider_rows USING (code)
), written_regions AS (
    INSERT INTO regions AS old (provider_id, code, name)
    SELECT p.id, r.code, r.name FROM region_rows r JOIN all_providers p ON p.code = r.provider_code
    ON CONFLICT (provider_id, code) DO UPDATE SET name = excluded.name
     WHERE old.name IS DISTINCT FROM excluded.name
    RETURNING id, provider_id, code
), all_regions AS (
    SELECT id, provider_id, code FROM written_regions
    UNION
    SELECT r.id, r.provider_id, r.code FROM regions r JOIN all_providers p ON p.id = r.provider_id
), written_zones AS (
    INSERT INTO zones AS old (region_id, provider_id, code, name)
    SELECT r.id, p.id, z.code, z.name
      FROM zone_rows z
      JOIN all_providers p ON p.code = z.provider_code
      JOIN all_regions r ON r.provider_id = p.id AND r.code = z.region_code
    ON CONFLICT (provider_id, code) DO UPDATE
       SET region_id = excluded.region_id, name = excluded.name
     WHERE (old.region_id, old.name) IS DISTINCT FROM (excluded.region_id, excluded.name)
    RETURNING id
), written_models AS (
    INSERT INTO models AS old (model_id, name, required_vram_gb, context_length, data_volume_gb)
    SELECT model_id, name, required_vram_gb, context_length, data_volume_gb FROM model_rows
    ON CONFLICT (model_id) DO UPDATE
       SET (name, required_vram_gb, context_length, data_volume_gb, updated_at)
         = (excluded.name, excluded.required_vram_gb, excluded.context_length,
            excluded.data_volume_gb, fleet_now())
     WHERE (old.name, old.required_vram_gb, old.context_length, old.data_volume_gb)
        IS DISTINCT FROM (excluded.name, excluded.required_vram_gb, excluded.context_length,
                          excluded.data_volume_gb)
    RETURNING id
)
SELECT (SELECT count(*) FROM written_providers) AS providers,
       (SELECT count(*) FROM written_regions) AS regions,
       (SELECT count(*) FROM written_zones) AS zones,
       (SELECT count(*) FROM written_models) AS models;
