-- Finds the windows that are over, to remove them.
CREATE INDEX login_failures_window ON login_failures (window_since);
