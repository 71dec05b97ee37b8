-- Which of these sessions still live, and the roles of their people.  $1 session ids
SELECT s.id AS session_id, u.role
  FROM sessions s JOIN users u ON u.id = s.user_id
 WHERE s.id = ANY ($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > fleet_now()
   AND u.disabled_at IS NULL
 ORDER BY s.id
