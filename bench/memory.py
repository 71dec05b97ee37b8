"""memory: what each process keeps resident, idle and with a hundred thousand workers."""

import time

import fleet
import heartbeats
from figure import Figure

GOAL = ("at most", 64)
GOALS = {"api": GOAL, "orchestrator": GOAL, "mockcloud": None}
SETTLE_SECONDS = 5
CYCLES_SECONDS = 30


def measure(park, runs):
    del runs  # memory does not vary
    park.start()
    heartbeats.beat(park, 600, heartbeats.WARM_SECONDS)
    database = park.stack.database
    park.stack.start("mockcloud", "orchestrator")
    park.stack.wait_probe("orchestrator", "/readyz", 200)
    time.sleep(SETTLE_SECONDS)
    loaded = fleet.memory_of(park.stack)
    database.rows("SELECT bench_due(2000)")
    time.sleep(CYCLES_SECONDS)
    working = fleet.memory_of(park.stack)
    park.stack.stop("orchestrator", "mockcloud")
    return [Figure(f"memory of {part}, {when}", "MiB", [used[part]], goal)
            for part, goal in GOALS.items()
            for when, used in (("idle", park.idle_mib), ("100 000 workers", loaded),
                               ("... and 2 000 due at once", working))]
