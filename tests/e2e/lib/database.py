"""database: SQL for tests through psql, and the invariants."""

import os
import re
import subprocess
import urllib.parse

from checks import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
INVARIANTS = os.path.join(ROOT, "tests", "invariants.sql")
SEPARATOR = "\x1f"


def connection_environment(url):
    """A URL as libpq's variables, so that no password is on a command line."""
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    values = {"PGHOST": parts.hostname or query.get("host", ""), "PGPORT": str(parts.port or ""),
              "PGUSER": urllib.parse.unquote(parts.username or ""),
              "PGPASSWORD": urllib.parse.unquote(parts.password or ""),
              "PGDATABASE": parts.path.lstrip("/"), "PGCONNECT_TIMEOUT": "10"}
    return {name: value for name, value in values.items() if value}


class Database:
    def __init__(self, url):
        self._environment = {**os.environ, **connection_environment(url)}

    def _psql(self, script):
        ended = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", SEPARATOR, "-v", "ON_ERROR_STOP=1"],
                               input=script, env=self._environment, capture_output=True, text=True,
                               timeout=60, check=False)
        if ended.returncode != 0:
            raise Failure(f"psql: {ended.stderr.strip()}")
        return ended.stdout

    def rows(self, sql):
        """Rows as tuples of texts; NULL is an empty text."""
        return [tuple(line.split(SEPARATOR)) for line in self._psql(sql).splitlines()]

    def value(self, sql):
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def violations(self, path=INVARIANTS, spoilt_by=""):
        """Each statement of the file finds violations; the comment above it says of what.  What
        spoilt_by does is undone afterwards."""
        with open(path, encoding="utf-8") as file:
            statements = split_statements(file.read())
        script = "".join(f"\\echo @@{name}\n{sql};\n" for name, sql in statements)
        if spoilt_by:
            script = f"BEGIN;\n{spoilt_by};\n{script}ROLLBACK;\n"
        return parse_violations(self._psql(script))


def split_statements(text):
    """(name, SQL) of each statement; statements end with a semicolon at the end of a line."""
    for part in re.split(r";[ \t]*(?:\n|$)", text):
        lines = part.strip().split("\n")
        comments = [line.lstrip("- ").strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if sql:
            yield (comments[-1] if comments else sql.split("\n")[0]).replace("'", ""), sql


def parse_violations(output):
    found, name = [], ""
    for line in output.splitlines():
        if line.startswith("@@"):
            name = line[2:]
        elif line.strip():
            found.append(f"{name}: {line.replace(SEPARATOR, ' | ')}")
    return found
