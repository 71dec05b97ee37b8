-- In how many ms the next instance in these states can be claimed; null when none waits.   $1 states
SELECT (extract(epoch FROM min(greatest(next_run_at, lease_until)) - fleet_now()) * 1000)::bigint
       AS due_in_ms
  FROM unnest($1::text[]) AS wanted (status)
 CROSS JOIN LATERAL (
       SELECT i.next_run_at, i.lease_until FROM instances i
        WHERE i.status = wanted.status AND i.next_run_at IS NOT NULL
        ORDER BY i.next_run_at LIMIT 16) soon;
