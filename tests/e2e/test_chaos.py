#!/usr/bin/env python3
"""Thirty instances while a fifth of the provider's calls fail, one in twenty loses its reply, each takes
300 +- 300 ms, and an orchestrator is killed every five seconds."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from chaos import SETTINGS, Weather, chaos_round  # noqa: E402
from checks import Run  # noqa: E402
from stack import Stack  # noqa: E402

INSTANCES = 30
WEATHER = Weather(errors=0.2, lost=0.05, latency=300, jitter=300, list_lag=0, kill_seconds=5)


def main():
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    print(f"seed {seed}: CHAOS_SEED={seed} draws the same faults again", flush=True)
    with Run() as run, Stack(**SETTINGS) as stack:
        seen = run.test(f"{INSTANCES} instances become ready and are given back, whatever fails",
                        chaos_round, stack, seed, INSTANCES, WEATHER)
        if seen:
            print(f"ready after {seen.ready_seconds:.0f} s, over after {seen.over_seconds:.0f} s more; "
                  f"{seen.kills} kills; faults: {seen.faults}", flush=True)
            run.check("an orchestrator was killed now and then", seen.kills >= 4, f"{seen.kills} kills")
            run.check("every fault happened", all(seen.faults.values()), str(seen.faults))


if __name__ == "__main__":
    main()
