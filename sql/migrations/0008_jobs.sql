-- Jobs, and the journal of everything that was done.

-- Work about a zone, claimed as instances are.
CREATE TABLE job_shards (
    job           text NOT NULL,
    provider_id   uuid NOT NULL REFERENCES providers,
    zone_id       uuid NOT NULL REFERENCES zones,
    next_run_at   timestamptz NOT NULL DEFAULT fleet_now(),
    attempts      integer NOT NULL DEFAULT 0,
    fencing_token bigint NOT NULL DEFAULT 0,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity',
    lease_owner   uuid,
    last_ok_at    timestamptz,
    error_code    text,
    error_message text,
    PRIMARY KEY (job, provider_id, zone_id)
);

-- What each job last did, whichever process ran it.
CREATE TABLE jobs (
    job             text PRIMARY KEY,
    last_started_at timestamptz,
    last_success_at timestamptz,
    failures_in_row integer NOT NULL DEFAULT 0,
    error_code      text,
    error_message   text
);

-- A cycle that claimed something, was asked for, or failed.  Written when it begins.
CREATE TABLE job_runs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job             text NOT NULL,
    orchestrator_id uuid NOT NULL,
    started_at      timestamptz NOT NULL DEFAULT fleet_now(),
    ended_at        timestamptz,
    claimed         integer NOT NULL DEFAULT 0,
    applied         integer NOT NULL DEFAULT 0,
    stale           integer NOT NULL DEFAULT 0,
    calls           integer NOT NULL DEFAULT 0,
    result          text CHECK (result IN ('ok', 'failed')),
    error_code      text,
    error_message   text
);
CREATE INDEX job_runs_job ON job_runs (job, id DESC);

-- A run asked for by hand; taken by the first orchestrator that sees it.
CREATE TABLE job_requests (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job          text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT fleet_now(),
    taken_at     timestamptz,
    taken_by     uuid,
    run_id       bigint
);
CREATE INDEX job_requests_open ON job_requests (job) WHERE taken_at IS NULL;

CREATE TABLE action_types (
    code        text PRIMARY KEY,
    label       text NOT NULL,
    icon        text NOT NULL,
    color_class text NOT NULL,
    category    text,
    is_active   boolean NOT NULL DEFAULT true
);

CREATE TABLE action_logs (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    seq                    bigint GENERATED ALWAYS AS IDENTITY,
    action_type            text NOT NULL,
    component              text NOT NULL CHECK (component IN ('api', 'orchestrator', 'worker', 'cli')),
    status                 text NOT NULL CHECK (status IN ('success', 'failed', 'in_progress')),
    instance_id            uuid REFERENCES instances,
    user_id                uuid REFERENCES users,
    correlation_id         text,
    job                    text,
    op_id                  uuid,
    rule                   text,
    instance_status_before text,
    instance_status_after  text,
    retry_count            integer NOT NULL DEFAULT 0,
    error_code             text,
    error_message          text,
    duration_ms            bigint,
    metadata               jsonb,
    created_at             timestamptz NOT NULL DEFAULT fleet_now(),
    completed_at           timestamptz
);
CREATE INDEX action_logs_instance ON action_logs (instance_id, seq DESC);
CREATE INDEX action_logs_seq ON action_logs (seq DESC);
CREATE INDEX action_logs_created ON action_logs (created_at);

-- Error codes on record (lifecycle.md, Errors on record).
CREATE TABLE error_codes (code text PRIMARY KEY);
INSERT INTO error_codes (code) SELECT unnest(ARRAY[
    'PROVIDER_TRANSIENT', 'PROVIDER_UNKNOWN', 'PROVIDER_OUT_OF_STOCK', 'PROVIDER_QUOTA',
    'PROVIDER_DENIED', 'PROVIDER_INVALID', 'PROVIDER_NOT_FOUND', 'STARTUP_TIMEOUT',
    'PROVISION_TIMEOUT', 'TERMINATE_TIMEOUT', 'HEARTBEAT_TIMEOUT', 'ENGINE_STALLED',
    'MODEL_MISMATCH', 'AGENT_MISMATCH', 'RECOVERY_EXHAUSTED', 'BREAKER_OPEN', 'LEASE_LOST',
    'AGENT_HUNG', 'VOLUME_DELETE_FAILED']);
ALTER TABLE instances ADD CONSTRAINT instances_error_code
    FOREIGN KEY (error_code) REFERENCES error_codes;
