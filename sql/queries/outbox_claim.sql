-- Claims what is to be published next: of each instance, and of the fleet, the oldest row that is
-- not.  All that waits is read once, and those chosen are then found by their ids alone (hence CASE):
-- by statistics of a time when nothing waited, the planner would hold each row against all others.
--   $1 lease in ms   $2 most rows   $3 orchestrator
WITH oldest AS MATERIALIZED (
    SELECT DISTINCT ON (lane) id, lease_until FROM outbox
     WHERE published_at IS NULL
     ORDER BY lane, id),
due AS MATERIALIZED (
    SELECT o.id FROM outbox o
     WHERE o.id = ANY (ARRAY(SELECT id FROM oldest WHERE lease_until <= (SELECT fleet_now())
                              ORDER BY id LIMIT $2::int))
       AND CASE WHEN o.published_at IS NULL THEN o.lease_until <= (SELECT fleet_now()) END
     ORDER BY o.id
       FOR UPDATE SKIP LOCKED)
UPDATE outbox o
   SET fencing_token = o.fencing_token + 1,
       lease_until = (SELECT fleet_now()) + ms($1::bigint),
       lease_owner = $3::uuid
  FROM due
 WHERE o.id = due.id
RETURNING o.id, o.fencing_token, to_ms((SELECT fleet_now())) AS now_ms, o.channel,
          (jsonb_build_object('event_id', o.event_id, 'type', o.type, 'source', 'inventiv')
           || CASE WHEN o.type LIKE 'EVT:%'
                   THEN jsonb_build_object('payload', o.body, 'occurred_at',
                            to_char(o.occurred_at AT TIME ZONE 'UTC',
                                    'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
                   ELSE o.body END)::text AS message;
