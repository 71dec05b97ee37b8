-- Addresses of an instance, live ones first.  $1 instance
SELECT id, provider_address_id, address, to_ms(created_at) AS created_at,
       to_ms(deleted_at) AS deleted_at, error_message
  FROM instance_addresses
 WHERE instance_id = $1::uuid
 ORDER BY deleted_at IS NOT NULL, created_at, id
