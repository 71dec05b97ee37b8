-- Between two cases: no instance, no failed login, nothing in the journal.
TRUNCATE instances, action_logs, worker_tokens, worker_heartbeats, worker_metadata,
         instance_volumes, instance_addresses, provider_operations, login_failures CASCADE;
