-- Alerts, those opened last first.
-- $1 status, or null for all · $2 most rows
-- $3, $4 opened_at (us since 1970) and id after which the page begins; null: from the first
SELECT a.id, a.name, a.severity, a.status, a.summary, coalesce(a.provider_id, z.provider_id) AS provider_id,
       p.code AS provider_code, a.zone_id, z.code AS zone_code, a.instance_id, a.labels,
       a.correlation_id, a.occurrences, to_ms(a.opened_at) AS opened_at,
       to_ms(a.touched_at) AS touched_at, to_ms(a.acknowledged_at) AS acknowledged_at,
       a.acknowledged_by, to_ms(a.resolved_at) AS resolved_at,
       (extract(epoch FROM a.opened_at) * 1000000)::bigint AS opened_at_us
  FROM alerts a
  LEFT JOIN zones z ON z.id = a.zone_id
  LEFT JOIN providers p ON p.id = coalesce(a.provider_id, z.provider_id)
 WHERE ($1::text IS NULL OR a.status = $1::text)
   AND ($3::bigint IS NULL
        OR a.opened_at < 'epoch'::timestamptz + $3::bigint * interval '1 microsecond'
        OR (a.opened_at = 'epoch'::timestamptz + $3::bigint * interval '1 microsecond'
            AND a.id > $4::uuid))
 ORDER BY a.opened_at DESC, a.id
 LIMIT $2::bigint
