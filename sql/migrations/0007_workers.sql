-- What workers tell.  A heartbeat writes here and never to instances.

-- One narrow hot row an instance, made with it.  No index on its times, so that updates stay HOT.
CREATE TABLE worker_heartbeats (
    instance_id       uuid PRIMARY KEY REFERENCES instances ON DELETE CASCADE,
    generation        integer NOT NULL DEFAULT 0,               -- of the worker that beat; 0: never
    last_heartbeat    timestamptz,
    status            text NOT NULL DEFAULT '',                 -- starting, ready, draining
    model_id          text NOT NULL DEFAULT '',
    queue_depth       integer,
    requests_running  integer,
    gpu_utilization   real,
    gpu_mem_used_mb   real,
    period_ms         integer,                                  -- as told; null: not told
    tokens_total      bigint,                                   -- prompt + generated, as told
    tokens_moved_at   timestamptz,                              -- when that number last changed
    status_changed_at timestamptz,
    status_unseen     boolean NOT NULL DEFAULT false,           -- a change that no claim has seen
    api_id            uuid                                      -- the API that took the last beat
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX worker_heartbeats_unseen ON worker_heartbeats (instance_id) WHERE status_unseen;

-- Written only when its hash changes.
CREATE TABLE worker_metadata (
    instance_id   uuid PRIMARY KEY REFERENCES instances ON DELETE CASCADE,
    worker_id     text,
    health_port   integer,
    vllm_port     integer,
    ip_address    text,
    agent_info    jsonb,
    metadata      jsonb,
    metadata_hash bigint,
    registered_at timestamptz,
    updated_at    timestamptz NOT NULL DEFAULT fleet_now()
);

-- Hashes (SHA-256, hex) of what a worker may show.  An enrolment token is used once, with the
-- secret that its worker drew: the same pair again is answered the same.
CREATE TABLE worker_tokens (
    token_hash  text PRIMARY KEY,
    instance_id uuid NOT NULL REFERENCES instances ON DELETE CASCADE,
    generation  integer NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('enrolment', 'secret', 'issued')),
    secret_hash text,                                           -- enrolment: the secret it was used with
    created_at  timestamptz NOT NULL DEFAULT fleet_now(),
    expires_at  timestamptz,
    used_at     timestamptz,
    revoked_at  timestamptz
);
CREATE INDEX worker_tokens_instance ON worker_tokens (instance_id, generation);

-- The last result of each probe of an instance, for the cache and for people.
CREATE TABLE probe_results (
    instance_id uuid NOT NULL REFERENCES instances ON DELETE CASCADE,
    probe       text NOT NULL CHECK (probe IN ('ssh', 'readyz', 'models', 'warmup')),
    generation  integer NOT NULL,
    at          timestamptz NOT NULL,
    ok          boolean NOT NULL,
    latency_ms  integer NOT NULL,
    detail      text NOT NULL DEFAULT '',
    PRIMARY KEY (instance_id, probe)
);
