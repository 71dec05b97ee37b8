-- What each job last did.
SELECT j.job, to_ms(j.last_started_at) AS last_started_ms, to_ms(j.last_success_at) AS last_success_ms,
       j.failures_in_row, j.error_code, j.error_message
  FROM jobs j ORDER BY j.job;
