"""victim: an orchestrator beside those of a stack, that is killed or stopped at a named point
(src/base/kill_point.h)."""

import os
import signal
import subprocess

from checks import equal, expect, wait_until
from expect import free_port
from stack import BUILD_DIR

PROGRAM = os.path.join(BUILD_DIR, "src", "orchestrator", "inventiv-orchestrator")
END_SECONDS = 20


def settings_of_running(pid):
    with open(f"/proc/{pid}/environ", encoding="utf-8") as environment:
        return dict(line.split("=", 1) for line in environment.read().split("\0") if "=" in line)


class Victim:
    """Runs from its making on; `with` ends it, whatever it is at."""

    def __init__(self, stack, name, **settings):
        self.name = name
        listen = f"127.0.0.1:{free_port()}"
        environment = {**settings_of_running(stack.pid("orchestrator")), "REDIS_URL": stack.values["REDIS_URL"],
                       "ORCHESTRATOR_LISTEN": listen, **settings}
        path = os.path.join(stack.run_dir, "log", f"orchestrator-{name}.log")
        with open(path, "a", encoding="utf-8") as log:
            self._process = subprocess.Popen([PROGRAM], env=environment, stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def is_killed(self):
        return self._process.poll() == -signal.SIGKILL

    def is_stopped(self):
        with open(f"/proc/{self._process.pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "T"

    def runs(self):
        return self._process.poll() is None

    def resume_and_ask_to_end(self):
        """Goes on where it was stopped, and ends as one that is told to: with its cycles."""
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()

    def expect_ended(self):
        wait_until(f"{self.name} has ended", lambda: not self.runs(), END_SECONDS)
        equal(self._process.returncode, 0, f"the exit status of {self.name}")

    def expect_alive(self):
        expect(self.runs(), f"{self.name} ended with {self._process.returncode}")
