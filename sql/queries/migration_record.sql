-- $1 name  $2 digest
INSERT INTO schema_migrations (name, digest) VALUES ($1, $2);
