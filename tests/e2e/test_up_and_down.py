#!/usr/bin/env python3
"""./dev up as a newcomer sees it: a first instance that answers; Ctrl-C that leaves nothing running; a
second up that finds its fleet; machines that outlive a crash of everything else."""

import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal, expect, wait_until  # noqa: E402
from stack import PARTS, Stack, still_runs  # noqa: E402

UP_SECONDS = 60
ANSWER = r"Instance +mock-vllm ok \(echo\): Say that you are there\."


def said(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def process_ids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_proc(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def processes_of(stack):
    """Whatever names the stack's folder, or has it in its environment, or is a child of such."""
    marks = (stack.run_dir, stack.side_dir())
    found = {pid for pid in process_ids() if still_runs(pid) and
             any(mark in read_proc(pid, "cmdline") + read_proc(pid, "environ") for mark in marks)}
    return found - {os.getpid()}


def first_up(stack, output):
    with open(output, "w", encoding="utf-8") as file:
        front = stack.front(file)
    wait_until("./dev up stays in front", lambda: "Ctrl-C stops everything" in said(output) or
               front.poll() is not None, UP_SECONDS)
    equal(front.poll(), None, f"the exit status of ./dev up, which said {said(output)}")
    stack.attach()
    return front


def tells_a_newcomer(output):
    text = said(output)
    expect(re.search(ANSWER, text), f"the model's answer is shown: {text}")
    expect(re.search(r"\b100 %", text), "the progress is shown up to its end")
    expect(re.search(r"Password \(shown this once\) +\S{12,}", text), "the made password is shown")
    expect(re.search(r"http://127\.0\.0\.1:\d+", text), "the URL is shown")


def shows_readable_logs(stack, output):
    stack.api.terminate(stack.api.get("/instances")[0]["id"])
    wait_until("the log in front tells of it", lambda: re.search(
        r"\d\d:\d\d:\d\d orchestrator +info +state changed .*terminate_requested", said(output)), 15)
    wait_until("it is over", lambda: stack.cloud.rented() == (0, 0, 0), 30)
    stack.api.wait_status(stack.api.deploy(), "ready", 30)


def ends_by_interrupt(stack, front, output):
    """As Ctrl-C in a terminal: to the whole foreground group."""
    expect(len(processes_of(stack)) > 8, "many processes run before")
    machines = [pid for machine in stack.cloud.machines() for pid in machine["pids"].values() if pid]
    equal(len(machines), 3, "the number of the machine's known processes")
    os.killpg(front.pid, signal.SIGINT)
    try:
        front.wait(30)
    except subprocess.TimeoutExpired:
        expect(False, f"./dev up ends within 30 s; it said {said(output)[-500:]}")
    equal(front.returncode, 130, "the exit status of ./dev up")
    left = {pid: read_proc(pid, "cmdline") for pid in processes_of(stack)}
    equal(left, {}, "what still runs")
    expect(not any(still_runs(pid) for pid in machines), "no machine runs")
    text, status = stack.status()
    equal(status, 1, "the exit status of ./dev status")
    for part in PARTS:
        expect(re.search(rf"^{part} +stopped", text, re.M), f"./dev status says that {part} is stopped: {text}")


def finds_its_fleet(stack):
    """After Ctrl-C: the machines were stopped; the cloud starts them again, and the instance serves."""
    before = stack.known
    text = stack.up(demo=True)
    expect("nothing new is deployed" in text, f"./dev up finds its fleet: {text}")
    expect(re.search(ANSWER, text), f"the model answers again: {text}")
    expect("Password (shown" not in text, "the password is not shown again")
    rows = stack.api.get("/instances")
    alive = [row["id"] for row in rows if row["status"] == "ready"]
    equal(alive, [before], "the instances that are ready")
    equal(stack.status()[1], 0, "the exit status of ./dev status")
    equal(stack.cloud.rented(), (1, 1, 1), "what is rented")


def machines_outlive_a_crash(stack):
    before = stack.cloud.machines()[0]["pids"]
    for part in PARTS:
        stack.kill(part)
    expect(all(still_runs(pid) for pid in before.values()), "the machine goes on")
    text = stack.up(demo=True)
    expect(re.search(ANSWER, text), f"the model answers: {text}")
    equal(stack.cloud.machines()[0]["pids"], before, "the machine's processes")
    equal(stack.api.status_of(stack.known), "ready", "its state")
    beat = ("SELECT fleet_now() - last_heartbeat < interval '3 s' FROM worker_heartbeats"
            f" WHERE instance_id = '{stack.known}'")
    wait_until("its worker beats", lambda: stack.database.value(beat) == "t", 15)


def goes_down(stack):
    stack.down()
    equal(processes_of(stack), set(), "what still runs")
    equal(stack.status()[1], 1, "the exit status of ./dev status")


def main():
    stack = Stack()
    output = os.path.join(stack.run_dir, "said")
    with Run() as run, stack.thrown_away():
        front = run.test("./dev up starts everything and stays in front", first_up, stack, output)
        if front is None:
            return
        run.test("it shows the progress, an answer, the password and where everything is",
                 tells_a_newcomer, output)
        run.after_each(stack.expect_invariants)
        run.test("it shows what happens, readably", shows_readable_logs, stack, output)
        stack.known = next(row["id"] for row in stack.api.get("/instances") if row["status"] == "ready")
        run.after_each(None)
        run.test("Ctrl-C stops everything, machines too", ends_by_interrupt, stack, front, output)
        run.after_each(stack.expect_invariants)
        run.test("a second ./dev up finds its fleet, which serves again", finds_its_fleet, stack)
        run.test("machines outlive a crash of all else, and are found again", machines_outlive_a_crash, stack)
        run.after_each(None)
        run.test("./dev down stops everything", goes_down, stack)


if __name__ == "__main__":
    main()
