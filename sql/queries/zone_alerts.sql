-- Which of these alerts about zones are open, and what src/domain/zone_alert.c judges their end by.
--   $1 [{zone_id, name, listed_ms}]
SELECT a.name, x.zone_id, to_ms(a.touched_at) AS touched_ms, x.listed_ms,
       (SELECT to_ms(max(o.ended_at)) FROM provider_operations o
         WHERE o.zone_id = x.zone_id AND o.kind = 'server_create' AND o.outcome = 'ok') AS created_ms
  FROM jsonb_to_recordset($1::jsonb) AS x (zone_id uuid, name text, listed_ms bigint)
  JOIN alerts a ON a.fingerprint = x.name || ':' || x.zone_id AND a.status <> 'resolved';
