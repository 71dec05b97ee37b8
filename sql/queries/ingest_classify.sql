-- Why a worker was not let in, as the HTTP status of the answer.  410: it has been let in once,
-- and its time is over, or it belongs to an installation before this one.  401: also one that
-- says it belongs to a later one.  409: an enrolment that was used up.  503: let in now.
-- $1 instances · $2 hashes of the bearers · $3 generations told, 0: not told; in the same order
SELECT b.position,
       CASE WHEN i.id IS NULL THEN 404
            WHEN t.token_hash IS NULL THEN 401
            WHEN t.generation <> i.generation
                 OR NOT instance_listens(i.status, i.provider_instance_id)
            THEN 410
            WHEN t.revoked_at IS NOT NULL THEN 401
            WHEN t.kind = 'enrolment'
            THEN CASE WHEN t.used_at IS NOT NULL THEN 409 ELSE 401 END
            WHEN b.generation > i.generation THEN 401
            WHEN b.generation > 0 AND b.generation < i.generation THEN 410
            ELSE 503 END AS verdict,
       host(i.ip_address) AS address
  FROM unnest($1::uuid[], $2::text[], $3::integer[])
       WITH ORDINALITY AS b (instance_id, token_hash, generation, position)
  LEFT JOIN instances i ON i.id = b.instance_id
  LEFT JOIN worker_tokens t ON t.token_hash = b.token_hash AND t.instance_id = b.instance_id
