-- The account's failures are forgotten; of the address's, this attempt alone.
-- $1 the account · $2 the address
WITH locked AS (
    SELECT subject FROM login_failures WHERE subject IN ($1::text, $2::text)
     ORDER BY subject FOR UPDATE
)
UPDATE login_failures f
   SET failures = CASE WHEN f.subject = $1::text THEN 0 ELSE greatest(f.failures - 1, 0) END
  FROM locked
 WHERE f.subject = locked.subject
