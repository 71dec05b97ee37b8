-- What somebody should know of: opened, touched and resolved by the jobs that see it.

CREATE TABLE alerts (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL,                              -- src/domain/alert.h
    fingerprint     text NOT NULL,                              -- name and what it is about
    severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    status          text NOT NULL DEFAULT 'open'
                    CHECK (status IN ('open', 'acknowledged', 'resolved')),
    provider_id     uuid REFERENCES providers,
    zone_id         uuid REFERENCES zones,
    instance_id     uuid REFERENCES instances,
    labels          jsonb NOT NULL DEFAULT '{}',
    summary         text NOT NULL,                              -- what is seen, and what to do
    correlation_id  text,
    opened_at       timestamptz NOT NULL DEFAULT fleet_now(),
    touched_at      timestamptz NOT NULL DEFAULT fleet_now(),   -- last seen to be so
    occurrences     bigint NOT NULL DEFAULT 1,
    acknowledged_at timestamptz,
    acknowledged_by uuid REFERENCES users,
    resolved_at     timestamptz,
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX alerts_one_open ON alerts (fingerprint) WHERE status <> 'resolved';
CREATE INDEX alerts_opened ON alerts (opened_at DESC, id);
