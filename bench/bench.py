#!/usr/bin/env python3
"""./dev bench [--write] [--runs N] [NAME...]: measures and prints a table.  Everything runs in
folders of its own on this machine's loopback and ends with it."""

import argparse
import os
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path[1:1] = [os.path.join(ROOT, "tests", "lib"), os.path.join(ROOT, "tests", "e2e", "lib"),
                 os.path.join(ROOT, "tools", "dev")]

import fleet  # noqa: E402
import heartbeats  # noqa: E402
import jobs  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import path  # noqa: E402
import test_services  # noqa: E402
from figure import markdown, print_table  # noqa: E402

PAGE = os.path.join(ROOT, "docs", "performance.md")
NAMES = ("heartbeats", "memory", "jobs", "claims", "path")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures: " + ", ".join(NAMES) + ".")
    parser.add_argument("names", nargs="*", metavar="NAME", help="all of them when none is named")
    parser.add_argument("--runs", type=int, default=5, help="of each figure (5)")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"no figure '{unknown[0]}'; there are: {' '.join(NAMES)}")
    return arguments


def measure(name, park, services, runs):
    if name in ("jobs", "claims"):
        function = jobs.measure_jobs if name == "jobs" else jobs.measure_claims
        return function(services(), runs)
    if name == "path":
        return path.measure(runs)
    return (heartbeats if name == "heartbeats" else memory).measure(park, runs)


def origin(name, runs, load):
    return (f"{machine.description()}, load before {load:.1f}; commit {machine.commit()}; "
            f"{time.strftime('%Y-%m-%d')}; `./dev bench --runs {runs} {name}`")


def write_page(name, text):
    """Replaces what stands between the page's marks for that name."""
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not pattern.search(page):
        raise RuntimeError(f"{PAGE} has no place for {name}")
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page))


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with fleet.Fleet() as park, test_services.Services() as servers:
        def services():
            if "TEST_DATABASE_URL" not in servers.environment:
                servers.start()
            return servers.environment

        for name in NAMES:
            if arguments.names and name not in arguments.names:
                continue
            load = os.getloadavg()[0]
            figures = measure(name, park, services, arguments.runs)
            told = origin(name, arguments.runs, load)
            print(f"\n{name}: {told}")
            print_table(figures)
            sys.stdout.flush()
            if arguments.write:
                write_page(name, f"{told}\n\n{markdown(figures)}")


if __name__ == "__main__":
    main()
