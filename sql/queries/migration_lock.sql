-- Whoever migrates holds this lock until its session ends; the others wait here.
SELECT pg_advisory_lock(hashtextextended('inventiv schema', 0));
