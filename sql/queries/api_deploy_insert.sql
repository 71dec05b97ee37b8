-- An accepted request: the instance, its heartbeat row, the journal's row, the command.
-- $1 instance · $2 provider · $3 zone · $4 type · $5 model · $6 user · $7 correlation id
-- $8 longest stay in provisioning, ms · $9 the request, for the journal
WITH made AS (
    INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id,
                           created_by, correlation_id, deadline_at)
    VALUES ($1::uuid, $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::text,
            fleet_now() + ms($8::bigint))
), beats AS (
    INSERT INTO worker_heartbeats (instance_id) VALUES ($1::uuid)
), told AS (
    INSERT INTO outbox (instance_id, type, body)
    VALUES ($1::uuid, 'CMD:PROVISION', jsonb_build_object(
                'instance_id', $1::uuid, 'provider_id', $2::uuid, 'zone_id', $3::uuid,
                'instance_type_id', $4::uuid, 'model_id', $5::uuid,
                'zone', (SELECT code FROM zones WHERE id = $3::uuid),
                'instance_type', (SELECT code FROM instance_types WHERE id = $4::uuid),
                'correlation_id', $7::text))
)
INSERT INTO action_logs (action_type, component, status, instance_id, user_id, correlation_id,
                         rule, instance_status_after, metadata, completed_at)
VALUES ('REQUEST_CREATE', 'api', 'success', $1::uuid, $6::uuid, $7::text, 'requested',
        'provisioning', $9::jsonb, fleet_now())
