-- Machines that are gone from the provider behind our back: what was looked for in vain, what an
-- operator confirmed, and what a zone's guard against mass vanishing counts.

ALTER TABLE instances
    ADD COLUMN gone_looks          integer NOT NULL DEFAULT 0,  -- in vain, since gone_first_seen_at
    ADD COLUMN sightings           integer NOT NULL DEFAULT 0,   -- facts written without a lease
    ADD COLUMN vanished_at         timestamptz,                  -- concluded, by server_vanished
    ADD COLUMN vanish_confirmed_ref text;                        -- the machine an operator gave up

-- All machines on record there that a list asked for then does not show were looked up since.
ALTER TABLE zones ADD COLUMN watched_at timestamptz;

CREATE INDEX instances_absent ON instances (zone_id)
    WHERE gone_first_seen_at IS NOT NULL AND status <> 'terminating';
CREATE INDEX instances_vanished ON instances (zone_id, vanished_at) WHERE vanished_at IS NOT NULL;

-- Of a zone: machines that can vanish or did so lately, and how many of these are absent or did.
-- Nobody's wish ended them, and no operator has confirmed that they are gone.
CREATE FUNCTION zone_vanish(zone uuid, window_ms bigint)
RETURNS TABLE (machines bigint, vanishing bigint) LANGUAGE sql STABLE AS $$
    SELECT present.machines + lately.count, present.absent + lately.count
      FROM (SELECT count(*) AS machines, count(i.gone_first_seen_at) AS absent
              FROM instances i
             WHERE i.zone_id = $1
               AND CASE WHEN i.id = i.root_id THEN i.desired
                        ELSE (SELECT r.desired FROM instances r WHERE r.id = i.root_id)
                   END <> 'terminated'
               AND i.status IN (SELECT m.status FROM matrix m
                                 WHERE m.event = 'server_vanished' AND m.effect = 'transition')
               AND i.provider_instance_id IS NOT NULL AND NOT i.machine_gone
               AND i.vanish_confirmed_ref IS DISTINCT FROM i.provider_instance_id) present
     CROSS JOIN (SELECT count(*) AS count FROM instances i
                  WHERE i.zone_id = $1 AND i.vanished_at > fleet_now() - ms($2)
                    AND i.vanish_confirmed_ref IS DISTINCT FROM i.provider_instance_id) lately
$$;

INSERT INTO action_types (code, label, icon, color_class, category) VALUES
    ('CONFIRM_VANISHED', 'Confirmed as gone', 'user-check', 'bg-orange-500', 'terminate');
