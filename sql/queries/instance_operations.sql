-- Operations that a decision may rest on: creates and open
-- ones, and the latest others; oldest first.   $1 instance ids   $2 most of one instance
SELECT asked.place - 1 AS place, o.op_id, o.kind, o.outcome, o.attempt, o.generation,
       o.provider_ref, to_ms(o.send_by) AS send_by_ms, to_ms(o.started_at) AS started_ms,
       to_ms(o.ended_at) AS ended_ms, to_ms(o.first_empty_look_at) AS first_empty_look_ms,
       o.resolved_at IS NOT NULL AS resolved, o.gone_at IS NOT NULL AS gone
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
 CROSS JOIN LATERAL (
       SELECT c.* FROM provider_operations c
        WHERE c.instance_id = asked.id AND c.shard_job IS NULL
        ORDER BY (c.kind = 'server_create' OR c.outcome IS NULL) DESC, c.started_at DESC, c.op_id
        LIMIT $2::int) o
 ORDER BY asked.place, o.started_at, o.op_id;
