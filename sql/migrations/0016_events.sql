-- What has changed that somebody may be watching: one row a change, in the same transaction as the
-- change, for GET /events/stream.  Readers go by (xid, id) and only below the oldest transaction
-- that is still under way (pg_snapshot_xmin): the order of ids is not that of commits, and what
-- commits late would be skipped.  Heartbeats write nothing here.

CREATE TABLE events (
    xid           xid8 NOT NULL DEFAULT pg_current_xact_id(),
    id            bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind          text NOT NULL CHECK (kind IN ('instance', 'action')),
    instance_id   uuid,                    -- null: an action about no instance
    action_log_id uuid,
    at            timestamptz NOT NULL DEFAULT fleet_now(),
    PRIMARY KEY (xid, id),
    CHECK ((kind = 'instance') = (action_log_id IS NULL)),
    CHECK (kind = 'action' OR instance_id IS NOT NULL)
);

-- PostgreSQL sends one notification a transaction, however often it is asked within it.  Statements that
-- write no row come here as well: they do not pay for it, nor wait for others that do.
CREATE FUNCTION events_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written) THEN
        PERFORM pg_notify('inventiv_events', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_notify AFTER INSERT ON events REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION events_notify();

CREATE FUNCTION events_of_births() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, instance_id) SELECT 'instance', b.id FROM born b ORDER BY b.id;
    RETURN NULL;
END $$;
CREATE TRIGGER instances_born_event AFTER INSERT ON instances REFERENCING NEW TABLE AS born
    FOR EACH STATEMENT EXECUTE FUNCTION events_of_births();

CREATE FUNCTION events_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, instance_id) VALUES ('instance', NEW.id);
    RETURN NULL;
END $$;
-- A condition, because claims and most applies change nothing of this: they pay for the comparison.
CREATE TRIGGER instances_changed_event AFTER UPDATE ON instances FOR EACH ROW
    WHEN ((OLD.status, OLD.generation, OLD.wanted_generation, OLD.archive_wanted, OLD.progress_percent,
           OLD.error_code, OLD.ip_address, OLD.provider_id, OLD.zone_id, OLD.instance_type_id,
           OLD.model_id)
          IS DISTINCT FROM
          (NEW.status, NEW.generation, NEW.wanted_generation, NEW.archive_wanted, NEW.progress_percent,
           NEW.error_code, NEW.ip_address, NEW.provider_id, NEW.zone_id, NEW.instance_type_id,
           NEW.model_id))
    EXECUTE FUNCTION events_of_change();

-- desired counts on the root row and shows on every member.
CREATE FUNCTION events_of_wish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, instance_id)
    SELECT 'instance', i.id FROM instances i WHERE i.root_id = NEW.root_id ORDER BY i.id;
    RETURN NULL;
END $$;
CREATE TRIGGER instances_wish_event AFTER UPDATE ON instances FOR EACH ROW
    WHEN (OLD.desired IS DISTINCT FROM NEW.desired)
    EXECUTE FUNCTION events_of_wish();

CREATE FUNCTION events_of_actions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, instance_id, action_log_id)
    SELECT 'action', w.instance_id, w.id FROM written w ORDER BY w.seq;
    RETURN NULL;
END $$;
CREATE TRIGGER action_logs_written_event AFTER INSERT ON action_logs REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION events_of_actions();

CREATE FUNCTION events_of_completion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (kind, instance_id, action_log_id) VALUES ('action', NEW.instance_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER action_logs_completed_event AFTER UPDATE ON action_logs FOR EACH ROW
    WHEN ((OLD.status, OLD.completed_at) IS DISTINCT FROM (NEW.status, NEW.completed_at))
    EXECUTE FUNCTION events_of_completion();
