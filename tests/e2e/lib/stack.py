"""stack: a whole inventiv of a test's own, started through ./dev in a folder that is thrown away.

    with stack.Stack(JOB_LEASE_SECONDS="3") as mine:
        instance = mine.api.deploy()
        mine.api.wait_status(instance, "ready", 60)
        mine.kill("orchestrator")
        mine.start("orchestrator")

Several on one database: a part called `api-N` or `orchestrator-N` is a further process, with a port, a log
and a record of its own. Whatever takes a part's name takes such a name too:

        mine.start("api-2", "orchestrator-2")             # those that run already are left alone
        mine.start("orchestrator-3", JOB_LEASE_SECONDS="9")   # settings hold for what this call starts
        second = mine.client("api-2")                     # a session of its own, made at that API
        mine.kill("orchestrator-2"), mine.pause("api-2"), mine.wait_probe("api-2", "/readyz", 200)
        mine.further("orchestrator", 2)                   # starts orchestrator-2 and -3; their names
"""

import contextlib
import glob
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from api_client import ApiClient, call
from checks import Failure, equal, wait_until
from bill import bill_violations
from database import ROOT, Database
from local_cloud import LocalCloud

DEV = os.path.join(ROOT, "dev")
BUILD_DIR = os.path.abspath(os.environ.get("BUILD_DIR") or os.path.join(ROOT, "build"))
CLI = os.path.join(BUILD_DIR, "src", "cli", "inventiv")
UP_SECONDS = 180

# What a test need not wait for is short; what it measures it sets itself.
QUICK = {
    "PROVIDER_SETTLE_SECONDS": "0.1", "PROVIDER_GONE_CONFIRM_SECONDS": "0.3",
    "PROVIDER_CALL_TIMEOUT_SECONDS": "1", "PROVIDER_CONNECT_TIMEOUT_SECONDS": "1",
    "PROVIDER_LIST_LAG_SECONDS": "1", "JOB_LEASE_SECONDS": "3",
    "PROVISION_BACKOFF_SECONDS": "0.3", "VOLUME_DELETE_RETRY_BACKOFF_SECONDS": "0.3",
    "HEALTH_CHECK_BASE_INTERVAL_SECONDS": "0.5", "HEALTH_CHECK_BACKOFF_MAX_INTERVAL_SECONDS": "1",
    "HEALTH_CHECK_PROBE_TIMEOUT_SECONDS": "1",
    "MOCKCLOUD_BOOT_SECONDS": "0.2", "MOCKCLOUD_STOP_SECONDS": "0.1",
    "MOCKCLOUD_INSTALL_SECONDS": "0.1", "MOCKCLOUD_MODEL_LOAD_SECONDS": "0.2",
    "MOCKCLOUD_VOLUME_SECONDS": "0.1",
}
PARTS = ("postgres", "redis", "mockcloud", "orchestrator", "api")


def read_env(path):
    """A file of NAME='value' lines."""
    with open(path, encoding="utf-8") as file:
        words = [shlex.split(line)[0] for line in file if line.strip()]
    return dict(word.split("=", 1) for word in words)


class Stack:
    def __init__(self, **settings):
        self.run_dir = tempfile.mkdtemp(prefix="inventiv-e2e-")
        self.settings = {**QUICK, **settings}
        self.values = {}
        self.api = self.cloud = self.database = None

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self._throw_away()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            self.show_logs()
        self._throw_away()

    @contextlib.contextmanager
    def thrown_away(self):
        """For a test that calls up and down itself."""
        try:
            yield self
        finally:
            self._throw_away()

    def side_dir(self):
        """Where ./dev keeps what cannot lie in run_dir (tools/dev/common.sh)."""
        return "/var/tmp/inventiv-" + hashlib.sha256(self.run_dir.encode()).hexdigest()[:12]

    def _throw_away(self):
        self._dev("discard", check=False)
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def _environment(self, settings=None):
        base = {name: value for name, value in os.environ.items()
                if name not in ("DATABASE_URL", "REDIS_URL")}
        return {**base, "DEV_POSTGRES_FSYNC": "off", "DEV_BUILD": "no", "DEV_QUIET": "1",
                **self.settings, **(settings or {}), "RUN_DIR": self.run_dir, "BUILD_DIR": BUILD_DIR}

    def _dev(self, *arguments, check=True, settings=None):
        ended = subprocess.run([DEV, *arguments], env=self._environment(settings), check=False,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=UP_SECONDS)
        if check and ended.returncode != 0:
            raise Failure(f"./dev {' '.join(arguments)} ended with {ended.returncode}:\n{ended.stdout}")
        return ended

    def up(self, demo=False):
        """./dev up in the background; what it said."""
        ended = self._dev("up", "--detach", *([] if demo else ["--no-demo"]))
        self.attach()
        return ended.stdout

    def attach(self):
        self.values = read_env(os.path.join(self.run_dir, "env"))
        self.cloud = LocalCloud(self.values["MOCKCLOUD_URL"], self.values["MOCK_SECRET_KEY"])
        self.database = Database(self.values["DATABASE_URL"])
        self.api = self.client()
        # The shortest period that a provider's row can have.
        self.database.rows("UPDATE providers SET heartbeat_seconds = 1")

    def down(self):
        self._dev("down")

    def status(self):
        """What ./dev status says, and its exit status."""
        ended = self._dev("status", check=False)
        return ended.stdout, ended.returncode

    def front(self, output, *options):
        """./dev up in front, as in a terminal of its own, saying to the file output."""
        return subprocess.Popen([DEV, "up", *options], env=self._environment(), stdin=subprocess.DEVNULL,
                                stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def url(self, part):
        """Where api, orchestrator, mockcloud or a further process answers."""
        if "-" not in part:
            return self.values[part.upper() + "_URL"]
        port = read_env(os.path.join(self.run_dir, "ports"))[part.upper().replace("-", "_") + "_PORT"]
        return f"http://127.0.0.1:{port}"

    def client(self, part="api"):
        """Another session of the admin."""
        client = ApiClient(self.url(part))
        client.login(self.values["ADMIN_EMAIL"], self.values["ADMIN_PASSWORD"])
        return client

    def start(self, *parts, **settings):
        """Parts are postgres, redis, mockcloud, orchestrator, api and further processes; settings hold for
        this start."""
        self._dev("start", *parts, settings=settings)

    def further(self, program, count=1, **settings):
        """So many further processes of api or orchestrator, ready; their names."""
        names = [f"{program}-{number}" for number in range(2, count + 2)]
        self.start(*names, **settings)
        for name in names:
            self.wait_probe(name, "/readyz", 200)
        return names

    def stop(self, *parts):
        """Asks them to end, and waits."""
        self._dev("stop", *parts)

    def pid(self, part):
        with open(os.path.join(self.run_dir, "pids", part), encoding="ascii") as record:
            return int(record.read().split()[0])

    def signal(self, part, number):
        os.kill(self.pid(part), number)

    def kill(self, part):
        """As a crash would: nothing is told, nothing is awaited by the part."""
        pid = self.pid(part)
        os.kill(pid, signal.SIGKILL)
        wait_until(f"{part} is gone", lambda: not still_runs(pid), 10)

    def pause(self, part):
        self.signal(part, signal.SIGSTOP)

    def resume(self, part):
        self.signal(part, signal.SIGCONT)

    def cli(self, *arguments, check=True, timeout=120):
        """The command line, logged in as the admin; its standard output."""
        environment = {"PATH": os.environ["PATH"], "HOME": self.run_dir, "LANG": "C.UTF-8",
                       "INVENTIV_API_URL": self.values["API_URL"],
                       "INVENTIV_CONFIG_DIR": os.path.join(self.run_dir, "cli"),
                       "INVENTIV_EMAIL": self.values["ADMIN_EMAIL"],
                       "INVENTIV_PASSWORD": self.values["ADMIN_PASSWORD"]}
        ended = subprocess.run([CLI, *arguments], env=environment, check=False, capture_output=True,
                               stdin=subprocess.DEVNULL, text=True, timeout=timeout)
        if check and ended.returncode != 0:
            raise Failure(f"inventiv {' '.join(arguments)} ended with {ended.returncode}: "
                          f"{ended.stdout}{ended.stderr}")
        return ended.stdout if check else ended

    def orchestrator(self, method, path, body=None, part="orchestrator"):
        return call(method, self.url(part) + path, body,
                    {"Authorization": "Bearer " + self.values["ORCHESTRATOR_TOKEN"]})

    def expect_nothing_rented(self, seconds=30):
        wait_until("the bill says that nothing is rented",
                   lambda: self.cloud.rented() == (0, 0, 0), seconds)

    def expect_invariants(self):
        equal(self.database.violations() + bill_violations(self.cloud, self.database), [],
              "the list of violated invariants")

    def guests(self):
        """The folder of the machines' folders."""
        with open(f"/proc/{self.pid('mockcloud')}/environ", encoding="utf-8") as environment:
            names = dict(line.split("=", 1) for line in environment.read().split("\0") if "=" in line)
        return names["MOCKCLOUD_GUEST_DIR"]

    def probe(self, part, path):
        """The status of GET path at api, orchestrator, mockcloud or a further process; None: no answer."""
        reply = call("GET", self.url(part) + path, timeout=5)
        return None if reply is None else reply.status

    def wait_probe(self, part, path, wanted, seconds=15):
        wait_until(f"{part} answers {path} with {wanted}",
                   lambda: self.probe(part, path) == wanted, seconds)

    def mend(self):
        """Whatever a failed test left stopped runs again."""
        self.start(*PARTS)
        for part in ("mockcloud", "orchestrator", "api"):
            self.wait_probe(part, "/readyz", 200)

    def show_logs(self, lines=40):
        for path in sorted(glob.glob(os.path.join(self.run_dir, "log", "*.log"))):
            part = os.path.basename(path)[:-len(".log")]
            if part.split("-")[0] in ("mockcloud", "orchestrator", "api"):
                with open(path, encoding="utf-8", errors="replace") as log:
                    for line in log.readlines()[-lines:]:
                        print(f"    {part}: {line.rstrip()[:400]}")
        sys.stdout.flush()


def stay_away(seconds):
    """An outage's length: nothing is awaited but that the time passes."""
    until = time.monotonic() + seconds
    wait_until("the time is over", lambda: time.monotonic() >= until, seconds + 5)


def still_runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
