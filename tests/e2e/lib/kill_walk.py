"""kill_walk: each point of each mutating call, at which one orchestrator is killed, or stopped for
longer than its lease, while another goes on.

A pair is a point and a call.  The pairs of a batch follow each other quickly: while the next is
begun, what the last one left is mended.  The other orchestrator is held for the moment in which
the victim is to come to its point: else it would do the call itself every other time."""

import contextlib
import os
import re
import threading
from collections import Counter, namedtuple

from bill import bill_owner
from by_hand import machine_by_hand, tags_for
from checks import Failure, equal, expect, wait_until
from database import ROOT
from instances import rented_for
from stack import Stack
from victim import Victim

LEASE_SECONDS = 3
STOPPED_SECONDS = 2 * LEASE_SECONDS
FIRE_SECONDS = 8
TRIES = 3
BATCH = 8
SETTLED_SECONDS = 60
ONE_MACHINE = ["address", "server", "volume"]
POINTS = ("claimed", "intended", "sent", "replied", "recorded", "applied")
SIGNALS = ("KILL", "STOP")

Call = namedtuple("Call", "kind scenario number")
Pair = namedtuple("Pair", "call point signal")

# In which scenario each call is made, and which one of it: the calls of `first` come before those of
# `birth` in a zone in which nothing was rented yet.
JOBS = {"first": "job-provisioning", "birth": "job-provisioning", "reinstall": "job-health-check",
        "end": "job-terminator", "orphan": "job-watch-dog"}
CALLS = [Call(kind, scenario, number) for scenario, kinds in {
    "first": ("security_group_create", "security_group_rules"),
    "birth": ("server_create", "volume_resize", "security_group_attach", "user_data_put", "server_poweron"),
    "reinstall": ("user_data_put", "server_reboot"),
    "end": ("server_poweroff", "server_delete", "volume_delete", "address_delete"),
    "orphan": ("server_poweroff", "server_delete", "volume_delete", "address_delete"),
}.items() for number, kind in enumerate(kinds, 1)]
# Kinds that exist in the vocabulary and that nothing asks for.
NEVER_ASKED = {"server_tags", "security_group_delete"}


def everything_wanted():
    return os.environ.get("CI") == "true" or bool(os.environ.get("INVENTIV_TEST_ALL"))


def pairs_of(*scenarios):
    """All pairs; or so many that each point and each call occurs once with each signal."""
    calls = [call for call in CALLS if call.scenario in scenarios]
    if everything_wanted():
        return [Pair(call, point, sign) for call in calls for sign in SIGNALS for point in POINTS]
    return [Pair(call, POINTS[(place + shift) % len(POINTS)], sign)
            for place, call in enumerate(calls) for sign, shift in (("KILL", 0), ("STOP", 3))]


def batches(pairs):
    """Of one scenario each."""
    for scenario in JOBS:
        mine = [pair for pair in pairs if pair.call.scenario == scenario]
        count = -(-len(mine) // BATCH)
        for number in range(count):
            yield scenario, mine[number::count]


def pair_name(pair):
    return f"{pair.signal} at {pair.point} of {pair.call.kind} ({pair.call.scenario})"


def kill_point(pair):
    """Which call a claim will lead to is not known yet: the job's n-th claim stands for its n-th call."""
    if pair.point == "claimed":
        return f"claimed:{JOBS[pair.call.scenario]}:{pair.call.number}"
    return f"{pair.point}:{pair.call.kind}"


# --- the vocabulary ---

def kinds_declared():
    with open(os.path.join(ROOT, "src", "domain", "operation.h"), encoding="utf-8") as header:
        table = re.search(r"#define OPERATION_KINDS\(X\)(.*?)\n\n", header.read(), re.DOTALL)[1]
    return dict(re.findall(r'X\((\w+), "(\w+)"\)', table))


def kinds_asked_for():
    """Those that the product's code names otherwise than as a case among all kinds."""
    text = ""
    for folder in ("domain", "orchestrator"):
        for path, _, names in os.walk(os.path.join(ROOT, "src", folder)):
            for name in (name for name in names if name.endswith(".c")):
                with open(os.path.join(path, name), encoding="utf-8") as source:
                    text += source.read()
    named = set(re.findall(r"(?<!case )\bCALL_(\w+)", text))
    return {name for code, name in kinds_declared().items() if code in named}


# --- a stack to walk in ---

class Walk:
    """A stack whose own orchestrator hears no bells, and zones in which nothing was rented yet."""

    def __init__(self, terminate_at_once=False, list_lag=0, zones=0):
        self._terminate_at_once = terminate_at_once
        self._list_lag = list_lag
        self._zones = [f"fresh-{number}" for number in range(zones)]
        self._made = 0
        self._stopped = []
        self._seconds = Counter()  # further machines that were made by hand, by instance
        self.stack = Stack(JOB_LEASE_SECONDS=str(LEASE_SECONDS), PROVIDER_CALL_TIMEOUT_SECONDS="1",
                           PROVIDER_LIST_LAG_SECONDS=str(list_lag + 1),
                           JOB_PROVISIONING_PERIOD_SECONDS="1", JOB_HEALTH_CHECK_PERIOD_SECONDS="1",
                           JOB_TERMINATOR_PERIOD_SECONDS="1", JOB_WATCH_DOG_PERIOD_SECONDS="2",
                           MOCKCLOUD_ZONES=",".join(["local", "local-2", *self._zones]))
        self._ends = contextlib.ExitStack()

    def __enter__(self):
        self._ends.enter_context(self.stack)
        self._add_zones()
        self.stack.stop("orchestrator")
        self.stack.start("orchestrator", REDIS_URL="")
        self.stack.wait_probe("orchestrator", "/readyz", 200)
        if self._list_lag:
            self.stack.cloud.add_fault("list_lag", value=self._list_lag)
        return self

    def __exit__(self, *error):
        return self._ends.__exit__(*error)

    def _add_zones(self):
        for zone in self._zones:
            self.stack.database.rows(
                "INSERT INTO zones (region_id, provider_id, code, name)"
                f" SELECT region_id, provider_id, '{zone}', name FROM zones WHERE code = 'local'")
        self.stack.database.rows(
            "INSERT INTO instance_type_zones (instance_type_id, zone_id) SELECT t.instance_type_id, z.id"
            "  FROM zones z, instance_type_zones t JOIN zones l ON l.id = t.zone_id AND l.code = 'local'"
            " WHERE z.code LIKE 'fresh-%'")

    # --- scenarios: what leads to the call ---

    def _deploy(self, scenario):
        return self.stack.api.deploy(zone=self._zones.pop() if scenario == "first" else "local")

    def _spares(self, scenario, count):
        """What is to be installed again, to end, or to get a second machine, serves first."""
        if scenario not in ("reinstall", "end", "orphan"):
            return []
        made = [self.stack.api.deploy() for _ in range(count)]
        for instance in made:
            self.stack.api.wait_status(instance, "ready", SETTLED_SECONDS)
        return made

    def _begin(self, scenario, spares):
        if scenario in ("first", "birth"):
            return self._deploy(scenario)
        instance = spares.pop() if spares else self._spares(scenario, 1)[0]
        if scenario == "end":
            self.stack.api.terminate(instance)
        elif scenario == "orphan":
            machine_by_hand(self.stack, tags_for(self.stack, instance))
            self._seconds[instance] += 1
        else:
            self.stack.api.post(f"/instances/{instance}/reinstall")
        return instance

    # --- pairs ---

    def _fires(self, victim, pair):
        fired = victim.is_killed if pair.signal == "KILL" else victim.is_stopped
        try:
            wait_until(f"{pair_name(pair)} happens", fired, FIRE_SECONDS)
        except AssertionError:
            victim.expect_alive()
            return False
        return True

    def _try(self, victim, pair, spares, touched):
        """Whether the victim came to its point.  Nothing is asked of the API while the other one is held: it
        may hold locks."""
        instance = self._begin(pair.call.scenario, spares)
        touched.append(instance)
        self.stack.pause("orchestrator")
        try:
            fired = self._fires(victim, pair)
        finally:
            self.stack.resume("orchestrator")
        if fired and self._terminate_at_once:
            self.stack.api.terminate(instance)
        return fired

    def _walk_pair(self, pair, spares, touched):
        self._made += 1
        victim = self._ends.enter_context(
            Victim(self.stack, f"victim-{self._made}", INVENTIV_KILL_POINT=kill_point(pair),
                   INVENTIV_KILL_SIGNAL=pair.signal))
        for _ in range(TRIES):
            if self._try(victim, pair, spares, touched):
                break
        else:
            raise Failure(f"nobody came to where it should be: {pair_name(pair)}")
        if pair.signal == "STOP":
            timer = threading.Timer(STOPPED_SECONDS, victim.resume_and_ask_to_end)
            timer.start()
            self._stopped.append((timer, victim))

    def _end_stopped(self):
        for timer, victim in self._stopped:
            timer.join()
            victim.expect_ended()
        self._stopped.clear()

    def walk(self, scenario, pairs):
        spares = self._spares(scenario, len(pairs) + 1)
        touched = list(spares)
        try:
            for pair in pairs:
                self._walk_pair(pair, spares, touched)
        finally:
            self._end_stopped()
        touched = list(dict.fromkeys(touched))
        if not self._terminate_at_once and scenario != "end":
            self._expect_ready(touched)
        for instance in touched:
            self.stack.api.terminate(instance)
        self._expect_over(touched)

    # --- what must hold in the end ---

    def _expect_ready(self, instances):
        for instance in instances:
            self.stack.api.wait_status(instance, "ready", SETTLED_SECONDS)
            if self._seconds[instance]:
                wait_until(f"the second machine of {instance} is given back",
                           lambda one=instance: rented_for(self.stack, one) == ONE_MACHINE, SETTLED_SECONDS)
            equal(rented_for(self.stack, instance), ONE_MACHINE, f"what {instance} rents")
            self.stack.api.ask(instance, "still there?")

    def _expect_over(self, instances):
        for instance in instances:
            self.stack.api.wait_status(instance, "terminated", SETTLED_SECONDS)
        self.stack.expect_nothing_rented(0)
        items = self.stack.cloud.bill()["items"]
        for instance in instances:
            self._expect_billed_once(instance, [item for item in items if bill_owner(item) == instance])
        self._expect_one_group_a_zone()

    def _expect_billed_once(self, instance, items):
        """One machine of ours in all its life, with what belongs to it; all was over when it said so."""
        kinds = sorted(item["kind"] for item in items)
        if self._terminate_at_once:
            expect(len(kinds) == len(set(kinds)), f"{instance} rented {kinds}: something twice")
        else:
            equal(kinds, sorted(ONE_MACHINE * (1 + self._seconds[instance])), f"what {instance} rented")
        late = self.stack.database.rows(
            "SELECT item FROM (VALUES (NULL::text, NULL::timestamptz)"
            + "".join(f", ('{item['kind']}', '{item['until']}')" for item in items)
            + f") bill (item, ended), instances i WHERE i.id = '{instance}' AND bill.ended > i.terminated_at")
        equal(late, [], f"what {instance} still rented when it was terminated")

    def _expect_one_group_a_zone(self):
        fleet = self.stack.database.value("SELECT fleet_id FROM fleet")
        for zone, in self.stack.database.rows("SELECT code FROM zones WHERE security_group_ref IS NOT NULL"):
            answer = self.stack.cloud.by_hand("GET", f"/instance/v1/zones/{zone}/security_groups?per_page=100")
            ours = [group["id"] for group in answer["security_groups"]
                    if f"inventiv-fleet={fleet}" in group.get("tags", [])]
            equal(len(ours), 1, f"the number of our security groups in {zone}")
