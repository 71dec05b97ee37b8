-- How much of each of these zones is vanishing.   $1 zones   $2 window in ms
SELECT z.id AS zone_id, coalesce(v.machines, 0) AS machines, coalesce(v.vanishing, 0) AS vanishing
  FROM unnest($1::uuid[]) AS z (id)
  LEFT JOIN LATERAL (
       SELECT * FROM zone_vanish(z.id, $2::bigint)
        WHERE EXISTS (SELECT FROM instances i WHERE i.zone_id = z.id
                         AND i.gone_first_seen_at IS NOT NULL AND i.status <> 'terminating')) v ON true;
