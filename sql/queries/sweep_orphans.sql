-- Orphans on record in zones, those first that were not looked at for longest, then those that were not
-- tried for longest; with what the verdict on a machine rests on, and what may be done in the zone.
--   $1 [{place, zone_id}]   $2 most rows
SELECT z.place, o.id, o.kind, o.ref, o.verdict, o.volume_type, o.instance_id, o.parent_ref,
       to_ms(o.gone_first_seen_at) AS gone_first_seen_ms, o.delete_attempts,
       to_ms(o.delete_next_at) AS delete_next_ms,
       i.id IS NOT NULL AS known, i.status, i.provider_instance_id, i.machine_gone,
       i.correlation_id,
       EXISTS (SELECT FROM instances r
                WHERE r.provider_id = o.provider_id AND r.provider_instance_id = o.ref
                  AND NOT r.machine_gone
                  AND r.status NOT IN ('terminated', 'archived')) AS recorded_by_any,
       EXISTS (SELECT FROM provider_operations c
                WHERE c.instance_id = i.id AND c.kind = 'server_create') AS created,
       p.id IS NOT NULL AND p.gone_at IS NULL AND p.released_at IS NULL AS parent_lives,
       p.released_at IS NOT NULL AS parent_released,
       coalesce((SELECT jsonb_agg(c.ref) FROM orphans c
                  WHERE c.provider_id = o.provider_id AND c.parent_ref = o.ref), '[]') AS rest,
       f.sweeps_armed AND NOT coalesce(n.paused_until > fleet_now()
                                       AND n.paused_reason <> 'quota', false) AS may_act
  FROM jsonb_to_recordset($1::jsonb) AS z (place integer, zone_id uuid)
  JOIN orphans o ON o.zone_id = z.zone_id AND o.gone_at IS NULL AND o.released_at IS NULL
  JOIN zones n ON n.id = z.zone_id
  CROSS JOIN fleet f
  LEFT JOIN instances i ON i.id = o.instance_id
  LEFT JOIN LATERAL (SELECT m.gone_at, m.released_at, m.id FROM orphans m
                      WHERE m.provider_id = o.provider_id AND m.kind = 'server'
                        AND m.ref = o.parent_ref
                      ORDER BY m.found_at DESC LIMIT 1) p ON true
 ORDER BY o.looked_at, o.delete_next_at NULLS FIRST, o.id LIMIT $2::int;
