-- Records what somebody wants of an instance, where the matrix allows it in the present state.
-- Terminate and drain are wishes of the root; reinstall and archive of the one member.  All the
-- members become due at once.  The root's row is locked first, as everybody does.
-- $1 instance · $2 terminate, drain, reinstall or archive · $3 user · $4 correlation id
WITH members AS MATERIALIZED (
    SELECT i.* FROM instances i
     WHERE i.root_id = (SELECT root_id FROM instances WHERE id = $1::uuid)
     ORDER BY i.id <> i.root_id, i.id
       FOR UPDATE
), facts AS (
    SELECT t.id, t.root_id, t.status, o.desired,
           t.provider_instance_id IS NOT NULL AND NOT t.machine_gone AS has_machine,
           EXISTS (SELECT FROM members x
                    WHERE x.id <> t.id
                      AND x.status IN ('provisioning', 'booting', 'installing', 'starting', 'ready',
                                       'unavailable', 'worker_dead')) AS other_lives,
           NOT EXISTS (SELECT FROM members x
                        WHERE x.status NOT IN ('terminated', 'archived')) AS all_over,
           t.status IN ('provisioning_failed', 'startup_failed', 'failed') AND bill.billed
               AS failed_and_rented
      FROM members t JOIN members o ON o.id = t.root_id
     CROSS JOIN LATERAL instance_bill(t.id, t.status, t.provider_instance_id, t.machine_gone,
                                      t.created_at, t.terminated_at,
                                      coalesce(t.gone_first_seen_at, t.status_changed_at)) bill
     WHERE t.id = $1::uuid
), wishes AS (
    SELECT left(m.event, -length('_requested')) AS wish, m.effect, f.*,
           CASE WHEN m.effect = 'refused' THEN m.code
                WHEN m.event = 'drain_requested' AND f.desired = 'terminated'
                THEN 'not_drainable'
                WHEN m.event = 'reinstall_requested' AND f.desired <> 'running'
                THEN 'not_reinstallable'
                WHEN m.event = 'reinstall_requested' AND NOT f.has_machine THEN 'no_machine'
                WHEN m.event = 'reinstall_requested' AND f.other_lives THEN 'other_member_lives'
                WHEN m.event = 'archive_requested' AND f.failed_and_rented THEN 'still_rented'
           END AS refusal
      FROM facts f
      JOIN matrix m ON m.status = f.status
                   AND m.event IN ('terminate_requested', 'drain_requested',
                                   'reinstall_requested', 'archive_requested')
), wanted AS (
    SELECT w.*, CASE $2::text WHEN 'terminate' THEN w.all_over
                              WHEN 'archive' THEN w.status = 'archived'
                              ELSE false END AS done
      FROM wishes w
     WHERE w.wish = $2::text
), wished AS (
    UPDATE instances i
       SET desired = CASE WHEN i.id <> i.root_id THEN i.desired
                          WHEN $2::text = 'terminate' THEN 'terminated'
                          WHEN $2::text = 'drain' THEN 'drained'
                          ELSE i.desired END,
           wish_version = i.wish_version + (i.id = i.root_id)::integer,
           wanted_generation = CASE WHEN $2::text = 'reinstall' AND i.id = w.id
                                    THEN i.generation + 1 ELSE i.wanted_generation END,
           archive_wanted = i.archive_wanted OR ($2::text = 'archive' AND i.id = w.id),
           next_run_at = CASE WHEN i.status IN ('terminated', 'archived')
                                   AND NOT ($2::text = 'archive' AND i.id = w.id)
                              THEN i.next_run_at ELSE fleet_now() END
      FROM wanted w
     WHERE i.root_id = w.root_id AND w.refusal IS NULL AND NOT w.done
), logged AS (
    INSERT INTO action_logs (action_type, component, status, instance_id, user_id, correlation_id,
                             instance_status_before, instance_status_after, completed_at)
    SELECT 'REQUEST_' || upper($2::text), 'api', 'success', w.id, $3::uuid, $4::text, w.status,
           w.status, fleet_now()
      FROM wanted w
     WHERE w.refusal IS NULL AND NOT w.done
), told AS ( -- The row is locked by now: what is told of it is told in the order of its wishes.
    INSERT INTO outbox (instance_id, type, body)
    SELECT w.id, 'CMD:' || upper($2::text),
           jsonb_build_object('instance_id', w.id, 'correlation_id', $4::text)
      FROM wanted w
     WHERE w.refusal IS NULL AND NOT w.done AND $2::text IN ('terminate', 'reinstall')
)
SELECT w.status, w.refusal, w.done,
       (SELECT coalesce(json_agg(a.wish ORDER BY a.wish), '[]') FROM wishes a
         WHERE a.refusal IS NULL AND a.effect = 'transition') AS allowed
  FROM wanted w
