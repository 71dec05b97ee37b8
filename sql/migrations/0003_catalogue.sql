-- What can be rented, where, and what can be served on it.  Rows that no provider tells
-- (providers, models) come from deploy/catalogue/*.json; the rest from job-catalog-sync.

CREATE TABLE providers (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code               text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9-]{1,40}$'),
    name               text NOT NULL,
    description        text,
    driver             text NOT NULL,
    api_url            text NOT NULL,
    credentials_prefix text NOT NULL CHECK (credentials_prefix ~ '^[A-Z][A-Z0-9_]{0,39}$'),
    ssh_port           integer NOT NULL CHECK (ssh_port BETWEEN 1 AND 65535),
    worker_port        integer NOT NULL CHECK (worker_port BETWEEN 1 AND 65535),
    engine_port        integer NOT NULL CHECK (engine_port BETWEEN 1 AND 65535),
    install_profile    text NOT NULL CHECK (install_profile ~ '^[a-z0-9-]{1,40}$'),
    engine_command     text NOT NULL DEFAULT '',
    heartbeat_seconds  integer NOT NULL DEFAULT 10 CHECK (heartbeat_seconds BETWEEN 1 AND 3600),
    is_active          boolean NOT NULL DEFAULT true,
    created_at         timestamptz NOT NULL DEFAULT fleet_now()
);

CREATE TABLE regions (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id uuid NOT NULL REFERENCES providers,
    code        text NOT NULL,
    name        text NOT NULL,
    is_active   boolean NOT NULL DEFAULT true,
    UNIQUE (provider_id, code)
);

CREATE TABLE zones (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    region_id          uuid NOT NULL REFERENCES regions,
    provider_id        uuid NOT NULL REFERENCES providers,
    code               text NOT NULL,
    name               text NOT NULL,
    is_active          boolean NOT NULL DEFAULT true,
    paused_until       timestamptz,                   -- 'denied' and 'quota': no new act until then
    paused_reason      text,
    security_group_ref text,                          -- the fleet's one group in this zone
    security_group_ready_at timestamptz,              -- its rules are set
    UNIQUE (provider_id, code)
);

CREATE TABLE instance_types (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id       uuid NOT NULL REFERENCES providers,
    code              text NOT NULL,
    name              text NOT NULL,
    gpu_count         integer NOT NULL DEFAULT 0 CHECK (gpu_count >= 0),
    vram_per_gpu_gb   integer NOT NULL DEFAULT 0 CHECK (vram_per_gpu_gb >= 0),
    cpu_count         integer NOT NULL DEFAULT 0,
    ram_gb            integer NOT NULL DEFAULT 0,
    bandwidth_bps     bigint NOT NULL DEFAULT 0,
    cost_per_hour     numeric(10,4),
    allocation_params jsonb NOT NULL DEFAULT '{}',    -- {"image_id": …, "diskless": true}
    is_active         boolean NOT NULL DEFAULT true,
    UNIQUE (provider_id, code)
);

CREATE TABLE instance_type_zones (
    instance_type_id   uuid NOT NULL REFERENCES instance_types,
    zone_id            uuid NOT NULL REFERENCES zones,
    is_available       boolean NOT NULL DEFAULT true,
    stock              text NOT NULL DEFAULT '',
    out_of_stock_until timestamptz,
    seen_at            timestamptz NOT NULL DEFAULT fleet_now(),
    PRIMARY KEY (instance_type_id, zone_id)
);

CREATE TABLE models (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    model_id         text NOT NULL UNIQUE,            -- what the engine calls it
    name             text NOT NULL,
    required_vram_gb integer NOT NULL CHECK (required_vram_gb >= 0),
    context_length   integer NOT NULL CHECK (context_length > 0),
    data_volume_gb   integer CHECK (data_volume_gb > 0),
    is_active        boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL DEFAULT fleet_now(),
    updated_at       timestamptz NOT NULL DEFAULT fleet_now()
);
