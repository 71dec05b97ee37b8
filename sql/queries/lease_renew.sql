-- Renews leases that are still ours; returns those that are.   $1 [{instance_id, token}]  $2 lease in ms
WITH held AS MATERIALIZED ( -- In the order in which everybody locks: roots first.
    SELECT i.id
      FROM jsonb_to_recordset($1::jsonb) AS x (instance_id uuid, token bigint)
      JOIN instances i ON i.id = x.instance_id
     WHERE i.fencing_token = x.token AND i.lease_until > fleet_now()
     ORDER BY i.root_id, i.id <> i.root_id, i.id FOR NO KEY UPDATE OF i)
UPDATE instances i SET lease_until = fleet_now() + ms($2::bigint)
  FROM held WHERE i.id = held.id
RETURNING i.id;
