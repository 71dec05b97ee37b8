-- How many things are paid for in zones and belong to nobody.   $1 [{place, zone_id}]
SELECT z.place, count(o.id) AS things
  FROM jsonb_to_recordset($1::jsonb) AS z (place integer, zone_id uuid)
  LEFT JOIN orphans o ON o.zone_id = z.zone_id AND o.gone_at IS NULL AND o.released_at IS NULL
 GROUP BY z.place;
