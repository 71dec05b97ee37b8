-- What others are told on Redis: written with what it tells of, published by job-outbox.

-- The rows of one instance are published in the order of their ids, which are drawn under the
-- instance's lock: the order in which they were committed.
CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      uuid NOT NULL DEFAULT gen_random_uuid(),
    instance_id   uuid REFERENCES instances,                    -- null: it is about the fleet
    lane          uuid NOT NULL GENERATED ALWAYS AS             -- one order for each
                  (coalesce(instance_id, '00000000-0000-0000-0000-000000000000')) STORED,
    type          text NOT NULL CHECK (type IN (
                      'CMD:PROVISION', 'CMD:TERMINATE', 'CMD:REINSTALL', 'CMD:RECONCILE',
                      'CMD:SYNC_CATALOG', 'EVT:INSTANCE_COST_START', 'EVT:INSTANCE_COST_STOP')),
    channel       text NOT NULL GENERATED ALWAYS AS
                  (CASE WHEN type LIKE 'CMD:%' THEN 'orchestrator_events'
                        ELSE 'finops_events' END) STORED,
    body          jsonb NOT NULL DEFAULT '{}',                  -- a command's fields, an event's payload
    occurred_at   timestamptz NOT NULL DEFAULT fleet_now(),
    published_at  timestamptz,                                  -- Redis has it, or there is none to tell
    fencing_token bigint NOT NULL DEFAULT 0,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity',
    lease_owner   uuid,
    CHECK (instance_id IS NOT NULL OR type IN ('CMD:RECONCILE', 'CMD:SYNC_CATALOG'))
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_waiting_by_lane ON outbox (lane, id) WHERE published_at IS NULL;
CREATE UNIQUE INDEX outbox_one_cost_start ON outbox (instance_id)
    WHERE type = 'EVT:INSTANCE_COST_START';
CREATE UNIQUE INDEX outbox_one_cost_stop ON outbox (instance_id)
    WHERE type = 'EVT:INSTANCE_COST_STOP';

-- When a create's machine was first looked for in vain; gone_at is the second time.
ALTER TABLE provider_operations ADD COLUMN absent_since timestamptz;

-- When money began to run for a machine: when the provider says that it made it (ms since 1970, 0 or
-- null: not told), yet neither before the first create was on record nor in the future.
CREATE FUNCTION cost_start_at(instance uuid, created_ms bigint)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT least(greatest(coalesce(from_ms(nullif($2, 0)), max(o.started_at)), min(o.started_at)),
                 fleet_now())
      FROM provider_operations o
     WHERE o.instance_id = $1 AND o.kind = 'server_create'
$$;

-- When money ceased to run for what an instance rented, all of which is proven gone: each thing ends
-- with the call that deleted it (whose outcome may be on record later, for the sake of other calls of
-- its cycle), else when it was first looked for in vain.
CREATE FUNCTION cost_stop_at(instance uuid) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    WITH things AS (
        SELECT o.provider_ref AS ref, coalesce(o.absent_since, o.gone_at) AS absent_since
          FROM provider_operations o
         WHERE o.instance_id = $1 AND o.kind = 'server_create' AND o.gone_at IS NOT NULL
        UNION ALL
        SELECT v.provider_volume_id, coalesce(v.gone_first_seen_at, v.deleted_at)
          FROM instance_volumes v
         WHERE v.instance_id = $1 AND v.delete_on_terminate
        UNION ALL
        SELECT a.provider_address_id, coalesce(a.gone_first_seen_at, a.deleted_at)
          FROM instance_addresses a
         WHERE a.instance_id = $1
    ), deletions AS (
        SELECT o.provider_ref AS ref,
               max(least(o.ended_at, o.started_at + ms(o.duration_ms))) AS at
          FROM provider_operations o
         WHERE o.instance_id = $1 AND o.outcome = 'ok'
           AND o.kind IN ('server_delete', 'volume_delete', 'address_delete')
         GROUP BY o.provider_ref
    )
    SELECT coalesce(max(coalesce(d.at, t.absent_since)), fleet_now())
      FROM things t LEFT JOIN deletions d USING (ref)
$$;

-- What already costs money has begun to.
INSERT INTO outbox (instance_id, type, occurred_at, body)
SELECT i.id, 'EVT:INSTANCE_COST_START', min(o.started_at),
       jsonb_strip_nulls(jsonb_build_object(
           'instance_id', i.id, 'provider_id', i.provider_id,
           'instance_type_id', i.instance_type_id,
           'provider_instance_id', i.provider_instance_id))
  FROM instances i
  JOIN provider_operations o ON o.instance_id = i.id AND o.kind = 'server_create'
   AND o.outcome IN ('ok', 'adopted')
 WHERE i.status NOT IN ('terminated', 'archived')
 GROUP BY i.id
 ORDER BY min(o.started_at);

-- At most one open request a job, whoever asks.
UPDATE job_requests q SET taken_at = fleet_now()
 WHERE taken_at IS NULL
   AND EXISTS (SELECT FROM job_requests later
                WHERE later.job = q.job AND later.taken_at IS NULL AND later.id > q.id);
DROP INDEX job_requests_open;
CREATE UNIQUE INDEX job_requests_one_open ON job_requests (job) WHERE taken_at IS NULL;
CREATE INDEX job_requests_recent ON job_requests (job, requested_at);
