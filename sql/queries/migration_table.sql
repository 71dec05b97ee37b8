-- What was applied; made by whoever migrates first, so it is no migration itself.
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    digest     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
