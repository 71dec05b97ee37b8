-- Ends a claim of the outbox.  What Redis acknowledged is published: a fact, whoever holds the lease
-- by now.  The rest is given back, if it is still ours.  Tells whether others follow what is done.
--   $1 [{id, token, acknowledged}]
WITH claimed AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (id bigint, token bigint, acknowledged boolean)),
ours AS MATERIALIZED (
    SELECT o.id, o.lane, c.token, c.acknowledged
      FROM outbox o JOIN claimed c ON c.id = o.id
     WHERE o.published_at IS NULL
     ORDER BY o.id
       FOR UPDATE OF o),
ended AS (
    UPDATE outbox o
       SET published_at = CASE WHEN ours.acknowledged THEN fleet_now() END,
           lease_until = '-infinity',
           lease_owner = NULL
      FROM ours
     WHERE o.id = ours.id AND (ours.acknowledged OR o.fencing_token = ours.token)
    RETURNING o.id, o.lane, o.published_at)
SELECT (SELECT count(*) FROM ended WHERE published_at IS NOT NULL) AS published,
       EXISTS (SELECT FROM ended e JOIN outbox next ON next.lane = e.lane
                WHERE e.published_at IS NOT NULL AND next.published_at IS NULL
                  AND next.id > e.id) AS more;
