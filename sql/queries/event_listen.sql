-- The event feed's connection hears of every transaction that wrote events.
LISTEN inventiv_events
