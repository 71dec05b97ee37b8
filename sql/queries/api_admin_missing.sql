-- Whether there is no user at all.
SELECT NOT EXISTS (SELECT FROM users) AS missing
