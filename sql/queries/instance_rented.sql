-- Volumes and addresses on record that are not proven gone.   $1 instance ids
SELECT asked.place - 1 AS place, 'volume' AS kind, v.provider_volume_id AS ref, v.volume_type,
       v.size_bytes, v.is_boot, NOT v.delete_on_terminate AS keep,
       to_ms(v.gone_first_seen_at) AS gone_first_seen_ms, v.delete_attempts,
       to_ms(v.delete_next_at) AS delete_next_ms, v.created_at
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
  JOIN instance_volumes v ON v.instance_id = asked.id AND v.deleted_at IS NULL
UNION ALL
SELECT asked.place - 1, 'address', a.provider_address_id, '', 0, false, false,
       to_ms(a.gone_first_seen_at), a.delete_attempts, to_ms(a.delete_next_at), a.created_at
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
  JOIN instance_addresses a ON a.instance_id = asked.id AND a.deleted_at IS NULL
 ORDER BY place, kind DESC, created_at, ref;
