#!/usr/bin/env python3
"""Turns sql/queries/*.sql and sql/migrations/*.sql into one C file and one header.

usage: embed_sql.py SOURCE_ROOT OUT_HEADER OUT_SOURCE DEPFILE

A query is a file: its name is the query's name, its enum value Q_<NAME>; parameters are told in
its first comment.  Migrations are in order of their numbers, each with its SHA-256.
"""
import hashlib
import os
import sys


def c_string(text):
    lines = []
    for line in text.splitlines():
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("?", "\\?")
        lines.append(f'    "{escaped}\\n"')
    return "\n".join(lines) if lines else '    ""'


def read_folder(root, folder):
    path = os.path.join(root, "sql", folder)
    found = []
    for name in sorted(os.listdir(path)):
        if name.endswith(".sql"):
            with open(os.path.join(path, name), encoding="utf-8") as file:
                found.append((name[:-4], file.read(), os.path.join(path, name)))
    return found


def main():
    root, header, source, depfile = sys.argv[1:5]
    queries = read_folder(root, "queries")
    migrations = read_folder(root, "migrations")
    with open(header, "w", encoding="utf-8") as out:
        out.write("/* Made by tools/embed_sql.py from sql/. */\n#ifndef INVENTIV_STORE_QUERIES_H\n"
                  "#define INVENTIV_STORE_QUERIES_H\n\nenum query_id {\n")
        for name, _, _ in queries:
            out.write(f"    Q_{name.upper()},\n")
        out.write("    QUERY_COUNT_\n};\n\nstruct query_text {\n    const char *name;\n"
                  "    const char *text;\n};\nextern const struct query_text queries[];\n\n"
                  "struct migration_text {\n    const char *name;\n    const char *digest;\n"
                  "    const char *text;\n};\nextern const struct migration_text migrations[];\n"
                  f"enum {{ MIGRATION_COUNT = {len(migrations)} }};\n\n#endif\n")
    with open(source, "w", encoding="utf-8") as out:
        out.write('#include "store/queries.h"\n\nconst struct query_text queries[] = {\n')
        for name, text, _ in queries:
            out.write(f'    {{ "{name}",\n{c_string(text)} }},\n')
        out.write("};\n\nconst struct migration_text migrations[] = {\n")
        for name, text, _ in migrations:
            digest = hashlib.sha256(text.encode()).hexdigest()
            out.write(f'    {{ "{name}", "{digest}",\n{c_string(text)} }},\n')
        out.write("};\n")
    with open(depfile, "w", encoding="utf-8") as out:
        paths = [path for _, _, path in queries + migrations]
        out.write(f"{os.path.basename(header)}: {' '.join(paths)}\n")


if __name__ == "__main__":
    main()
