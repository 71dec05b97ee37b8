-- Gives it up.
ROLLBACK;
