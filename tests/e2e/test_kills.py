#!/usr/bin/env python3
"""One orchestrator is killed, or stopped for two leases, at each point of each mutating call, while
another runs: one machine in the end, it serves, the bill is right, and all is given back.

With CI=true or INVENTIV_TEST_ALL in the environment all pairs are walked; else each point and each call
once with each signal."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal  # noqa: E402
from kill_walk import (  # noqa: E402
    CALLS, NEVER_ASKED, Walk, batches, kinds_asked_for, kinds_declared, pair_name, pairs_of,
)


def every_kind_is_walked():
    walked = {call.kind for call in CALLS}
    equal(kinds_asked_for(), walked, "the kinds of calls that the code asks for, against those walked")
    equal(walked | NEVER_ASKED, set(kinds_declared().values()), "the kinds known here, against operation.h")


def nothing_else_was_called(stack):
    called = {kind for kind, in stack.database.rows("SELECT DISTINCT kind FROM provider_operations")}
    equal(called, {call.kind for call in CALLS}, "the kinds of calls on record, against those walked")


def main():
    pairs = pairs_of("first", "birth", "reinstall", "end")
    fresh = sum(pair.call.scenario == "first" for pair in pairs)
    with Run() as run:
        run.test("each kind of call is walked, or nothing asks for it", every_kind_is_walked)
        with Walk(zones=2 * fresh) as walk:
            run.after_each(walk.stack.expect_invariants)
            for scenario, batch in batches(pairs):
                names = "; ".join(pair_name(pair) for pair in batch)
                run.test(f"one machine, ready, then given back: {names}", walk.walk, scenario, batch)
            run.test("no other call was made than those walked", nothing_else_was_called, walk.stack)


if __name__ == "__main__":
    main()
