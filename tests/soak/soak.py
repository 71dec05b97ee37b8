#!/usr/bin/env python3
"""./dev soak [--minutes N] [--seed N]: rounds of chaos on one stack (tests/e2e/lib/chaos.py), each with a
new seed and weather of its own.  Ends with status 1 at the first round in which an instance is lost, doubled or
paid for after its end, and says where to look."""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "e2e", "lib"))

from chaos import SETTINGS, Weather, chaos_round  # noqa: E402
from stack import BUILD_DIR, Stack  # noqa: E402

TABLES = ("instances", "provider_operations", "action_logs", "job_shards", "alerts")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev soak", description="Chaos with new seeds, round after round.")
    parser.add_argument("--minutes", type=float, default=60, help="no round begins later than that (60)")
    parser.add_argument("--seed", type=int, help="of the first round; the next ones count on from it")
    return parser.parse_args()


def drawn(seed):
    """How many instances, and the weather."""
    dice = random.Random(seed)
    weather = Weather(errors=round(dice.uniform(0.05, 0.25), 2), lost=round(dice.uniform(0, 0.1), 2),
                      latency=dice.choice((50, 150, 300)), jitter=dice.choice((0, 50, 300)),
                      list_lag=dice.choice((0, 0, 0.5)), kill_seconds=dice.choice((3, 5, 8)))
    return dice.randint(5, 30), weather._replace(jitter=min(weather.latency, weather.jitter))


def keep_what_is_known(stack, seed):
    """The logs and what is on record, where they stay."""
    folder = os.path.join(BUILD_DIR, "soak-logs", f"seed-{seed}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(stack.run_dir, "log"), folder)
    for table in TABLES:
        rows = stack.database.rows(f"SELECT to_jsonb(t) FROM {table} t")
        with open(os.path.join(folder, table + ".jsonl"), "w", encoding="utf-8") as file:
            file.writelines(row[0] + "\n" for row in rows)
    with open(os.path.join(folder, "bill.json"), "w", encoding="utf-8") as file:
        json.dump(stack.cloud.bill(), file, indent=1)
    return folder


def run_round(stack, seed):
    count, weather = drawn(seed)
    told = " ".join(f"{name}={value:g}" for name, value in weather._asdict().items())
    print(f"{time.strftime('%H:%M:%S')} seed {seed}: {count} instances, {told}", end="", flush=True)
    seen = chaos_round(stack, seed, count, weather)
    print(f": {count} ready in {seen.ready_seconds:.0f} s, {count} terminated in {seen.over_seconds:.0f} s, "
          f"{seen.kills} kills, {sum(seen.faults.values()) - seen.faults['latency']} faults, bill 0, "
          "invariants hold", flush=True)
    return seen


def soak(stack, first_seed, until):
    """The number of rounds; None after one that failed."""
    rounds = 0
    while not rounds or time.monotonic() < until:
        seed = first_seed + rounds
        try:
            run_round(stack, seed)
        except Exception as error:  # whatever it is: the round did not end as it should
            print(f"\nVIOLATED: {error}\n", flush=True)
            print(f"The logs and what is on record: {keep_what_is_known(stack, seed)}")
            print(f"The same faults again: ./dev soak --minutes 0 --seed {seed}", flush=True)
            return None
        rounds += 1
    return rounds


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    begun = time.monotonic()
    with Stack(**SETTINGS) as stack:
        rounds = soak(stack, seed, begun + 60 * arguments.minutes)
    minutes = (time.monotonic() - begun) / 60
    if rounds is None:
        return 1
    print(f"{rounds} rounds in {minutes:.0f} minutes; nothing doubled, nothing leaked, nothing forgotten")
    return 0


if __name__ == "__main__":
    sys.exit(main())
