-- The only writer of instances.status: applies decisions by compare-and-set on id, token and state,
-- with all that goes with them, in one statement.  A row that moved on is left alone and not
-- returned.  Releases the leases.
--   $1 decisions [{instance_id, token, from, to, rule, wish_version, deadline_ms, next_run_ms,
--      sightings, next_generation, record_ref, machine_mark, address, server_state, failed, error_code, message,
--      progress, notes, action, beat_status, reason, thing_kind, thing_ref, thing_next_ms, health,
--      created_ms}]
--   $2 marks [{instance_id, kind, id, ref}]
--   $3 things [{instance_id, kind, ref, name, volume_type, size_bytes, is_boot,
--      delete_on_terminate, address}]
--   $4 probes [{instance_id, probe, generation, ok, latency_ms, detail}]
--   $5 journal [{instance_id, action, status, message, metadata}]
--   $6 job  $7 orchestrator
WITH d AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        instance_id uuid, token bigint, "from" text, "to" text, rule text, wish_version bigint,
        deadline_ms bigint, next_run_ms bigint, sightings integer, next_generation boolean,
        record_ref text, machine_mark text, address inet, server_state text, failed boolean, error_code text,
        message text, progress integer, notes integer, action text, beat_status text, reason text,
        thing_kind text, thing_ref text, thing_next_ms bigint, health boolean,
        created_ms bigint)),
roots AS MATERIALIZED ( -- What rests on another member is judged with the root locked first.
    SELECT r.id, r.wish_version FROM instances r
     WHERE r.id IN (SELECT i.root_id FROM d JOIN instances i ON i.id = d.instance_id)
     ORDER BY r.id FOR NO KEY UPDATE),
applied AS (
    UPDATE instances i
       SET status = d."to",
           rule = coalesce(d.rule, i.rule),
           applied_token = d.token,
           status_changed_at = CASE WHEN d.rule IS NULL THEN i.status_changed_at
                                    ELSE (SELECT fleet_now()) END,
           deadline_at = from_ms(d.deadline_ms),
           generation = i.generation + d.next_generation::int,
           generation_since = CASE WHEN d.next_generation THEN (SELECT fleet_now())
                                   ELSE i.generation_since END,
           notes = CASE WHEN d.next_generation THEN 0 ELSE i.notes | d.notes END,
           progress_percent = CASE WHEN d.next_generation THEN d.progress
                                   ELSE greatest(i.progress_percent, d.progress) END,
           was_ready = i.was_ready OR d."to" = 'ready',
           ready_at = CASE WHEN d.rule IS NOT NULL AND d."to" = 'ready' THEN (SELECT fleet_now())
                           ELSE i.ready_at END,
           failed_at = CASE WHEN d.rule IS NOT NULL AND d."to" LIKE '%failed' THEN (SELECT fleet_now())
                            ELSE i.failed_at END,
           terminated_at = CASE WHEN d."to" = 'terminated' AND i.terminated_at IS NULL
                                THEN (SELECT fleet_now()) ELSE i.terminated_at END,
           deletion_reason = coalesce(i.deletion_reason, d.reason),
           deleted_by_provider = i.deleted_by_provider
                                 OR d.rule IS NOT DISTINCT FROM 'server_vanished',
           vanished_at = CASE WHEN d.rule = 'server_vanished' THEN (SELECT fleet_now())
                              ELSE i.vanished_at END,
           vanish_confirmed_ref = CASE WHEN d.machine_mark IS DISTINCT FROM 'seen'
                                       THEN i.vanish_confirmed_ref END,
           error_code = CASE WHEN d.error_code IS NULL THEN i.error_code
                             ELSE nullif(d.error_code, '') END,
           error_message = CASE WHEN d.error_code IS NULL THEN i.error_message
                                WHEN d.error_code = '' THEN NULL ELSE d.message END,
           provider_instance_id = coalesce(d.record_ref, i.provider_instance_id),
           machine_gone = CASE WHEN d.record_ref IS NOT NULL THEN false
                               ELSE i.machine_gone OR d.machine_mark IS NOT DISTINCT FROM 'gone' END,
           gone_first_seen_at = CASE WHEN d.machine_mark = 'absent'
                                     THEN coalesce(i.gone_first_seen_at, (SELECT fleet_now()))
                                     WHEN d.machine_mark IN ('gone', 'seen') THEN NULL
                                     WHEN d.record_ref IS NOT NULL THEN NULL
                                     ELSE i.gone_first_seen_at END,
           gone_looks = CASE WHEN d.machine_mark = 'absent' THEN i.gone_looks + 1
                             WHEN d.machine_mark IN ('gone', 'seen') THEN 0
                             WHEN d.record_ref IS NOT NULL THEN 0
                             ELSE i.gone_looks END,
           ip_address = coalesce(d.address, i.ip_address),
           server_state = coalesce(d.server_state, i.server_state),
           last_look_at = (SELECT fleet_now()),
           last_health_check = CASE WHEN d.health THEN (SELECT fleet_now()) ELSE i.last_health_check END,
           last_reconciliation = (SELECT fleet_now()),
           health_check_failures = CASE WHEN d.rule IS NOT NULL THEN 0
                                        WHEN d.health AND d.failed THEN i.health_check_failures + 1
                                        WHEN d.health THEN 0
                                        ELSE i.health_check_failures END,
           attempts = CASE WHEN d.failed THEN i.attempts ELSE 0 END,
           next_run_at = CASE WHEN r.wish_version = d.wish_version AND i.sightings = d.sightings
                              THEN from_ms(d.next_run_ms) ELSE (SELECT fleet_now()) END,
           lease_until = '-infinity',
           lease_owner = NULL
      FROM d, roots r
     WHERE i.id = d.instance_id AND i.fencing_token = d.token AND i.status = d."from"
       AND r.id = i.root_id
       AND (d.rule IS DISTINCT FROM 'model_served'
            OR NOT EXISTS (SELECT FROM instances o WHERE o.root_id = i.root_id AND o.id <> i.id
                              AND o.status = 'ready'))
       AND (d.rule IS DISTINCT FROM 'server_vanished' -- It may have been seen meanwhile.
            OR i.sightings = d.sightings)
       AND (d.rule IS DISTINCT FROM 'server_gone' OR (
            (i.provider_instance_id IS NULL OR i.machine_gone)
            AND NOT EXISTS (SELECT FROM provider_operations o
                             WHERE o.instance_id = i.id AND o.outcome IS NULL
                               AND o.shard_job IS NULL)
            AND NOT EXISTS (SELECT FROM provider_operations o
                             WHERE o.instance_id = i.id AND o.kind = 'server_create'
                               AND (o.provider_ref IS NOT NULL AND o.gone_at IS NULL
                                    OR o.outcome = 'unknown' AND o.resolved_at IS NULL))
            AND NOT EXISTS (SELECT FROM instance_volumes v
                             WHERE v.instance_id = i.id AND v.deleted_at IS NULL
                               AND v.delete_on_terminate)
            AND NOT EXISTS (SELECT FROM instance_addresses a
                             WHERE a.instance_id = i.id AND a.deleted_at IS NULL)))
    RETURNING i.id, i.root_id, i.status, i.provider_id, i.zone_id, i.correlation_id, i.generation,
              i.provider_instance_id, i.instance_type_id, i.machine_gone, i.created_at,
              i.terminated_at, i.status_changed_at, i.deleted_by_provider, i.attempts, d.*),
refused AS ( -- Still ours, but what it rested on is so no more: looked at again at once.
    UPDATE instances i
       SET next_run_at = (SELECT fleet_now()), lease_until = '-infinity', lease_owner = NULL
      FROM d
     WHERE i.id = d.instance_id AND i.fencing_token = d.token AND i.status = d."from"
       AND NOT EXISTS (SELECT FROM applied a WHERE a.id = i.id)),
started AS ( -- A machine that no outcome named: it was looked for, and found.
    INSERT INTO outbox (instance_id, type, occurred_at, body)
    SELECT a.id, 'EVT:INSTANCE_COST_START', cost_start_at(a.id, a.created_ms),
           jsonb_build_object('instance_id', a.id, 'provider_id', a.provider_id,
                              'instance_type_id', a.instance_type_id,
                              'provider_instance_id', a.record_ref, 'note', 'adopted')
      FROM applied a
     WHERE a.record_ref IS NOT NULL
    ON CONFLICT (instance_id) WHERE type = 'EVT:INSTANCE_COST_START' DO NOTHING
    RETURNING id),
stopped AS ( -- All of it is proven gone; what never was rented has cost nothing.
    INSERT INTO outbox (instance_id, type, occurred_at, body)
    SELECT a.id, 'EVT:INSTANCE_COST_STOP', greatest(s.occurred_at, cost_stop_at(a.id)),
           jsonb_strip_nulls(jsonb_build_object(
               'instance_id', a.id, 'provider_id', a.provider_id,
               'provider_instance_id', coalesce(a.provider_instance_id,
                                                s.body ->> 'provider_instance_id'),
               'reason', CASE WHEN a.deleted_by_provider THEN 'provider_deleted'
                              ELSE 'termination_confirmed' END))
      FROM applied a
      JOIN outbox s ON s.instance_id = a.id AND s.type = 'EVT:INSTANCE_COST_START'
     WHERE a.rule = 'server_gone'
        OR a.status IN ('provisioning_failed', 'startup_failed', 'failed', 'archived')
           AND NOT (SELECT b.billed
                      FROM instance_bill(a.id, a.status, a.provider_instance_id, a.machine_gone,
                                         a.created_at, a.terminated_at, a.status_changed_at) b)
    ON CONFLICT (instance_id) WHERE type = 'EVT:INSTANCE_COST_STOP' DO NOTHING
    RETURNING id),
operations AS (
    UPDATE provider_operations o
       SET outcome = CASE m.kind WHEN 'operation_adopted' THEN 'adopted'
                                 WHEN 'operation_not_done' THEN 'not_done'
                                 WHEN 'operation_closed' THEN 'closed' ELSE o.outcome END,
           ended_at = CASE WHEN m.kind IN ('operation_adopted', 'operation_not_done',
                                           'operation_closed')
                           THEN coalesce(o.ended_at, (SELECT fleet_now())) ELSE o.ended_at END,
           resolved_at = CASE WHEN m.kind IN ('operation_adopted', 'operation_not_done',
                                              'operation_closed', 'operation_resolved')
                              THEN (SELECT fleet_now()) ELSE o.resolved_at END,
           first_empty_look_at = CASE WHEN m.kind = 'operation_empty_look' THEN (SELECT fleet_now())
                                      ELSE o.first_empty_look_at END,
           provider_ref = CASE WHEN m.kind = 'operation_adopted'
                               THEN coalesce(m.ref, o.provider_ref) ELSE o.provider_ref END,
           gone_at = CASE WHEN m.kind = 'create_gone' THEN (SELECT fleet_now()) ELSE o.gone_at END,
           absent_since = CASE WHEN m.kind = 'create_gone'
                               THEN (SELECT i.gone_first_seen_at FROM instances i WHERE i.id = a.id)
                               ELSE o.absent_since END
      FROM jsonb_to_recordset($2::jsonb) AS m (instance_id uuid, kind text, id text, ref text)
      JOIN applied a ON a.id = m.instance_id
     WHERE o.op_id::text = m.id -- What its caller has told meanwhile is a fact.
       AND (m.kind = 'create_gone' AND o.provider_ref IS NOT DISTINCT FROM m.ref
            OR m.kind LIKE 'operation%'
               AND (o.outcome IS NULL OR o.outcome = 'unknown'
                    OR o.outcome = 'ok' AND o.provider_ref IS NULL))
    RETURNING o.op_id, o.instance_id, o.kind, m.kind AS mark, a.correlation_id),
creates_gone AS ( -- The recorded machine is proven gone: so is that of its create.  The first look
                  -- in vain is the row's from before this statement.
    UPDATE provider_operations o
       SET gone_at = (SELECT fleet_now()),
           absent_since = (SELECT i.gone_first_seen_at FROM instances i WHERE i.id = a.id)
      FROM applied a
     WHERE a.machine_mark = 'gone' AND o.instance_id = a.id AND o.kind = 'server_create'
       AND o.provider_ref = a.provider_instance_id AND o.gone_at IS NULL),
volumes AS (
    INSERT INTO instance_volumes (instance_id, provider_id, zone_id, provider_volume_id, name,
                                  volume_type, size_bytes, is_boot, delete_on_terminate)
    SELECT a.id, a.provider_id, a.zone_id, t.ref, t.name, t.volume_type, t.size_bytes, t.is_boot,
           t.delete_on_terminate
      FROM jsonb_to_recordset($3::jsonb) AS t (instance_id uuid, kind text, ref text, name text,
               volume_type text, size_bytes bigint, is_boot boolean, delete_on_terminate boolean)
      JOIN applied a ON a.id = t.instance_id
     WHERE t.kind = 'volume'
    ON CONFLICT (instance_id, provider_volume_id) DO UPDATE -- Taken for gone, and there after all.
       SET deleted_at = NULL, status = 'attached', gone_first_seen_at = NULL
     WHERE instance_volumes.deleted_at IS NOT NULL),
addresses AS (
    INSERT INTO instance_addresses (instance_id, provider_id, zone_id, provider_address_id, address)
    SELECT a.id, a.provider_id, a.zone_id, t.ref, t.address
      FROM jsonb_to_recordset($3::jsonb) AS t (instance_id uuid, kind text, ref text, address text)
      JOIN applied a ON a.id = t.instance_id
     WHERE t.kind = 'address'
    ON CONFLICT (instance_id, provider_address_id) DO UPDATE -- Taken for gone, and there after all.
       SET deleted_at = NULL, gone_first_seen_at = NULL
     WHERE instance_addresses.deleted_at IS NOT NULL),
volume_marks AS (
    UPDATE instance_volumes v
       SET gone_first_seen_at = CASE WHEN m.kind = 'volume_absent' THEN (SELECT fleet_now())
                                     WHEN m.kind = 'volume_gone' THEN v.gone_first_seen_at END,
           deleted_at = CASE WHEN m.kind = 'volume_gone' THEN (SELECT fleet_now()) ELSE v.deleted_at END,
           status = CASE WHEN m.kind = 'volume_gone' THEN 'deleted' ELSE v.status END,
           last_reconciliation = (SELECT fleet_now())
      FROM jsonb_to_recordset($2::jsonb) AS m (instance_id uuid, kind text, id text)
      JOIN applied a ON a.id = m.instance_id
     WHERE m.kind IN ('volume_absent', 'volume_gone', 'volume_seen')
       AND v.instance_id = a.id
       AND v.provider_volume_id = m.id),
address_marks AS (
    UPDATE instance_addresses v
       SET gone_first_seen_at = CASE WHEN m.kind = 'address_absent' THEN (SELECT fleet_now())
                                     WHEN m.kind = 'address_gone' THEN v.gone_first_seen_at END,
           deleted_at = CASE WHEN m.kind = 'address_gone' THEN (SELECT fleet_now()) ELSE v.deleted_at END
      FROM jsonb_to_recordset($2::jsonb) AS m (instance_id uuid, kind text, id text)
      JOIN applied a ON a.id = m.instance_id
     WHERE m.kind IN ('address_absent', 'address_gone', 'address_seen')
       AND v.instance_id = a.id
       AND v.provider_address_id = m.id),
volume_tries AS (
    UPDATE instance_volumes v
       SET delete_attempts = v.delete_attempts + a.failed::int,
           delete_next_at = from_ms(a.thing_next_ms),
           error_message = CASE WHEN a.failed THEN a.message END
      FROM applied a
     WHERE a.thing_kind = 'volume' AND v.instance_id = a.id AND v.provider_volume_id = a.thing_ref),
address_tries AS (
    UPDATE instance_addresses v
       SET delete_attempts = v.delete_attempts + a.failed::int,
           delete_next_at = from_ms(a.thing_next_ms),
           error_message = CASE WHEN a.failed THEN a.message END
      FROM applied a
     WHERE a.thing_kind = 'address' AND v.instance_id = a.id AND v.provider_address_id = a.thing_ref),
probes AS (
    INSERT INTO probe_results (instance_id, probe, generation, at, ok, latency_ms, detail)
    SELECT a.id, p.probe, p.generation, (SELECT fleet_now()), p.ok, p.latency_ms, p.detail
      FROM jsonb_to_recordset($4::jsonb) AS p (instance_id uuid, probe text, generation integer,
               ok boolean, latency_ms integer, detail text)
      JOIN applied a ON a.id = p.instance_id
    ON CONFLICT (instance_id, probe) DO UPDATE
       SET generation = excluded.generation, at = excluded.at, ok = excluded.ok,
           latency_ms = excluded.latency_ms, detail = excluded.detail),
beats AS MATERIALIZED ( -- Locked in the order of ids, as heartbeats are: also those that triggers shut.
    SELECT h.instance_id, h.status_unseen AND h.status = a.beat_status AS seen
      FROM worker_heartbeats h JOIN applied a ON a.id = h.instance_id
     WHERE h.status_unseen AND h.status = a.beat_status OR a.next_generation
        OR NOT instance_listens(a.status, a.provider_instance_id)
     ORDER BY h.instance_id FOR NO KEY UPDATE OF h),
beats_seen AS (
    UPDATE worker_heartbeats h SET status_unseen = false
      FROM beats b WHERE h.instance_id = b.instance_id AND b.seen),
tokens AS ( -- Nobody speaks for what is over.
    UPDATE worker_tokens t SET revoked_at = (SELECT fleet_now())
      FROM applied a
     WHERE a.rule = 'server_gone' AND t.instance_id = a.id AND t.revoked_at IS NULL),
journal AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, correlation_id, job, rule,
                             instance_status_before, instance_status_after, retry_count,
                             error_code, error_message, metadata, completed_at)
    SELECT a.action, 'orchestrator', CASE WHEN a."to" LIKE '%failed' THEN 'failed'
                                          ELSE 'success' END,
           a.id, a.correlation_id, $6::text, a.rule, a."from", a."to", 0,
           CASE WHEN a."to" LIKE '%failed' THEN nullif(a.error_code, '') END,
           a.message, jsonb_build_object('generation', a.generation, 'token', a.token,
                                         'orchestrator', $7::text), (SELECT fleet_now())
      FROM applied a WHERE a.rule IS NOT NULL
    UNION ALL
    SELECT j.action, 'orchestrator', j.status, a.id, a.correlation_id, $6::text, NULL, a."to",
           a."to", 0, NULL, j.message, j.metadata, (SELECT fleet_now())
      FROM jsonb_to_recordset($5::jsonb) AS j (instance_id uuid, action text, status text,
               message text, metadata jsonb)
      JOIN applied a ON a.id = j.instance_id
    UNION ALL
    SELECT 'OPERATION_RESOLVED', 'orchestrator', 'success', o.instance_id, o.correlation_id,
           $6::text, NULL, NULL, NULL, 0, NULL, NULL,
           jsonb_build_object('kind', o.kind, 'mark', o.mark, 'op_id', o.op_id), (SELECT fleet_now())
      FROM operations o WHERE o.mark <> 'operation_empty_look')
SELECT id, status, to_ms((SELECT fleet_now())) AS now_ms,
       EXISTS (SELECT FROM started) OR EXISTS (SELECT FROM stopped) AS told
  FROM applied;
