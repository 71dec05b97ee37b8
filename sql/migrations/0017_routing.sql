-- What GET /routing asks for, and whether a zone that rested for a quota works again.

-- The ready instances of one model, however large the fleet.
CREATE INDEX instances_routable ON instances (model_id, id) WHERE status = 'ready';

-- The last create in a zone that went well.
CREATE INDEX provider_operations_created ON provider_operations (zone_id, ended_at)
    WHERE kind = 'server_create' AND outcome = 'ok';
