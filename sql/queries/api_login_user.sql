-- Always one row: the name as it counts, and the user it belongs to, where there is one.
-- $1 e-mail address or user name
SELECT lower($1::text) AS account, u.*
  FROM (SELECT) AS always
  LEFT JOIN LATERAL (
       SELECT id, email, username, role, first_name, last_name, password_hash
         FROM users
        WHERE (lower(email) = lower($1::text) OR lower(username) = lower($1::text))
          AND disabled_at IS NULL
        ORDER BY lower(email) = lower($1::text) DESC
        LIMIT 1) u ON true
