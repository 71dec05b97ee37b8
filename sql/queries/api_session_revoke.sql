-- $1 session
UPDATE sessions SET revoked_at = fleet_now() WHERE id = $1::uuid AND revoked_at IS NULL
