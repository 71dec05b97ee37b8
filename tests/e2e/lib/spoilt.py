"""spoilt: ways to spoil a database, each with a word of the invariant that must notice.  {over} is an
instance that is over, {ready} one that is ready."""

UNGUARDED = "ALTER TABLE instances DISABLE TRIGGER USER; "

# That machine, found two minutes ago and looked at so long ago.
ORPHAN = ("INSERT INTO orphans (provider_id, zone_id, kind, ref, reason, verdict, found_at, looked_at)"
          " SELECT provider_id, zone_id, 'server', %s, 'spoilt', 'orphan', fleet_now() - interval '2 min',"
          " fleet_now() - interval '%s' FROM instances WHERE id = '{ready}'")

SPOILT = {
    "UPDATE instances SET machine_gone = false WHERE id = '{over}'": "machine on record that is not",
    "UPDATE instance_volumes SET deleted_at = NULL WHERE instance_id = '{over}'": "has a volume",
    "UPDATE instance_addresses SET deleted_at = NULL WHERE instance_id = '{over}'": "has an address",
    "UPDATE provider_operations SET gone_at = NULL WHERE instance_id = '{over}'": "has a create",
    "UPDATE provider_operations SET outcome = 'unknown', provider_ref = NULL, resolved_at = NULL"
    " WHERE instance_id = '{over}' AND kind = 'server_create'": "has a create",
    "UPDATE provider_operations SET outcome = NULL, ended_at = NULL, send_by = fleet_now() - interval '1 min'"
    " WHERE instance_id = '{ready}' AND kind = 'server_poweron'": "can no longer be sent",
    "UPDATE provider_operations SET outcome = NULL, ended_at = NULL"
    " WHERE instance_id = '{over}' AND kind = 'server_delete'": "an operation without an outcome",
    "UPDATE worker_tokens SET revoked_at = NULL WHERE instance_id = '{over}'": "spoken for",
    "UPDATE worker_heartbeats SET last_heartbeat = fleet_now() + interval '1 s'"
    " WHERE instance_id = '{over}'": "was heard after",
    "UPDATE worker_heartbeats SET bearers = '{{}}' WHERE instance_id = '{ready}'": "is judged by",
    "UPDATE worker_heartbeats SET metadata_hash = 0 WHERE instance_id = '{ready}'": "is judged by",
    "UPDATE worker_heartbeats SET generation = 0 WHERE instance_id = '{ready}'": "ever beat",
    "UPDATE instances SET error_code = 'HEARTBEAT_TIMEOUT' WHERE id = '{ready}'": "carries an error",
    UNGUARDED + "UPDATE instances SET status = 'booting', next_run_at = NULL,"
    " deadline_at = fleet_now() WHERE id = '{ready}'": "is never due",
    UNGUARDED + "UPDATE instances SET status = 'booting', next_run_at = fleet_now() - interval '1 min',"
    " deadline_at = fleet_now() WHERE id = '{ready}'": "was left alone",
    UNGUARDED + "UPDATE instances SET status = 'booting', next_run_at = fleet_now() + interval '1 min',"
    " deadline_at = fleet_now() + interval '1 s' WHERE id = '{ready}'": "later than its deadline",
    UNGUARDED + "UPDATE instances SET status = 'booting', next_run_at = fleet_now(),"
    " deadline_at = fleet_now() - interval '1 min' WHERE id = '{ready}'": "past its deadline",
    UNGUARDED + "UPDATE instances SET status = 'failed', next_run_at = NULL, deadline_at = fleet_now()"
    " WHERE id = '{ready}'": "nobody will come",
    UNGUARDED + "UPDATE instances SET status = 'startup_failed' , deadline_at = fleet_now(), error_code = NULL"
    " WHERE id = '{ready}'": "does not say why",
    UNGUARDED + "UPDATE instances SET status = 'unavailable', next_run_at = fleet_now(),"
    " deadline_at = fleet_now() WHERE id = '{ready}'": "not the last that the journal",
    "UPDATE instances SET provider_instance_id = (SELECT provider_instance_id FROM instances"
    " WHERE id = '{ready}') WHERE id = '{over}'": "one machine is on record of two",
    "INSERT INTO action_logs (action_type, component, status, instance_id)"
    " VALUES ('REQUEST_TERMINATE', 'api', 'success', '{ready}')": "accepted termination",
    "INSERT INTO action_logs (action_type, component, status, instance_id)"
    " VALUES ('REQUEST_DRAIN', 'api', 'success', '{ready}')": "accepted drain",
    "UPDATE instances SET wanted_generation = 2 WHERE id = '{ready}'": "accepted reinstallation",
    "UPDATE instances SET archive_wanted = true WHERE id = '{over}'": "accepted archiving",
    "DELETE FROM action_logs WHERE instance_id = '{ready}' AND action_type = 'REQUEST_CREATE'":
        "an instance no request",
    "UPDATE action_logs SET rule = 'drained' WHERE instance_id = '{ready}' AND rule = 'server_started'":
        "not in the matrix",
    "DELETE FROM action_logs WHERE instance_id = '{over}' AND rule = 'terminate_requested'": "skips",
    ORPHAN % ("provider_instance_id", "1 min"): "that its instance looks after",
    ORPHAN % ("'a machine'", "2 min"): "nobody has looked at it",
    ORPHAN % ("'a machine'", "1 s"): "nobody is told",
    "DELETE FROM outbox WHERE instance_id = '{over}' AND type LIKE '%STOP'": "not to have ceased to",
    "DELETE FROM outbox WHERE instance_id = '{ready}' AND type LIKE '%START'": "not told to cost money",
    "UPDATE outbox SET occurred_at = '2001-01-01' WHERE instance_id = '{over}' AND type LIKE '%STOP'":
        "earlier than it began",
    "UPDATE outbox SET published_at = NULL WHERE instance_id = '{over}' AND type LIKE '%START'":
        "before an older one",
}
