-- Commits it.
COMMIT;
