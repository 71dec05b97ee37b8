-- Removes the oldest changes, from the front alone, so that what is left is whole; one process at a
-- time, the others do nothing.  $1 how long they are kept, ms · $2 most rows
WITH mine AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(hashtext('inventiv_event_prune')) AS is_mine
), oldest AS (
    SELECT e.xid, e.id, e.at FROM events e ORDER BY e.xid, e.id LIMIT $2::bigint
), past AS (
    SELECT o.xid, o.id, bool_and(o.at < fleet_now() - ms($1::bigint))
                        OVER (ORDER BY o.xid, o.id) AS is_over
      FROM oldest o
)
DELETE FROM events e USING past p, mine m
 WHERE m.is_mine AND p.is_over AND e.xid = p.xid AND e.id = p.id
