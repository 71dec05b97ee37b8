"""jobs: what a cycle of each job costs as the fleet grows; and claiming and applying alone."""

import json
import os

import fleet
from figure import Figure

SIZES = (1000, 10000, 100000)
DUE = 100
EMPTY_ROWS = 20000
BATCH = 64
EMPTY_RATE = 20000
RATIO = 2


def cycles(environment, *arguments):
    sql = os.path.join(fleet.HERE, "fleet.sql")
    return [json.loads(line)
            for line in fleet.output([fleet.program("cycles"), sql, *map(str, arguments)], environment)]


def measure_jobs(environment, runs):
    """Three sizes; the last two are held against the first."""
    figures, first = [], {}
    for size in SIZES:
        for told in cycles(environment, "jobs", size, DUE, runs):
            figure = Figure(f"{told['job']}, {size} present, {told['claimed']} due", "ms a cycle", told["ms"],
                            note=f"{told['statements']} statements")
            smallest = first.setdefault(told["job"], (figure, told["statements"]))
            figures.append(figure)
            if size != SIZES[0]:
                figure.goal = ("at most", RATIO * smallest[0].median)
                figures.append(Figure(f"{told['job']}, {size} present", "statements", [told["statements"]],
                                      ("at most", smallest[1])))
    return figures


def measure_claims(environment, runs):
    told = [cycles(environment, "empty", EMPTY_ROWS, BATCH)[0] for _ in range(runs)]
    return [Figure(f"claim and apply, batches of {BATCH}", "rows a second",
                   [run["rows"] / run["seconds"] for run in told], ("at least", EMPTY_RATE),
                   "one connection, one batch after the other")]
