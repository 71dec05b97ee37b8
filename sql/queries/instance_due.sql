-- Makes instances due that messages name, where there is work on them and it is not due yet (a ready
-- one is never due by itself).  A row that somebody holds is being worked on.   $1 instance ids
WITH named AS MATERIALIZED (
    SELECT id FROM instances
     WHERE id = ANY ($1::uuid[]) AND coalesce(next_run_at, 'infinity') > fleet_now()
       AND (next_run_at IS NOT NULL OR status = 'ready')
       AND status NOT IN ('terminated', 'archived')
     ORDER BY root_id, id <> root_id, id
       FOR NO KEY UPDATE SKIP LOCKED)
UPDATE instances i SET next_run_at = fleet_now()
  FROM named WHERE i.id = named.id;
