-- An orchestrator is about to decide.  After a pause of everybody longer than $1 ms, the deadlines'
-- clocks stood still meanwhile: they are set forward by it, before anybody decides.  Writes nothing
-- while the last beat is young.
WITH was AS MATERIALIZED (
    SELECT beat_at, fleet_now() - beat_at AS pause FROM decision_pulse
     WHERE (fleet_now() - beat_at) * 16 > ms($1::bigint) FOR UPDATE),
beaten AS (
    UPDATE decision_pulse
       SET beat_at = fleet_now(),
           running_since = CASE WHEN was.pause > ms($1::bigint) THEN fleet_now()
                                ELSE running_since END
      FROM was
    RETURNING was.pause),
moved AS (
    UPDATE instances i
       SET deadline_at = i.deadline_at + beaten.pause
      FROM beaten, was
     WHERE beaten.pause > ms($1::bigint) AND i.deadline_at IS NOT NULL
       AND i.deadline_at > was.beat_at
       AND i.status NOT IN ('provisioning_failed', 'startup_failed', 'failed')
    RETURNING 1)
SELECT (extract(epoch FROM (SELECT pause FROM was)) * 1000)::bigint AS pause_ms,
       (SELECT count(*) FROM moved) AS moved;
