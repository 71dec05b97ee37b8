#!/usr/bin/env python3
"""Turns deploy/installer/PROFILE.sh into a C header with a table of scripts by profile.

usage: embed_installers.py OUT_HEADER SCRIPT...
"""
import os
import sys

from embed_sql import c_string


def main():
    header, scripts = sys.argv[1], sys.argv[2:]
    with open(header, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/embed_installers.py from deploy/installer/. */\n"
                  "#include <stddef.h>\n\nstatic const struct {\n    const char *profile;\n"
                  "    const char *script;\n} installers[] = {\n")
        for path in sorted(scripts):
            with open(path, encoding="utf-8") as file:
                profile = os.path.basename(path)[:-3]
                out.write(f'    {{ "{profile}",\n{c_string(file.read())} }},\n')
        out.write("};\nstatic const size_t installer_count = sizeof installers / "
                  "sizeof installers[0];\n")


if __name__ == "__main__":
    main()
