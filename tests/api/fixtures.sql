-- What the API's tests begin with.  Users: one a role, named after it, all with the first admin's
-- password.  A catalogue: two providers, types small (0 GB) and big (2 x 80 GB), models.
INSERT INTO users (email, username, password_hash, role)
SELECT role || '@inventiv.test', role || '-name', (SELECT password_hash FROM users LIMIT 1), role
  FROM unnest(ARRAY['viewer', 'operator']) AS role;
UPDATE users SET email = 'admin@inventiv.test' WHERE role = 'admin';
UPDATE users SET username = role;

INSERT INTO providers (id, code, name, driver, api_url, credentials_prefix, ssh_port, worker_port,
                       engine_port, install_profile, is_active)
VALUES ('00000000-0000-4000-8000-0000000000a1', 'one', 'Provider One', 'scaleway',
        'http://127.0.0.1:1', 'ONE', 22, 8080, 8000, 'bare', true),
       ('00000000-0000-4000-8000-0000000000a2', 'off', 'Provider Off', 'scaleway',
        'http://127.0.0.1:1', 'OFF', 22, 8080, 8000, 'bare', false);
INSERT INTO regions (id, provider_id, code, name)
VALUES ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000a1', 'here',
        'Here');
INSERT INTO zones (id, region_id, provider_id, code, name, is_active)
SELECT ('00000000-0000-4000-8000-0000000000c' || number)::uuid,
       '00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000a1',
       'here-' || number, 'Here ' || number, number < 3
  FROM generate_series(1, 3) AS number;
INSERT INTO instance_types (id, provider_id, code, name, gpu_count, vram_per_gpu_gb, cost_per_hour)
VALUES ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-0000000000a1', 'SMALL',
        'Small', 0, 0, 0.5),
       ('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-0000000000a1', 'BIG',
        'Big', 2, 80, 6);
INSERT INTO instance_type_zones (instance_type_id, zone_id, is_available)
VALUES ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-0000000000c1', true),
       ('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-0000000000c1', true),
       ('00000000-0000-4000-8000-0000000000d2', '00000000-0000-4000-8000-0000000000c2', false);
INSERT INTO models (id, model_id, name, required_vram_gb, context_length, is_active)
VALUES ('00000000-0000-4000-8000-0000000000e1', 'tiny', 'Tiny', 0, 2048, true),
       ('00000000-0000-4000-8000-0000000000e2', 'org/large', 'Large', 160, 32768, true),
       ('00000000-0000-4000-8000-0000000000e3', 'org/huge', 'Huge', 161, 32768, true),
       ('00000000-0000-4000-8000-0000000000e4', 'gone', 'Gone', 0, 2048, false);

-- One step through the matrix, as the orchestrator's apply takes it.
CREATE FUNCTION test_move(instance uuid, event text) RETURNS void LANGUAGE sql AS $$
    UPDATE instances i
       SET status = m.to_status, rule = m.event, applied_token = i.fencing_token,
           status_changed_at = fleet_now(), wish_version = i.wish_version,
           terminated_at = CASE WHEN m.to_status = 'terminated' THEN fleet_now() END,
           was_ready = i.was_ready OR m.to_status = 'ready',
           deadline_at = CASE WHEN m.to_status IN ('ready', 'terminated', 'archived') THEN NULL
                              ELSE fleet_now() + interval '1 hour' END
      FROM matrix m
     WHERE i.id = instance AND m.status = i.status AND m.event = test_move.event
       AND m.effect = 'transition'
$$;

-- An instance that has come to a status by the usual events; with a machine, once it had one.
CREATE FUNCTION test_instance(instance uuid, target text, root uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ways jsonb := '{
        "provisioning": [], "booting": ["server_started"],
        "installing": ["server_started", "ssh_reachable"],
        "starting": ["server_started", "agent_seen"],
        "ready": ["server_started", "model_served"],
        "unavailable": ["server_started", "model_served", "model_lost"],
        "worker_dead": ["server_started", "model_served", "heartbeat_timeout"],
        "draining": ["server_started", "model_served", "drain_requested"],
        "terminating": ["server_started", "terminate_requested"],
        "terminated": ["terminate_requested", "server_gone"],
        "provisioning_failed": ["provision_gave_up"],
        "startup_failed": ["server_started", "startup_gave_up"],
        "failed": ["server_started", "recovery_gave_up"],
        "archived": ["terminate_requested", "server_gone", "archive_requested"]}';
    step text;
BEGIN
    INSERT INTO instances (id, root_id, replaces, provider_id, zone_id, instance_type_id, model_id,
                           correlation_id, deadline_at, next_run_at)
    VALUES (instance, coalesce(root, instance), root, '00000000-0000-4000-8000-0000000000a1',
            '00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-0000000000d1',
            '00000000-0000-4000-8000-0000000000e1', 'trace-' || instance,
            fleet_now() + interval '1 hour', NULL);
    INSERT INTO worker_heartbeats (instance_id) VALUES (instance);
    IF ways -> target ->> 0 = 'server_started' THEN
        UPDATE instances SET provider_instance_id = 'm-' || instance, ip_address = '127.9.9.9'
         WHERE id = instance;
    END IF;
    FOR step IN SELECT jsonb_array_elements_text(ways -> target) LOOP
        PERFORM test_move(instance, step);
    END LOOP;
    IF (SELECT status FROM instances WHERE id = instance) <> target THEN
        RAISE EXCEPTION 'the fixture did not come to %', target;
    END IF;
END $$;

-- A token of a worker, given in clear.
CREATE FUNCTION test_token(instance uuid, token text, token_kind text, of_generation integer DEFAULT 1,
                           life interval DEFAULT '1 hour') RETURNS void LANGUAGE sql AS $$
    INSERT INTO worker_tokens (token_hash, instance_id, generation, kind, expires_at)
    VALUES (encode(sha256(token::bytea), 'hex'), instance, of_generation, token_kind,
            CASE WHEN token_kind = 'enrolment' THEN fleet_now() + life END)
$$;

-- A ready instance of model tiny whose worker has just beaten.
CREATE FUNCTION test_serving(instance uuid, depth integer) RETURNS void LANGUAGE sql AS $$
    SELECT test_instance(instance, 'ready');
    UPDATE worker_heartbeats
       SET last_heartbeat = fleet_now(), status = 'ready', model_id = 'tiny', generation = 1,
           queue_depth = depth
     WHERE instance_id = instance
$$;
