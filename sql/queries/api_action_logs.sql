-- The journal, newest first.
-- $1 instance · $2 component · $3 status · $4 action type, each or null · $5 most rows
WITH picked AS (
    (SELECT l.id, l.seq FROM action_logs l
      WHERE $1::uuid IS NULL
        AND ($2::text IS NULL OR l.component = $2::text)
        AND ($3::text IS NULL OR l.status = $3::text)
        AND ($4::text IS NULL OR l.action_type = $4::text)
      ORDER BY l.seq DESC LIMIT $5::bigint)
    UNION ALL
    (SELECT l.id, l.seq FROM action_logs l
      WHERE l.instance_id = $1::uuid
        AND ($2::text IS NULL OR l.component = $2::text)
        AND ($3::text IS NULL OR l.status = $3::text)
        AND ($4::text IS NULL OR l.action_type = $4::text)
      ORDER BY l.seq DESC LIMIT $5::bigint)
)
SELECT l.id, l.seq, l.action_type, l.component, l.status, l.error_code, l.error_message,
       l.instance_id, l.user_id, l.correlation_id, l.job, l.op_id, l.rule, l.retry_count,
       l.duration_ms, to_ms(l.created_at) AS created_at, to_ms(l.completed_at) AS completed_at,
       l.metadata, l.instance_status_before, l.instance_status_after
  FROM picked JOIN action_logs l ON l.id = picked.id
 ORDER BY l.seq DESC
