-- Where a feed that keeps so many rows begins: right before the oldest of them, or at the horizon
-- where there is none.  $1 rows
WITH horizon AS (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin
), kept AS (
    SELECT e.xid, e.id FROM events e, horizon h
     WHERE e.xid < h.xmin
     ORDER BY e.xid DESC, e.id DESC LIMIT $1::bigint
)
SELECT coalesce(k.xid, h.xmin)::text AS xid, coalesce(k.id - 1, 0) AS id
  FROM horizon h LEFT JOIN (SELECT xid, id FROM kept ORDER BY xid, id LIMIT 1) k ON true
