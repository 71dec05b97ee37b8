-- Opens alerts, touches those that are open, resolves.  Returns those that began or ended by this.
--   $1 [{name, scope, severity, provider_id, zone_id, instance_id, labels, summary, correlation_id}]
--   $2 [{name, scope}] no longer so
WITH seen AS MATERIALIZED (
    SELECT DISTINCT ON (fingerprint) x.*, x.name || ':' || x.scope AS fingerprint
      FROM jsonb_to_recordset($1::jsonb) AS x (name text, scope text, severity text,
               provider_id uuid, zone_id uuid, instance_id uuid, labels jsonb, summary text,
               correlation_id text)
     ORDER BY fingerprint),
opened AS (
    INSERT INTO alerts AS a (name, fingerprint, severity, provider_id, zone_id, instance_id, labels,
                             summary, correlation_id)
    SELECT s.name, s.fingerprint, s.severity, s.provider_id, s.zone_id, s.instance_id,
           coalesce(s.labels, '{}'), s.summary, s.correlation_id
      FROM seen s ORDER BY s.fingerprint
    ON CONFLICT (fingerprint) WHERE status <> 'resolved' DO UPDATE
       SET touched_at = fleet_now(), occurrences = a.occurrences + 1, summary = excluded.summary,
           labels = excluded.labels, severity = excluded.severity
    RETURNING a.name, a.fingerprint, a.summary, a.occurrences),
ended AS (
    UPDATE alerts a SET status = 'resolved', resolved_at = fleet_now()
     WHERE a.status <> 'resolved'
       AND a.fingerprint IN (SELECT x.name || ':' || x.scope
                               FROM jsonb_to_recordset($2::jsonb) AS x (name text, scope text))
       AND a.fingerprint NOT IN (SELECT fingerprint FROM seen)
    RETURNING a.name, a.fingerprint, a.summary)
SELECT name, fingerprint, summary, 'opened' AS change FROM opened WHERE occurrences = 1
UNION ALL
SELECT name, fingerprint, summary, 'resolved' FROM ended;
