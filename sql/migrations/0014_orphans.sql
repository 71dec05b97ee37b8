-- Things at a provider that carry the fleet's tag, or hung on one that does, and belong to nobody:
-- found by the sweep of job-watch-dog, kept on record until they are proven gone.  A row stays when
-- it is over, for the record.

CREATE TABLE orphans (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id        uuid NOT NULL REFERENCES providers,
    zone_id            uuid NOT NULL REFERENCES zones,
    kind               text NOT NULL CHECK (kind IN ('server', 'volume', 'address')),
    ref                text NOT NULL,
    instance_id        uuid,                 -- that its tags name; perhaps none of this database
    parent_ref         text,                 -- volume, address: the machine that it hung on
    reason             text NOT NULL,
    verdict            text NOT NULL CHECK (verdict IN ('orphan', 'quarantined')),
    volume_type        text NOT NULL DEFAULT '',
    found_at           timestamptz NOT NULL DEFAULT fleet_now(),
    looked_at          timestamptz NOT NULL DEFAULT fleet_now(),
    gone_first_seen_at timestamptz,          -- first of two looks in vain
    gone_at            timestamptz,          -- ... and the second
    released_at        timestamptz,          -- it is somebody's after all, or to be kept
    delete_attempts    integer NOT NULL DEFAULT 0,
    delete_next_at     timestamptz,
    error_message      text,
    CHECK (gone_at IS NULL OR released_at IS NULL)
);
CREATE UNIQUE INDEX orphans_live ON orphans (provider_id, kind, ref)
    WHERE gone_at IS NULL AND released_at IS NULL;
CREATE INDEX orphans_zone ON orphans (zone_id, looked_at)
    WHERE gone_at IS NULL AND released_at IS NULL;
CREATE INDEX orphans_ref ON orphans (provider_id, ref);
CREATE INDEX orphans_parent ON orphans (provider_id, parent_ref) WHERE parent_ref IS NOT NULL;

INSERT INTO action_types (code, label, icon, color_class, category) VALUES
    ('ORPHAN_FOUND', 'Orphan found', 'search', 'bg-yellow-500', 'orphan'),
    ('ORPHAN_DELETED', 'Orphan gone', 'trash-2', 'bg-gray-500', 'orphan'),
    ('ORPHAN_RELEASED', 'No orphan any more', 'check', 'bg-gray-500', 'orphan');

-- Calls of zone jobs whose end is not known, those without a clear answer too: asked for each cycle.
DROP INDEX provider_operations_shard;
CREATE INDEX provider_operations_shard ON provider_operations (shard_job, provider_id, zone_id)
    WHERE shard_job IS NOT NULL
      AND (outcome IS NULL OR outcome = 'unknown' AND resolved_at IS NULL);
