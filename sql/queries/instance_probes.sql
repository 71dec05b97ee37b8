-- The last result of each probe.   $1 instance ids
SELECT asked.place - 1 AS place, r.probe, r.generation, to_ms(r.at) AS at_ms, r.ok
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
  JOIN probe_results r ON r.instance_id = asked.id
 ORDER BY asked.place;
