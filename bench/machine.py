"""machine: what this machine is, and what its processes use."""

import os
import platform
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICK = os.sysconf("SC_CLK_TCK")


def _first(path, pattern):
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.search(pattern, file.read(), re.M)
    return found[1].strip() if found else "?"


def description():
    memory = int(_first("/proc/meminfo", r"^MemTotal:\s+(\d+)")) / 1048576
    return (f"{os.cpu_count()} cores of {_first('/proc/cpuinfo', r'^model name.*: (.*)')}, {memory:.0f} GiB, "
            f"Linux {platform.release()}")


def commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True,
                              check=False).stdout.strip()
    changed = " and changes" if git("status", "--porcelain", "--untracked-files=no", "--", "src", "sql") else ""
    return git("rev-parse", "--short", "HEAD") + changed


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def cpu_seconds(pid):
    """User and system time of a process alone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICK


def family_cpu_seconds(pid):
    """{pid: CPU time} of a process and its children: PostgreSQL's."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if int(name) == pid or int(_stat(name)[1]) == pid:
                    found[int(name)] = cpu_seconds(name)
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def busy_seconds():
    """CPU time of the whole machine that was not idle."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def resident_mib(pid):
    return int(_first(f"/proc/{pid}/status", r"^VmRSS:\s+(\d+)")) / 1024
