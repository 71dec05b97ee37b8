-- Instances: what is wanted (the wish, which counts on the root row alone), what is, and when the
-- row is due.  Only the orchestrator's apply changes status; the guard below holds it to that.

CREATE TABLE instances (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    root_id             uuid NOT NULL REFERENCES instances,      -- its own id for the first of a wish
    replaces            uuid REFERENCES instances,
    provider_id         uuid NOT NULL REFERENCES providers,
    zone_id             uuid NOT NULL REFERENCES zones,
    instance_type_id    uuid NOT NULL REFERENCES instance_types,
    model_id            uuid NOT NULL REFERENCES models,
    created_by          uuid REFERENCES users,
    correlation_id      text NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT fleet_now(),

    -- The wish.  desired and wish_version count on the root row alone.
    desired             text NOT NULL DEFAULT 'running'
                        CHECK (desired IN ('running', 'drained', 'terminated')),
    wish_version        bigint NOT NULL DEFAULT 0,
    wanted_generation   integer NOT NULL DEFAULT 1,              -- above generation: reinstall
    archive_wanted      boolean NOT NULL DEFAULT false,
    preserve_until      timestamptz,

    -- The state.
    status              text NOT NULL DEFAULT 'provisioning' REFERENCES instance_states,
    rule                text NOT NULL DEFAULT 'requested',       -- the rule that led here
    status_changed_at   timestamptz NOT NULL DEFAULT fleet_now(),
    deadline_at         timestamptz,
    generation          integer NOT NULL DEFAULT 1,
    generation_since    timestamptz NOT NULL DEFAULT fleet_now(),
    progress_percent    smallint NOT NULL DEFAULT 5 CHECK (progress_percent BETWEEN 0 AND 100),
    was_ready           boolean NOT NULL DEFAULT false,
    ready_at            timestamptz,
    failed_at           timestamptz,
    terminated_at       timestamptz,
    error_code          text,
    error_message       text,
    deletion_reason     text,
    deleted_by_provider boolean NOT NULL DEFAULT false,

    -- The machine on record.
    provider_instance_id text,
    ip_address          inet,
    server_state        text,                                    -- as last seen
    server_restarts     integer NOT NULL DEFAULT 0,              -- in this generation
    gone_first_seen_at  timestamptz,                             -- first of two looks in vain
    machine_gone        boolean NOT NULL DEFAULT false,          -- ... and the second
    notes               integer NOT NULL DEFAULT 0,              -- steps journalled, this generation

    -- Recovery's memory.
    episode             integer NOT NULL DEFAULT 0,
    episode_since       timestamptz,
    rung                integer NOT NULL DEFAULT 0,
    rung_next_at        timestamptz,
    pending_since       timestamptz,                             -- a replacement that never was ready

    -- The row as work.
    next_run_at         timestamptz DEFAULT fleet_now(),         -- null: never due by itself
    attempts            integer NOT NULL DEFAULT 0,              -- claims since the last success
    fencing_token       bigint NOT NULL DEFAULT 0,
    lease_until         timestamptz NOT NULL DEFAULT '-infinity',
    lease_owner         uuid,
    applied_token       bigint,                                  -- shown by a writer to the guard
    last_look_at        timestamptz,                             -- last complete look
    last_health_check   timestamptz,
    health_check_failures integer NOT NULL DEFAULT 0,
    last_reconciliation timestamptz,

    -- Stuck must be a query: who can be stuck has a deadline.
    CONSTRAINT instances_deadline CHECK (
        deadline_at IS NOT NULL OR status IN ('ready', 'terminated', 'archived')
        OR (status IN ('provisioning_failed', 'startup_failed', 'failed')
            AND (provider_instance_id IS NULL OR machine_gone))),
    CONSTRAINT instances_root CHECK ((replaces IS NULL) OR (root_id <> id))
) WITH (fillfactor = 70);

CREATE INDEX instances_due ON instances (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX instances_due_by_state ON instances (status, next_run_at)
    WHERE next_run_at IS NOT NULL;
CREATE INDEX instances_deadlines ON instances (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX instances_root ON instances (root_id);
CREATE INDEX instances_created ON instances (created_at DESC, id);
CREATE INDEX instances_machine ON instances (provider_id, provider_instance_id)
    WHERE provider_instance_id IS NOT NULL;
CREATE INDEX instances_zone_status ON instances (zone_id, status) WHERE status <> 'archived';
CREATE UNIQUE INDEX instances_one_ready ON instances (root_id) WHERE status = 'ready';
CREATE UNIQUE INDEX instances_one_pending ON instances (root_id) WHERE pending_since IS NOT NULL;

-- Raised as IV001 (stale token), IV002 (no such transition), IV003 (time runs backwards).
CREATE FUNCTION instances_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fencing_token < OLD.fencing_token OR NEW.generation < OLD.generation
       OR NEW.wish_version < OLD.wish_version THEN
        RAISE EXCEPTION 'instance %: token, generation and wish version never fall', OLD.id
              USING ERRCODE = 'IV003';
    END IF;
    IF NEW.status <> OLD.status OR NEW.rule <> OLD.rule OR NEW.generation <> OLD.generation THEN
        IF NEW.applied_token IS DISTINCT FROM OLD.fencing_token THEN
            RAISE EXCEPTION 'instance %: stale token % (the row is at %)', OLD.id,
                  NEW.applied_token, OLD.fencing_token USING ERRCODE = 'IV001';
        END IF;
        IF NOT EXISTS (SELECT FROM matrix m WHERE m.status = OLD.status AND m.event = NEW.rule
                          AND m.to_status = NEW.status) THEN
            RAISE EXCEPTION 'instance %: no transition from % to % by %', OLD.id, OLD.status,
                  NEW.status, NEW.rule USING ERRCODE = 'IV002';
        END IF;
    END IF;
    NEW.applied_token := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER instances_guard BEFORE UPDATE ON instances
    FOR EACH ROW EXECUTE FUNCTION instances_guard();

CREATE FUNCTION instances_birth() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> 'provisioning' OR NEW.fencing_token <> 0 THEN
        RAISE EXCEPTION 'an instance is born in provisioning, with token 0'
              USING ERRCODE = 'IV002';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER instances_birth BEFORE INSERT ON instances
    FOR EACH ROW EXECUTE FUNCTION instances_birth();
