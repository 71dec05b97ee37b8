-- The settings of the connection that writes heartbeats.  Nothing else may lose the last moments
-- before a crash; and rows are to be found by their keys, in the order of the batch, so that two
-- processes lock them in the same order.
SELECT set_config('synchronous_commit', 'off', false),
       set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),
       set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)
