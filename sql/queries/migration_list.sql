-- In the order in which they were applied, which is that of their numbers.
SELECT name, digest FROM schema_migrations ORDER BY name COLLATE "C";
