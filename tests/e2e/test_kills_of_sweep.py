#!/usr/bin/env python3
"""One orchestrator is killed, or stopped for two leases, at each point of each call by which the sweep gives
back a second machine, while another runs: that machine goes, the one on record serves.

With CI=true or INVENTIV_TEST_ALL in the environment all pairs are walked; else each point and each
call once with each signal."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run  # noqa: E402
from kill_walk import Walk, batches, pair_name, pairs_of  # noqa: E402


def main():
    with Run() as run, Walk() as walk:
        run.after_each(walk.stack.expect_invariants)
        for scenario, batch in batches(pairs_of("orphan")):
            names = "; ".join(pair_name(pair) for pair in batch)
            run.test(f"the second machine goes, the first serves: {names}", walk.walk, scenario, batch)


if __name__ == "__main__":
    main()
