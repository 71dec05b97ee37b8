#!/usr/bin/env python3
"""check_runbooks: each alert of src/domain/alert.h has its page in docs/runbooks/, with the same sections,
and no page is about an alert that there is none of."""

import os
import re
import sys

import c_source

NAMES = "src/domain/alert.h"
PAGES = "docs/runbooks"
SECTIONS = ["What it means", "How to see it", "What to do", "When it is over"]


def main():
    with open(NAMES, encoding="utf-8") as file:
        names = set(re.findall(r'X\(\w+, "(\w+)", "\w+"\)', file.read()))
    pages = {page[:-len(".md")] for page in os.listdir(PAGES) if page.endswith(".md")}
    problems = [f"{PAGES}/{name}.md: missing; {NAMES} has that alert" for name in sorted(names - pages)]
    problems += [f"{PAGES}/{page}.md: there is no such alert in {NAMES}" for page in sorted(pages - names)]
    if not names:
        problems.append(f"{NAMES}: no alert was found")
    for page in sorted(pages & names):
        with open(f"{PAGES}/{page}.md", encoding="utf-8") as file:
            lines = file.read().splitlines()
        if lines[:1] != [f"# {page}"]:
            problems.append(f"{PAGES}/{page}.md: its title is not the alert's name")
        if [line[3:] for line in lines if line.startswith("## ")] != SECTIONS:
            problems.append(f"{PAGES}/{page}.md: its sections are not {', '.join(SECTIONS)}")
    return c_source.report(problems)


if __name__ == "__main__":
    sys.exit(main())
