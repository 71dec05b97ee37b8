-- Volumes of an instance, live ones first; reconciled once proven gone.  $1 instance
SELECT id, provider_volume_id, name, volume_type, round(size_bytes / 1e9)::bigint AS size_gb,
       is_boot, status, delete_on_terminate, to_ms(created_at) AS created_at,
       to_ms(attached_at) AS attached_at, to_ms(deleted_at) AS deleted_at,
       to_ms(deleted_at) AS reconciled_at,
       to_ms(last_reconciliation) AS last_reconciliation, error_message
  FROM instance_volumes
 WHERE instance_id = $1::uuid
 ORDER BY deleted_at IS NOT NULL, created_at, id
