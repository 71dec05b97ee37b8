-- Counts an attempt before the password is looked at, so that many at once do not slip through;
-- a success takes it back.  The address is counted first: once it is refused nothing is written
-- about accounts, so that nobody can close an account for others, or fill the table with names.
-- What was counted in windows that are over is removed here, a few rows at a time.
-- Returns whether it is refused, and how long for.
-- $1 the address · $2 the address with the account · $3 the account · $4 the window, ms
-- $5 most failures of the first two · $6 of the third · $7 rows removed at most
WITH over AS MATERIALIZED (
    SELECT subject FROM login_failures
     WHERE window_since < fleet_now() - ms($4::bigint)
       AND subject NOT IN ($1::text, $2::text, $3::text)
     LIMIT $7::bigint
       FOR UPDATE SKIP LOCKED
), removed AS (
    DELETE FROM login_failures f USING over WHERE f.subject = over.subject
), at_address AS (
    INSERT INTO login_failures AS f (subject, failures, window_since)
    VALUES ($1::text, 1, fleet_now())
    ON CONFLICT (subject) DO UPDATE
       SET failures = CASE WHEN f.window_since < fleet_now() - ms($4::bigint) THEN 1
                           ELSE f.failures + 1 END,
           window_since = CASE WHEN f.window_since < fleet_now() - ms($4::bigint)
                               THEN fleet_now() ELSE f.window_since END
    RETURNING failures, window_since, $5::bigint AS most
), at_account AS (
    INSERT INTO login_failures AS f (subject, failures, window_since)
    SELECT s.subject, 1, fleet_now()
      FROM at_address, (VALUES ($2::text), ($3::text)) AS s (subject)
     WHERE at_address.failures <= at_address.most
     ORDER BY s.subject
    ON CONFLICT (subject) DO UPDATE
       SET failures = CASE WHEN f.window_since < fleet_now() - ms($4::bigint) THEN 1
                           ELSE f.failures + 1 END,
           window_since = CASE WHEN f.window_since < fleet_now() - ms($4::bigint)
                               THEN fleet_now() ELSE f.window_since END
    RETURNING failures, window_since,
              CASE WHEN subject = $3::text THEN $6::bigint ELSE $5::bigint END AS most
), counted AS (
    SELECT * FROM at_address UNION ALL SELECT * FROM at_account
)
SELECT coalesce(bool_or(failures > most), false) AS refused,
       coalesce(max(to_ms(window_since) - to_ms(fleet_now()) + $4::bigint)
                    FILTER (WHERE failures > most), 0) AS wait_ms
  FROM counted
