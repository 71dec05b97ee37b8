-- The changes after a cursor, in the order of commits: only those below the oldest transaction that
-- is still under way, since it may yet commit a lower id.  Always at least one row, with the horizon;
-- held_back: some are visible and above it.
-- $1 xid and $2 id of the cursor · $3 most rows
WITH horizon AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin
)
SELECT h.xmin::text AS horizon,
       EXISTS (SELECT FROM events a WHERE a.xid >= h.xmin) AS held_back,
       e.xid::text AS xid, e.id, e.kind, e.instance_id, e.action_log_id
  FROM horizon h LEFT JOIN LATERAL (
       SELECT * FROM events s
        WHERE s.xid < h.xmin AND (s.xid, s.id) > ($1::text::xid8, $2::bigint)
        ORDER BY s.xid, s.id LIMIT $3::bigint) e ON true
 ORDER BY e.xid, e.id
