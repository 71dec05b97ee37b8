#!/usr/bin/env python3
"""./dev test [GROUP...]: builds, starts a PostgreSQL and a Redis for the tests, runs the groups and
sums up.  A group is a suite of the C tests (tests/GROUP/meson.build) together with the Python
programs tests/GROUP/test_*.py.  Each program ends with a line `N passed, N failed`; one that does not,
or dies, or runs too long, counts as one failure."""

import argparse
import concurrent.futures
import os
import sys
import time

import test_build
import test_groups
import test_report
import test_services

# For people; where CI=true, tests that have a longer version run that.
CEILING_SECONDS = 2700 if os.environ.get("CI") == "true" else 600
# The end-to-end tests mostly wait; beside them the others run, one group after the other.
GROUPS_AT_ONCE = 2


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev test", description="Runs the tests.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help="all of them when none is named")
    parser.add_argument("--list", action="store_true", help="name the groups and their programs")
    return parser.parse_args()


def chosen(names, groups):
    unknown = [name for name in names if name not in groups]
    if unknown:
        known = " ".join(groups)
        sys.exit(f"dev: no test group '{unknown[0]}'; there are: {known}")
    return [groups[name] for name in groups if not names or name in names]


def run(groups, report, deadline):
    with test_services.Services() as services:
        if any(group.needs_database for group in groups):
            services.start()
        with concurrent.futures.ThreadPoolExecutor(GROUPS_AT_ONCE) as pool:
            runs = [pool.submit(group.run, services.environment, deadline) for group in groups]
            for ended in concurrent.futures.as_completed(runs):
                report.group(ended.result())
        if time.monotonic() > deadline:
            report.stopped(CEILING_SECONDS)


def main():
    arguments = parse_arguments()
    build_ok = test_build.build()
    report = test_report.Report()
    if not build_ok:
        report.broken("build", "the build failed")
        return report.end()
    groups = test_groups.discover()
    if arguments.list:
        test_groups.print_list(groups)
        return 0
    picked = chosen(arguments.groups, groups)
    for variant in test_build.build_variants({group.variant for group in picked}):
        report.broken(variant, "its build failed")
        picked = [group for group in picked if group.variant != variant]
    run(picked, report, time.monotonic() + CEILING_SECONDS)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
