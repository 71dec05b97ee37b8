-- $1 e-mail address or user name
SELECT id, email, username, role, first_name, last_name, password_hash
  FROM users
 WHERE (lower(email) = lower($1::text) OR lower(username) = lower($1::text))
   AND disabled_at IS NULL
 ORDER BY lower(email) = lower($1::text) DESC
 LIMIT 1
