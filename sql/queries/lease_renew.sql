-- Renews leases that are still ours; returns those that are.   $1 [{instance_id, token}]  $2 lease in ms
UPDATE instances i SET lease_until = fleet_now() + ms($2::bigint)
  FROM jsonb_to_recordset($1::jsonb) AS x (instance_id uuid, token bigint)
 WHERE i.id = x.instance_id AND i.fencing_token = x.token AND i.lease_until > fleet_now()
RETURNING i.id;
