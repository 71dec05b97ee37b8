-- The fleet itself: its identity, its clock, and who is keeping it.

-- One row.  The shift is for tests; a process refuses a shifted clock unless told to allow it.
CREATE TABLE fleet_clock (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    shift interval NOT NULL DEFAULT '0'
);
INSERT INTO fleet_clock DEFAULT VALUES;

-- The only clock of stored times.  STABLE, so that indexes serve comparisons with it.
CREATE FUNCTION fleet_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT statement_timestamp() + (SELECT shift FROM fleet_clock)
$$;

-- Milliseconds since 1970 of a stored time, as C sees it; null for null and for infinities.
CREATE FUNCTION to_ms(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN isfinite(t) THEN (extract(epoch FROM t) * 1000)::bigint END
$$;
CREATE FUNCTION from_ms(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(ms / 1000.0)
$$;
CREATE FUNCTION ms(length bigint) RETURNS interval LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT length * interval '1 millisecond'
$$;

-- One row: fleet_id is in every tag; the system identifier tells a copy of the database from the
-- original.
CREATE TABLE fleet (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    fleet_id          uuid NOT NULL DEFAULT gen_random_uuid(),
    system_identifier bigint NOT NULL,
    sweeps_armed      boolean NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT fleet_now()
);

-- One row: when some orchestrator last decided anything, and since when without a pause.
CREATE TABLE decision_pulse (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    beat_at    timestamptz NOT NULL DEFAULT fleet_now(),
    running_since timestamptz NOT NULL DEFAULT fleet_now()
);
INSERT INTO decision_pulse DEFAULT VALUES;
INSERT INTO fleet (system_identifier) SELECT system_identifier FROM pg_control_system();
