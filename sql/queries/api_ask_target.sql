-- Where an instance's own engine answers: its address and port on record.  $1 instance
SELECT i.id, i.status, host(i.ip_address) AS ip_address, p.engine_port, m.model_id AS model
  FROM instances i
  JOIN providers p ON p.id = i.provider_id
  JOIN models m ON m.id = i.model_id
 WHERE i.id = $1::uuid
