-- fleet.sql: many instances at once, for measuring.  Needs a provider, a zone, a type and a model.

-- So many instances in a state, over the usual way there, next due at a time; with a machine on
-- record, a worker that has just beaten and probes that have just passed, where the state has them.
CREATE FUNCTION bench_instances(count integer, target text, due timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb := '{"provisioning": [], "ready": ["server_started", "model_served"],
                    "terminating": ["server_started", "model_served", "terminate_requested"]}';
    step text;
BEGIN
    CREATE TEMP TABLE bench_made ON COMMIT DROP AS
        SELECT gen_random_uuid() AS id FROM generate_series(1, count);
    INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id,
                           correlation_id, deadline_at, next_run_at)
    SELECT made.id, made.id, z.provider_id, z.id, t.id, m.id, 'bench', fleet_now() + interval '1 hour',
           NULL
      FROM bench_made made,
           (SELECT id, provider_id FROM zones WHERE is_active ORDER BY code LIMIT 1) z,
           (SELECT id FROM instance_types ORDER BY code LIMIT 1) t,
           (SELECT id FROM models ORDER BY model_id LIMIT 1) m;
    INSERT INTO worker_heartbeats (instance_id) SELECT id FROM bench_made;
    FOR step IN SELECT jsonb_array_elements_text(ways -> target) LOOP
        UPDATE instances i
           SET status = m.to_status, rule = m.event, applied_token = i.fencing_token,
               was_ready = i.was_ready OR m.to_status = 'ready',
               desired = CASE WHEN step = 'terminate_requested' THEN 'terminated' ELSE i.desired END,
               provider_instance_id = 'bench-' || i.id, ip_address = '127.0.0.1',
               deadline_at = CASE WHEN m.to_status = 'ready' THEN NULL
                                  ELSE fleet_now() + interval '1 hour' END
          FROM bench_made made, matrix m
         WHERE i.id = made.id AND m.status = i.status AND m.event = step;
    END LOOP;
    UPDATE instances i SET next_run_at = due FROM bench_made made WHERE i.id = made.id;
    IF target = 'ready' THEN
        PERFORM bench_serve(ARRAY(SELECT id FROM bench_made));
    END IF;
END $$;

-- Their workers have just beaten, their probes have just passed.
CREATE FUNCTION bench_serve(ids uuid[]) RETURNS void LANGUAGE sql AS $$
    UPDATE worker_heartbeats h
       SET generation = i.generation, last_heartbeat = fleet_now(), status = 'ready',
           model_id = m.model_id, queue_depth = 0, requests_running = 0, period_ms = 10000
      FROM instances i JOIN models m ON m.id = i.model_id
     WHERE i.id = ANY (ids) AND h.instance_id = i.id;
    INSERT INTO probe_results (instance_id, probe, generation, at, ok, latency_ms)
    SELECT i.id, probe, i.generation, fleet_now(), true, 1
      FROM instances i, unnest(ARRAY['ssh', 'readyz', 'models', 'warmup']) AS probe
     WHERE i.id = ANY (ids)
    ON CONFLICT (instance_id, probe) DO UPDATE SET at = excluded.at, ok = true
$$;

-- So many of the ready are due now.
CREATE FUNCTION bench_due(count integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT id FROM instances WHERE status = 'ready' ORDER BY id LIMIT count);
BEGIN
    PERFORM bench_serve(ids);
    UPDATE instances SET next_run_at = fleet_now() WHERE id = ANY (ids);
END $$;

-- A token for the worker of each instance; as lines "instance token".
CREATE FUNCTION bench_tokens() RETURNS SETOF text LANGUAGE sql AS $$
    WITH drawn AS MATERIALIZED (
        SELECT id, generation, encode(sha256(('bench' || id)::bytea), 'hex') AS token FROM instances),
    stored AS (
        INSERT INTO worker_tokens (token_hash, instance_id, generation, kind)
        SELECT encode(sha256(token::bytea), 'hex'), id, generation, 'secret' FROM drawn)
    SELECT id || ' ' || token FROM drawn ORDER BY md5(id::text)
$$;
