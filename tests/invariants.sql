-- What must hold at any moment.  Each statement selects violations; the comment above it says what is
-- violated.  The bill is held against the database by whoever can ask for it (tests/e2e/lib/bill.py).

-- an instance that is over has a machine on record that is not proven gone
SELECT id, status, provider_instance_id
  FROM instances
 WHERE status IN ('terminated', 'archived')
   AND provider_instance_id IS NOT NULL AND NOT machine_gone;

-- an instance that is over has a volume that was to be deleted and is not
SELECT i.id, i.status, v.provider_volume_id, v.delete_attempts, v.error_message
  FROM instances i JOIN instance_volumes v ON v.instance_id = i.id
 WHERE i.status IN ('terminated', 'archived') AND v.deleted_at IS NULL AND v.delete_on_terminate;

-- an instance that is over has an address that is not given back
SELECT i.id, i.status, a.provider_address_id, a.delete_attempts, a.error_message
  FROM instances i JOIN instance_addresses a ON a.instance_id = i.id
 WHERE i.status IN ('terminated', 'archived') AND a.deleted_at IS NULL;

-- an instance that is over has an operation without an outcome
SELECT i.id, i.status, o.op_id, o.kind
  FROM instances i JOIN provider_operations o ON o.instance_id = i.id AND o.shard_job IS NULL
 WHERE i.status IN ('terminated', 'archived') AND o.outcome IS NULL;

-- an instance that is over has a create that may have made a machine, or one that is not proven gone
SELECT i.id, i.status, o.op_id, o.outcome, o.provider_ref
  FROM instances i JOIN provider_operations o ON o.instance_id = i.id
 WHERE i.status IN ('terminated', 'archived') AND o.kind = 'server_create'
   AND (o.provider_ref IS NOT NULL AND o.gone_at IS NULL
        OR o.outcome = 'unknown' AND o.resolved_at IS NULL);

-- an instance that is over can still be spoken for by a worker
SELECT i.id, i.status, t.kind, t.generation
  FROM instances i JOIN worker_tokens t ON t.instance_id = i.id
 WHERE i.status IN ('terminated', 'archived') AND t.revoked_at IS NULL;

-- a failed instance rents something and nobody will come to give it back
SELECT id, status, provider_instance_id
  FROM instances
 WHERE status IN ('provisioning_failed', 'startup_failed', 'failed')
   AND provider_instance_id IS NOT NULL AND NOT machine_gone
   AND (next_run_at IS NULL OR deadline_at IS NULL);

-- an instance on its way is never due
SELECT id, status
  FROM instances
 WHERE status NOT IN ('ready', 'terminated', 'archived', 'provisioning_failed', 'startup_failed',
                      'failed')
   AND next_run_at IS NULL;

-- an instance that is due was left alone: no lease runs, and nothing has been decided for 30 s
SELECT id, status, next_run_at, lease_until
  FROM instances
 WHERE next_run_at < fleet_now() - interval '30 s' AND lease_until < fleet_now() - interval '30 s';

-- an instance is past its deadline, with nobody at it and no error on record, and is not missed either
SELECT id, status, deadline_at, next_run_at
  FROM instances
 WHERE status NOT IN ('ready', 'terminated', 'archived')
   AND deadline_at < fleet_now() - interval '15 s'
   AND coalesce(preserve_until, '-infinity') < fleet_now()
   AND lease_until < fleet_now() AND error_code IS NULL AND gone_first_seen_at IS NULL;

-- the next look at an instance comes later than its deadline
SELECT id, status, deadline_at, next_run_at
  FROM instances
 WHERE deadline_at > fleet_now() AND next_run_at > deadline_at + interval '1 s'
   AND coalesce(preserve_until, '-infinity') <= deadline_at;

-- an instance ended badly and does not say why
SELECT id, status
  FROM instances
 WHERE status IN ('provisioning_failed', 'startup_failed', 'failed') AND error_code IS NULL;

-- an instance that is ready still carries an error
SELECT id, error_code, error_message
  FROM instances
 WHERE status = 'ready' AND error_code IS NOT NULL;

-- an instance is ready without a machine, an address or a worker that ever beat in this generation
SELECT i.id, i.provider_instance_id, i.ip_address, h.generation
  FROM instances i LEFT JOIN worker_heartbeats h ON h.instance_id = i.id
 WHERE i.status = 'ready'
   AND (i.provider_instance_id IS NULL OR i.machine_gone OR i.ip_address IS NULL
        OR h.generation IS DISTINCT FROM i.generation);

-- more than one member of a wish is ready
SELECT root_id, count(*)
  FROM instances
 WHERE status = 'ready'
 GROUP BY root_id HAVING count(*) > 1;

-- one machine is on record of two instances
SELECT provider_id, provider_instance_id, array_agg(id)
  FROM instances
 WHERE provider_instance_id IS NOT NULL
 GROUP BY provider_id, provider_instance_id HAVING count(*) > 1;

-- an instance has two operations without an outcome
SELECT instance_id, count(*)
  FROM provider_operations
 WHERE outcome IS NULL AND shard_job IS NULL
 GROUP BY instance_id HAVING count(*) > 1;

-- an operation that can no longer be sent has no outcome, and nobody is at its instance
SELECT o.op_id, o.instance_id, o.kind, o.send_by
  FROM provider_operations o LEFT JOIN instances i ON i.id = o.instance_id
 WHERE o.outcome IS NULL AND o.send_by < fleet_now() - interval '15 s'
   AND (i.id IS NULL OR i.lease_until < fleet_now());

-- a machine was made while an earlier one of the instance was neither on record nor proven gone
SELECT later.instance_id, earlier.provider_ref, later.op_id
  FROM provider_operations earlier
  JOIN provider_operations later ON later.instance_id = earlier.instance_id
   AND later.kind = 'server_create' AND later.started_at > earlier.started_at
 WHERE earlier.kind = 'server_create' AND earlier.provider_ref IS NOT NULL
   AND (earlier.gone_at IS NULL OR earlier.gone_at > later.started_at)
   AND later.outcome <> 'not_sent';

-- an accepted termination is neither done nor under way
SELECT i.id, i.status, r.desired
  FROM action_logs l JOIN instances i ON i.id = l.instance_id JOIN instances r ON r.id = i.root_id
 WHERE l.action_type = 'REQUEST_TERMINATE' AND l.status = 'success'
   AND i.status NOT IN ('terminated', 'archived')
   AND (r.desired <> 'terminated' OR i.next_run_at IS NULL);

-- an accepted drain is neither done nor under way
SELECT i.id, i.status, r.desired
  FROM action_logs l JOIN instances i ON i.id = l.instance_id JOIN instances r ON r.id = i.root_id
 WHERE l.action_type = 'REQUEST_DRAIN' AND l.status = 'success'
   AND i.status NOT IN ('terminated', 'archived')
   AND (r.desired = 'running' OR i.next_run_at IS NULL);

-- an accepted reinstallation is neither begun nor overtaken by another wish, and nothing is due
SELECT i.id, i.status, i.generation, i.wanted_generation
  FROM instances i JOIN instances r ON r.id = i.root_id
 WHERE i.wanted_generation > i.generation AND r.desired = 'running' AND i.next_run_at IS NULL;

-- an accepted archiving is neither done nor under way
SELECT id, status
  FROM instances
 WHERE archive_wanted AND status <> 'archived' AND next_run_at IS NULL;

-- an accepted request has left no instance, or an instance no request
SELECT i.id, i.status
  FROM instances i
 WHERE i.replaces IS NULL
   AND NOT EXISTS (SELECT FROM action_logs l
                    WHERE l.instance_id = i.id AND l.action_type = 'REQUEST_CREATE');

-- the journal tells of a transition that is not in the matrix
SELECT l.instance_id, l.instance_status_before, l.rule, l.instance_status_after
  FROM action_logs l
 WHERE l.component = 'orchestrator' AND l.rule IS NOT NULL
   AND NOT EXISTS (SELECT FROM matrix m
                    WHERE m.status = l.instance_status_before AND m.event = l.rule
                      AND m.to_status = l.instance_status_after);

-- the journal skips a change of state
SELECT instance_id, previous, instance_status_before, rule
  FROM (SELECT instance_id, seq, instance_status_before, rule,
               lag(instance_status_after, 1, 'provisioning')
                   OVER (PARTITION BY instance_id ORDER BY seq) AS previous
          FROM action_logs
         WHERE component = 'orchestrator' AND rule IS NOT NULL) steps
 WHERE previous <> instance_status_before;

-- the state of an instance is not the last that the journal tells of
SELECT i.id, i.status, l.instance_status_after
  FROM instances i
 CROSS JOIN LATERAL (SELECT instance_status_after FROM action_logs
                      WHERE instance_id = i.id AND component = 'orchestrator' AND rule IS NOT NULL
                      ORDER BY seq DESC LIMIT 1) l
 WHERE i.status <> l.instance_status_after;

-- what a heartbeat is judged by is not what tokens, instance and metadata say
SELECT h.instance_id, h.bearers, h.bearers_generation, h.metadata_hash
  FROM worker_heartbeats h JOIN instances i ON i.id = h.instance_id
  LEFT JOIN worker_metadata m ON m.instance_id = h.instance_id
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(bearer_of(t.token_hash)), '{}') AS bearers FROM worker_tokens t
        WHERE t.instance_id = i.id AND t.generation = i.generation AND t.revoked_at IS NULL
          AND t.kind <> 'enrolment' AND instance_listens(i.status, i.provider_instance_id)) t
 WHERE NOT (h.bearers @> t.bearers AND t.bearers @> h.bearers)
    OR h.bearers <> '{}' AND h.bearers_generation <> i.generation
    OR h.metadata_hash IS DISTINCT FROM m.metadata_hash;

-- a worker was heard after its instance was over
SELECT h.instance_id, h.last_heartbeat, i.terminated_at
  FROM worker_heartbeats h JOIN instances i ON i.id = h.instance_id
 WHERE i.terminated_at IS NOT NULL AND h.last_heartbeat > i.terminated_at;

-- an orphan is a machine on record that its instance looks after
SELECT o.id, o.ref, i.id AS instance_id, i.status
  FROM orphans o JOIN instances i ON i.provider_id = o.provider_id AND i.provider_instance_id = o.ref
 WHERE o.kind = 'server' AND o.verdict = 'orphan' AND o.released_at IS NULL
   AND NOT i.machine_gone AND i.status NOT IN ('terminated', 'archived')
   AND (o.gone_at IS NOT NULL OR o.looked_at < fleet_now() - interval '30 s');

-- an orphan is left alone: nobody has looked at it for a minute
SELECT id, zone_id, kind, ref, verdict, looked_at
  FROM orphans
 WHERE gone_at IS NULL AND released_at IS NULL AND looked_at < fleet_now() - interval '60 s';

-- a zone has orphans and nobody is told
SELECT z.id, z.code
  FROM zones z
 WHERE EXISTS (SELECT FROM orphans o
                WHERE o.zone_id = z.id AND o.gone_at IS NULL AND o.released_at IS NULL
                  AND o.found_at < fleet_now() - interval '30 s')
   AND NOT EXISTS (SELECT FROM alerts a
                    WHERE a.zone_id = z.id AND a.name = 'OrphansFound' AND a.status <> 'resolved');

-- an instance that is over was told to cost money, and not to have ceased to
SELECT i.id, i.status, b.occurred_at
  FROM instances i JOIN outbox b ON b.instance_id = i.id AND b.type = 'EVT:INSTANCE_COST_START'
 WHERE i.status IN ('terminated', 'archived')
   AND NOT EXISTS (SELECT FROM outbox e WHERE e.instance_id = i.id
                      AND e.type = 'EVT:INSTANCE_COST_STOP');

-- an instance that is ready was not told to cost money, or was told to have ceased to
SELECT i.id, b.occurred_at AS began, e.occurred_at AS ceased
  FROM instances i
  LEFT JOIN outbox b ON b.instance_id = i.id AND b.type = 'EVT:INSTANCE_COST_START'
  LEFT JOIN outbox e ON e.instance_id = i.id AND e.type = 'EVT:INSTANCE_COST_STOP'
 WHERE i.status = 'ready' AND (b.id IS NULL OR e.id IS NOT NULL);

-- money was told to cease that was not told before to run, or earlier than it began
SELECT e.instance_id, b.occurred_at AS began, e.occurred_at AS ceased
  FROM outbox e
  LEFT JOIN outbox b ON b.instance_id = e.instance_id AND b.type = 'EVT:INSTANCE_COST_START'
 WHERE e.type = 'EVT:INSTANCE_COST_STOP'
   AND (b.id IS NULL OR b.id > e.id OR b.occurred_at > e.occurred_at);

-- a row of the outbox was published before an older one of the same instance
SELECT o.id, o.instance_id, o.type
  FROM outbox o JOIN outbox older ON older.lane = o.lane AND older.id < o.id
 WHERE o.published_at IS NOT NULL
   AND (older.published_at IS NULL OR older.published_at > o.published_at);
