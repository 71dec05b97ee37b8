-- Ends the work on zones: fenced; settles their operations, keeps what was learned of the fleet's
-- security group, releases the leases.
--   $1 [{job, provider_id, zone_id, token, next_run_ms, failed, error_code, message, group_ref,
--        group_ready}]
--   $2 [{zone_id, op_id, kind}] marks
WITH d AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS x (
        job text, provider_id uuid, zone_id uuid, token bigint, next_run_ms bigint, failed boolean,
        error_code text, message text, group_ref text, group_ready boolean)),
applied AS (
    UPDATE job_shards s
       SET next_run_at = from_ms(d.next_run_ms), lease_until = '-infinity', lease_owner = NULL,
           attempts = CASE WHEN d.failed THEN s.attempts ELSE 0 END,
           last_ok_at = CASE WHEN d.failed THEN s.last_ok_at ELSE fleet_now() END,
           error_code = nullif(d.error_code, ''),
           error_message = CASE WHEN d.failed THEN d.message END
      FROM d
     WHERE s.job = d.job AND s.provider_id = d.provider_id AND s.zone_id = d.zone_id
       AND s.fencing_token = d.token
    RETURNING s.zone_id, d.group_ref, d.group_ready),
groups AS (
    UPDATE zones z
       SET security_group_ref = coalesce(nullif(a.group_ref, ''), z.security_group_ref),
           security_group_ready_at = CASE WHEN a.group_ready THEN fleet_now()
                                          ELSE z.security_group_ready_at END
      FROM applied a
     WHERE z.id = a.zone_id AND (a.group_ready OR a.group_ref <> '')),
operations AS (
    UPDATE provider_operations o
       SET outcome = CASE WHEN m.kind = 'empty_look' THEN o.outcome
                          ELSE coalesce(o.outcome, 'closed') END,
           ended_at = CASE WHEN m.kind = 'empty_look' THEN o.ended_at
                           ELSE coalesce(o.ended_at, fleet_now()) END,
           resolved_at = CASE WHEN m.kind = 'empty_look' THEN o.resolved_at ELSE fleet_now() END,
           first_empty_look_at = CASE WHEN m.kind = 'empty_look' THEN fleet_now()
                                      ELSE o.first_empty_look_at END
      FROM jsonb_to_recordset($2::jsonb) AS m (zone_id uuid, op_id uuid, kind text)
      JOIN applied a ON a.zone_id = m.zone_id
     WHERE o.op_id = m.op_id)
SELECT zone_id FROM applied;
