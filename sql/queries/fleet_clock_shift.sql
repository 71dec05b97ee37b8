-- How far the fleet's clock is shifted, in ms; 0 but in tests.
SELECT (extract(epoch FROM shift) * 1000)::bigint AS shift_ms FROM fleet_clock;
