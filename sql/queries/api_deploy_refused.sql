-- A request that could not be accepted makes no instance; the journal knows of it.
-- $1 user · $2 correlation id · $3 error code · $4 message · $5 the request
INSERT INTO action_logs (action_type, component, status, user_id, correlation_id, error_code,
                         error_message, metadata, completed_at)
VALUES ('REQUEST_CREATE', 'api', 'failed', $1::uuid, $2::text, $3::text, $4::text, $5::jsonb,
        fleet_now())
