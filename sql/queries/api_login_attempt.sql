-- Counts an attempt before the password is looked at, so that many at once do not slip through;
-- a success takes it back.  Returns the highest count of the subjects' present windows, and how
-- long the longest of these still lasts.
-- $1 the account · $2 the address · $3 the window, ms
WITH counted AS (
    INSERT INTO login_failures AS f (subject, failures, window_since)
    SELECT subject, 1, fleet_now() FROM unnest(ARRAY[$1::text, $2::text]) AS subject
    ON CONFLICT (subject) DO UPDATE
       SET failures = CASE WHEN f.window_since < fleet_now() - ms($3::bigint) THEN 1
                           ELSE f.failures + 1 END,
           window_since = CASE WHEN f.window_since < fleet_now() - ms($3::bigint)
                               THEN fleet_now() ELSE f.window_since END
    RETURNING failures, window_since
)
SELECT max(failures) AS failures,
       max(to_ms(window_since) - to_ms(fleet_now()) + $3::bigint) AS wait_ms
  FROM counted
