-- Paid calls, and what they rent.

-- One row a mutating call, before it is made (design.md, Paid calls).
CREATE TABLE provider_operations (
    op_id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id         uuid REFERENCES instances,
    shard_job           text,                                   -- a zone job's own operation
    provider_id         uuid NOT NULL REFERENCES providers,
    zone_id             uuid NOT NULL REFERENCES zones,
    kind                text NOT NULL CHECK (kind IN (
                            'server_create', 'server_delete', 'server_poweron', 'server_poweroff',
                            'server_reboot', 'server_tags', 'user_data_put', 'volume_resize',
                            'volume_delete', 'address_delete', 'security_group_create',
                            'security_group_rules', 'security_group_attach',
                            'security_group_delete')),
    attempt             integer NOT NULL,
    generation          integer NOT NULL DEFAULT 1,
    token               bigint NOT NULL,
    request             jsonb NOT NULL,
    send_by             timestamptz NOT NULL,                   -- the latest instant it can be sent
    started_at          timestamptz NOT NULL DEFAULT fleet_now(),
    first_empty_look_at timestamptz,
    outcome             text CHECK (outcome IN (
                            'ok', 'not_found', 'transient', 'unknown', 'out_of_stock', 'quota',
                            'denied', 'invalid', 'not_sent', 'adopted', 'not_done', 'closed')),
    provider_ref        text,                                   -- what it is about, or has made
    reply               jsonb,                                  -- volumes, addresses it named
    message             text,
    duration_ms         bigint,
    ended_at            timestamptz,
    resolved_at         timestamptz,                            -- an unknown outcome, cleared up
    gone_at             timestamptz,                            -- a create's machine, proven gone
    correlation_id      text NOT NULL,
    CHECK ((outcome IS NULL) = (ended_at IS NULL)),
    CHECK (instance_id IS NOT NULL OR shard_job IS NOT NULL)
);
CREATE UNIQUE INDEX provider_operations_one_open ON provider_operations (instance_id)
    WHERE outcome IS NULL AND shard_job IS NULL;
CREATE UNIQUE INDEX provider_operations_one_open_sweep
    ON provider_operations (provider_id, zone_id, kind, provider_ref)
    WHERE outcome IS NULL AND shard_job IS NOT NULL;
CREATE INDEX provider_operations_instance ON provider_operations (instance_id, started_at);
CREATE INDEX provider_operations_shard ON provider_operations (shard_job, provider_id, zone_id)
    WHERE outcome IS NULL AND shard_job IS NOT NULL;

CREATE TABLE instance_volumes (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id         uuid NOT NULL REFERENCES instances,
    provider_id         uuid NOT NULL REFERENCES providers,
    zone_id             uuid NOT NULL REFERENCES zones,
    provider_volume_id  text NOT NULL,
    name                text NOT NULL DEFAULT '',
    volume_type         text NOT NULL DEFAULT '',
    size_bytes          bigint NOT NULL DEFAULT 0,
    is_boot             boolean NOT NULL DEFAULT false,
    delete_on_terminate boolean NOT NULL DEFAULT true,
    status              text NOT NULL DEFAULT 'attached'
                        CHECK (status IN ('created', 'attached', 'detached', 'deleted')),
    created_at          timestamptz NOT NULL DEFAULT fleet_now(),
    attached_at         timestamptz DEFAULT fleet_now(),
    gone_first_seen_at  timestamptz,
    deleted_at          timestamptz,
    delete_attempts     integer NOT NULL DEFAULT 0,
    delete_next_at      timestamptz,
    last_reconciliation timestamptz,
    error_message       text,
    UNIQUE (instance_id, provider_volume_id)
);
CREATE INDEX instance_volumes_ref ON instance_volumes (provider_id, provider_volume_id);
CREATE INDEX instance_volumes_live ON instance_volumes (instance_id) WHERE deleted_at IS NULL;

CREATE TABLE instance_addresses (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    instance_id         uuid NOT NULL REFERENCES instances,
    provider_id         uuid NOT NULL REFERENCES providers,
    zone_id             uuid NOT NULL REFERENCES zones,
    provider_address_id text NOT NULL,
    address             text NOT NULL DEFAULT '',
    created_at          timestamptz NOT NULL DEFAULT fleet_now(),
    gone_first_seen_at  timestamptz,
    deleted_at          timestamptz,
    delete_attempts     integer NOT NULL DEFAULT 0,
    delete_next_at      timestamptz,
    error_message       text,
    UNIQUE (instance_id, provider_address_id)
);
CREATE INDEX instance_addresses_live ON instance_addresses (instance_id) WHERE deleted_at IS NULL;
