-- A heartbeat reads and writes one row, found by its key.  What it is judged by lies elsewhere (the
-- instance, its tokens, the stored metadata), so the row carries copies, which are written in the
-- transaction that changes the original, whoever that is.

-- Whether somebody may still speak for an instance.
CREATE FUNCTION instance_listens(status text, provider_instance_id text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT status NOT IN ('terminated', 'archived', 'provisioning_failed')
           AND (status NOT IN ('startup_failed', 'failed') OR provider_instance_id IS NOT NULL)
$$;

ALTER TABLE worker_heartbeats
    ADD COLUMN bearers            uuid[] NOT NULL DEFAULT '{}',  -- who may beat: halves of hashes
    ADD COLUMN bearers_generation integer NOT NULL DEFAULT 0,    -- ... in this generation
    ADD COLUMN metadata_hash      bigint;                        -- of worker_metadata
ALTER TABLE worker_metadata SET (fillfactor = 70);

-- A token's short form: the first half of its hash.
CREATE FUNCTION bearer_of(token_hash text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(token_hash, 32)::uuid
$$;

-- The row is locked before the originals are read: of two who change something at once, the second
-- reads what the first has written.
CREATE FUNCTION worker_heartbeats_admit(instance uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM worker_heartbeats WHERE instance_id = instance FOR NO KEY UPDATE;
    UPDATE worker_heartbeats h
       SET bearers_generation = i.generation,
           bearers = ARRAY(SELECT bearer_of(t.token_hash) FROM worker_tokens t
                            WHERE t.instance_id = i.id AND t.generation = i.generation
                              AND t.kind IN ('secret', 'issued') AND t.revoked_at IS NULL
                              AND instance_listens(i.status, i.provider_instance_id)
                            ORDER BY t.created_at, t.token_hash)
      FROM instances i WHERE i.id = instance AND h.instance_id = i.id;
END $$;

CREATE FUNCTION worker_tokens_admit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM worker_heartbeats_admit(coalesce(NEW.instance_id, OLD.instance_id));
    RETURN NULL;
END $$;
CREATE TRIGGER worker_tokens_made AFTER INSERT ON worker_tokens
    FOR EACH ROW WHEN (NEW.kind <> 'enrolment') EXECUTE FUNCTION worker_tokens_admit();
CREATE TRIGGER worker_tokens_changed AFTER UPDATE OR DELETE ON worker_tokens
    FOR EACH ROW WHEN (OLD.kind <> 'enrolment') EXECUTE FUNCTION worker_tokens_admit();

CREATE FUNCTION instances_admit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM worker_heartbeats_admit(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER instances_admit
    AFTER UPDATE OF status, generation, provider_instance_id ON instances
    FOR EACH ROW WHEN (OLD.generation <> NEW.generation
                       OR instance_listens(OLD.status, OLD.provider_instance_id)
                          <> instance_listens(NEW.status, NEW.provider_instance_id))
    EXECUTE FUNCTION instances_admit();

CREATE FUNCTION worker_metadata_known() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE worker_heartbeats SET metadata_hash = NEW.metadata_hash -- null when the row has gone
     WHERE instance_id = coalesce(NEW.instance_id, OLD.instance_id);
    RETURN NULL;
END $$;
CREATE TRIGGER worker_metadata_known AFTER INSERT OR UPDATE OR DELETE ON worker_metadata
    FOR EACH ROW EXECUTE FUNCTION worker_metadata_known();

SELECT worker_heartbeats_admit(instance_id) FROM worker_heartbeats;
UPDATE worker_heartbeats h SET metadata_hash = m.metadata_hash
  FROM worker_metadata m WHERE m.instance_id = h.instance_id;
