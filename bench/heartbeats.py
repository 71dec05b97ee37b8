"""heartbeats: how many are accepted and visible a second, and what one costs."""

import json
import time
import urllib.parse

import fleet
import machine
import watchers
from figure import Figure

CONNECTIONS = 64
SECONDS = 4
WARM_SECONDS = 10
SIZES = {600: {"rate": 45000, "api_us": 20}, 1200: {"rate": 30000, "api_us": 28}}
DATABASE_US = 7
P99_MS = 10
FIXED_RATE = 10000
FIXED_SECONDS = 10
WATCHERS = 2000


def beat(park, size, seconds, rate=0):
    port = urllib.parse.urlsplit(park.stack.values["API_URL"]).port
    lines = fleet.output([fleet.program("beats"), str(port), park.tokens, str(size), str(CONNECTIONS),
                          str(seconds), str(rate)])
    return json.loads(lines[-1])


def family_difference(before, after):
    return sum(used - before.get(pid, 0) for pid, used in after.items())


def expect_visible(park, since, accepted):
    seen = int(park.stack.database.value(
        f"SELECT count(*) FROM worker_heartbeats WHERE last_heartbeat >= to_timestamp({since:.3f})"))
    if seen < min(accepted, fleet.WORKERS):
        raise RuntimeError(f"{accepted} heartbeats were accepted and {seen} workers' are visible")


def run_once(park, size, seconds, rate=0):
    """What the generator tells, with the CPU time of the API and of the database, in us a beat, and
    the cores that others used meanwhile."""
    api, postgres = park.stack.pid("api"), park.stack.pid("postgres")
    since = float(park.stack.database.value("SELECT extract(epoch FROM fleet_now())"))
    busy, api_before = machine.busy_seconds(), machine.cpu_seconds(api)
    before, started = machine.family_cpu_seconds(postgres), time.monotonic()
    told = beat(park, size, seconds, rate)
    took = time.monotonic() - started
    database = family_difference(before, machine.family_cpu_seconds(postgres))
    api_used = machine.cpu_seconds(api) - api_before
    others = machine.busy_seconds() - busy - database - api_used - told["cpu_s"]
    if told["refused"]:
        raise RuntimeError(f"{told['refused']} heartbeats were refused")
    expect_visible(park, since, told["accepted"])
    return {**told, "rate": told["accepted"] / told["seconds"], "api_us": api_used / told["accepted"] * 1e6,
            "database_us": database / told["accepted"] * 1e6, "beats_us": told["cpu_s"] / told["accepted"] * 1e6,
            "others": others / took}


def beside(runs):
    others = sorted(run["others"] for run in runs)
    return f"others used {others[0]:.2f}..{others[-1]:.2f} cores"


def figures_of_size(park, size, goals, runs):
    beat(park, size, WARM_SECONDS)  # what is told about the machines goes on record
    told = [run_once(park, size, SECONDS) for _ in range(runs)]
    name = f"heartbeats of {told[0]['body_bytes']} B, {CONNECTIONS} connections"

    def pick(key):
        return [run[key] for run in told]

    yield Figure(name, "accepted and visible a second", pick("rate"), ("at least", goals["rate"]), beside(told))
    yield Figure(name, "p99, ms", pick("p99_ms"), ("at most", P99_MS))
    yield Figure(name, "CPU of the API, us each", pick("api_us"), ("at most", goals["api_us"]))
    yield Figure(name, "CPU of the database, us each", pick("database_us"), ("at most", DATABASE_US))
    yield Figure(name, "CPU of the generator, us each", pick("beats_us"))


def figures_at_fixed_rate(park, runs, what=""):
    told = [run_once(park, 600, FIXED_SECONDS, FIXED_RATE) for _ in range(runs)]
    name = f"heartbeats of 600 B at {FIXED_RATE}/s{what}"
    return [Figure(name, "p99, ms", [run["p99_ms"] for run in told], ("at most", P99_MS), beside(told)),
            Figure(name, "accepted and visible a second", [run["rate"] for run in told],
                   ("at least", FIXED_RATE * 0.99)),
            Figure(name, "CPU of the API, us each", [run["api_us"] for run in told])]


def measure(park, runs):
    park.start()
    figures = []
    for size, goals in SIZES.items():
        figures += figures_of_size(park, size, goals, runs)
    figures += figures_at_fixed_rate(park, min(runs, 3))
    with watchers.Watchers(park.stack.client(), WATCHERS) as open_streams:
        figures += figures_at_fixed_rate(park, min(runs, 3), f", {WATCHERS} event streams")
        used = machine.resident_mib(park.stack.pid("api"))
    if open_streams.ended:
        raise RuntimeError(f"{open_streams.ended} event streams ended by themselves")
    figures.append(Figure(f"{WATCHERS} event streams", "memory of the API, MiB", [used]))
    return figures
