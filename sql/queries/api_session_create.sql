-- A session for somebody who has shown their password, and the journal's row.
-- $1 session · $2 user · $3 the token's hash · $4 address · $5 user agent · $6 life, ms
-- $7 correlation id
WITH made AS (
    INSERT INTO sessions (id, user_id, token_hash, ip_address, user_agent, expires_at)
    VALUES ($1::uuid, $2::uuid, $3::text, $4::inet, $5::text, fleet_now() + ms($6::bigint))
)
INSERT INTO action_logs (action_type, component, status, user_id, correlation_id, completed_at)
VALUES ('USER_LOGIN', 'api', 'success', $2::uuid, $7::text, fleet_now())
