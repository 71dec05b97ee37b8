-- Facts about machines, seen without a lease on their instances: absent, there after all, or stopped.
-- They count where the zone is still held and the machine is still the one on record; the row is due,
-- and whoever holds it meanwhile finds it due afterwards (instance_apply.sql compares sightings).  A row
-- that is locked is left to the next cycle: its zone has then not been looked through.
--   $1 [{instance_id, zone_id, ref, fact}]; fact: absent, seen, stopped
--   $2 [{zone_id, token, listed_ms, looked_through}]
--   $3 ms until an absent machine is looked for again  $4 job
WITH zone AS MATERIALIZED (
    SELECT x.zone_id, x.listed_ms, x.looked_through
      FROM jsonb_to_recordset($2::jsonb) AS x (
           zone_id uuid, token bigint, listed_ms bigint, looked_through boolean)
      JOIN job_shards s ON s.job = $4::text AND s.zone_id = x.zone_id
     WHERE s.fencing_token = x.token),
seen AS MATERIALIZED (
    SELECT x.* FROM jsonb_to_recordset($1::jsonb) AS x (
        instance_id uuid, zone_id uuid, ref text, fact text)
      JOIN zone z ON z.zone_id = x.zone_id),
locked AS MATERIALIZED (
    SELECT i.id, s.zone_id, s.fact
      FROM seen s JOIN instances i ON i.id = s.instance_id
     WHERE i.provider_instance_id = s.ref AND NOT i.machine_gone
       AND i.status NOT IN ('terminating', 'terminated', 'archived')
     ORDER BY i.id FOR NO KEY UPDATE OF i SKIP LOCKED),
recorded AS (
    UPDATE instances i
       SET gone_first_seen_at = CASE l.fact
                                WHEN 'absent' THEN coalesce(i.gone_first_seen_at, fleet_now())
                                WHEN 'stopped' THEN i.gone_first_seen_at END,
           gone_looks = CASE l.fact WHEN 'absent' THEN i.gone_looks + 1
                                    WHEN 'stopped' THEN i.gone_looks ELSE 0 END,
           vanish_confirmed_ref = CASE WHEN l.fact <> 'seen' THEN i.vanish_confirmed_ref END,
           server_state = CASE WHEN l.fact = 'stopped' THEN 'stopped' ELSE i.server_state END,
           sightings = i.sightings + 1,
           next_run_at = least(i.next_run_at, fleet_now()
                                              + CASE WHEN l.fact = 'absent' THEN ms($3::bigint)
                                                     ELSE interval '0' END)
      FROM locked l
     WHERE i.id = l.id
    RETURNING i.status),
watched AS (
    UPDATE zones z SET watched_at = from_ms(w.listed_ms)
      FROM zone w
     WHERE z.id = w.zone_id AND w.looked_through
       AND (SELECT count(*) FROM seen s WHERE s.zone_id = w.zone_id)
           = (SELECT count(*) FROM locked l WHERE l.zone_id = w.zone_id))
SELECT status FROM recorded;
