-- Records intents before the calls are sent.  An intent goes on record only while the row still has
-- the token, state and wish read at the claim and no operation of the instance is open; a create only
-- while every machine that creates have made is on record or proven gone (the others must go on: the
-- machine on record is given back before a second one can be).  Returns those that may be sent.
-- A wish or a claim that is being written to the row is waited for and then counts; so is an outcome,
-- by instance_roots_lock before this.
-- An enrolment token's hash is committed with the intent that hands it over.
--   $1 [{op_id, instance_id, token, status, wish_version, kind, generation, ref, request,
--        call_timeout_ms, enrolment_hash, enrolment_ttl_ms}]
WITH asked AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        op_id uuid, instance_id uuid, token bigint, status text, wish_version bigint, kind text,
        generation integer, ref text, request jsonb, call_timeout_ms bigint, enrolment_hash text,
        enrolment_ttl_ms bigint)),
allowed AS MATERIALIZED ( -- The root is locked first, as everybody does.
    SELECT a.op_id, a.kind, a.generation, a.token, a.request, a.call_timeout_ms, a.ref, i.id,
           i.provider_id, i.zone_id, i.attempts, i.lease_until, i.provider_instance_id,
           i.correlation_id
      FROM asked a
      JOIN instances i ON i.id = a.instance_id
      JOIN instances r ON r.id = i.root_id
     WHERE i.fencing_token = a.token AND i.status = a.status AND r.wish_version = a.wish_version
       AND i.lease_until > fleet_now()
     ORDER BY i.root_id, i.id <> i.root_id, i.id
       FOR SHARE OF r, i),
intended AS (
    INSERT INTO provider_operations (op_id, instance_id, provider_id, zone_id, kind, attempt,
                                     generation, token, request, send_by, provider_ref,
                                     correlation_id)
    SELECT a.op_id, a.id, a.provider_id, a.zone_id, a.kind, a.attempts, a.generation, a.token,
           a.request, a.lease_until + ms(a.call_timeout_ms), nullif(a.ref, ''), a.correlation_id
      FROM allowed a
     WHERE NOT EXISTS (SELECT FROM provider_operations o
                        WHERE o.instance_id = a.id AND o.outcome IS NULL AND o.shard_job IS NULL)
       AND (a.kind <> 'server_create' OR NOT EXISTS (
                SELECT FROM provider_operations o
                 WHERE o.instance_id = a.id AND o.kind = 'server_create'
                   AND o.provider_ref IS NOT NULL AND o.gone_at IS NULL
                   AND o.provider_ref IS DISTINCT FROM a.provider_instance_id))
    ON CONFLICT DO NOTHING
    RETURNING op_id, instance_id, generation),
enrolled AS (
    INSERT INTO worker_tokens (token_hash, instance_id, generation, kind, expires_at)
    SELECT a.enrolment_hash, n.instance_id, n.generation, 'enrolment',
           fleet_now() + ms(a.enrolment_ttl_ms)
      FROM intended n JOIN asked a USING (op_id)
     WHERE a.enrolment_hash IS NOT NULL)
SELECT op_id FROM intended;
