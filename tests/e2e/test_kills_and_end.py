#!/usr/bin/env python3
"""An instance is to end while the orchestrator that works at it is dead, or stopped for two leases, at
each point of each call on the way to ready; the provider's lists lag meanwhile.  Nothing leaks.

With CI=true or INVENTIV_TEST_ALL in the environment all pairs are walked; else each point and each call
once with each signal."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run  # noqa: E402
from kill_walk import Walk, batches, pair_name, pairs_of  # noqa: E402

LIST_LAG_SECONDS = 3


def main():
    pairs = pairs_of("first", "birth", "reinstall")
    fresh = sum(pair.call.scenario == "first" for pair in pairs)
    with Run() as run:
        with Walk(terminate_at_once=True, list_lag=LIST_LAG_SECONDS, zones=2 * fresh) as walk:
            run.after_each(walk.stack.expect_invariants)
            for scenario, batch in batches(pairs):
                names = "; ".join(pair_name(pair) for pair in batch)
                run.test(f"terminated, and nothing is rented: {names}", walk.walk, scenario, batch)


if __name__ == "__main__":
    main()
