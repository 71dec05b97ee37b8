-- The live session of a token, and whose it is.
-- $1 the token's hash · $2 how far last_used_at may lie behind, ms
WITH live AS (
    SELECT s.id AS session_id, s.last_used_at, u.id AS user_id, u.email, u.username, u.role,
           u.first_name, u.last_name
      FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.token_hash = $1::text AND s.revoked_at IS NULL AND s.expires_at > fleet_now()
       AND u.disabled_at IS NULL
), touched AS (
    UPDATE sessions s SET last_used_at = fleet_now()
      FROM live
     WHERE s.id = live.session_id AND live.last_used_at < fleet_now() - ms($2::bigint)
)
SELECT * FROM live
