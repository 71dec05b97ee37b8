-- The failures of this address at this account are forgotten; of the address's and the account's
-- own, this attempt alone.  Locked in the order in which attempts write them.
-- $1 the address · $2 the address with the account · $3 the account
WITH locked AS (
    SELECT subject FROM login_failures WHERE subject IN ($1::text, $2::text, $3::text)
     ORDER BY subject <> $1::text, subject FOR UPDATE
)
UPDATE login_failures f
   SET failures = CASE WHEN f.subject = $2::text THEN 0 ELSE greatest(f.failures - 1, 0) END
  FROM locked
 WHERE f.subject = locked.subject
