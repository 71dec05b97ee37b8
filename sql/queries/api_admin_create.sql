-- The first admin; nothing when somebody was quicker.
-- $1 e-mail address · $2 password hash
INSERT INTO users (email, username, password_hash, role)
SELECT $1::text, 'admin', $2::text, 'admin'
 WHERE NOT EXISTS (SELECT FROM users)
ON CONFLICT DO NOTHING
RETURNING id
