-- What is paid for: one answer for everybody who asks.

-- Whether money runs for an instance, and if not, until when it did.  Money runs while anything is
-- rented: a machine on record, a volume, an address, a create that is open, unknown, or whose
-- machine is not proven gone.  What never was rented has cost nothing: until is its creation.
-- The instance's columns are handed in, as the caller has locked them.
CREATE FUNCTION instance_bill(instance uuid, status text, machine text, machine_gone boolean,
                              created_at timestamptz, terminated_at timestamptz,
                              machine_gone_at timestamptz)
RETURNS TABLE (billed boolean, until timestamptz) LANGUAGE sql STABLE AS $$
    SELECT rented.now,
           CASE WHEN rented.now THEN NULL
                WHEN $3 IS NULL AND v.last IS NULL AND a.last IS NULL AND c.made = 0 THEN $5
                ELSE coalesce($6, greatest(v.last, a.last, c.last, CASE WHEN $4 THEN $7 END), $7)
           END
      FROM (SELECT max(x.deleted_at) AS last, count(*) > count(x.deleted_at) AS live
              FROM instance_volumes x WHERE x.instance_id = $1) v
     CROSS JOIN (SELECT max(x.deleted_at) AS last, count(*) > count(x.deleted_at) AS live
                   FROM instance_addresses x WHERE x.instance_id = $1) a
     CROSS JOIN (SELECT max(p.gone_at) AS last,
                        count(*) FILTER (WHERE p.outcome IN ('ok', 'adopted')) AS made,
                        coalesce(bool_or(
                            p.outcome IS NULL
                            OR (p.outcome = 'unknown' AND p.resolved_at IS NULL)
                            OR (p.outcome IN ('ok', 'adopted') AND p.gone_at IS NULL)), false)
                            AS live
                   FROM provider_operations p
                  WHERE p.instance_id = $1 AND p.kind = 'server_create') c
     CROSS JOIN LATERAL (
           SELECT v.live OR a.live
                  OR (($3 IS NOT NULL AND NOT $4 OR c.live)
                      AND $2 NOT IN ('terminated', 'archived')) AS now) rented
$$;
