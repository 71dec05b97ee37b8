#!/usr/bin/env python3
"""What goes wrong by itself: machines that never serve, requests that the provider refuses, wrong
credentials, a silent provider, no Redis.  Each ends as it should, on record, and leaves nothing."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
from checks import Run, equal, expect, wait_until  # noqa: E402
from instances import (  # noqa: E402
    OVER_SECONDS, READY_SECONDS, archive, creates_of, first_call_after,
    ready_instance, rented_for, row_of, rules_of, terminate,
)
from stack import Stack, stay_away  # noqa: E402

RETENTION_SECONDS = 4
WRONG_KEY = "00000000-0000-4000-8000-00000000dead"
SHORT_PATIENCE = {
    "RECOVERY_BOOTING_TIMEOUT_SECONDS": "2", "RECOVERY_INSTALLING_TIMEOUT_SECONDS": "2",
    "RECOVERY_STARTING_TIMEOUT_SECONDS": "2", "FAILED_RETENTION_SECONDS": str(RETENTION_SECONDS),
}


def restart(stack, *parts, **settings):
    stack.stop(*parts)
    stack.start(*parts, **settings)
    for part in parts:
        stack.wait_probe(part, "/readyz", 200)


def ends_in_time(stack, instance):
    """startup_failed, kept for its retention, then given back."""
    stack.api.wait_status(instance, "startup_failed", READY_SECONDS)
    failed = time.monotonic()
    shown = stack.api.instance(instance)
    equal(shown["error_code"], "STARTUP_TIMEOUT", "the error on record")
    expect(shown["error_message"], "the error says what was seen")
    equal(rented_for(stack, instance), ["address", "server", "volume"], "what is kept for people to look at")
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    kept = time.monotonic() - failed
    expect(kept > RETENTION_SECONDS - 1.5, f"it was kept for {kept:.1f} s")
    equal(rules_of(stack, instance)[-2:], ["retention_over", "server_gone"], "the rules that ended it")


def engine_never_serves(stack):
    restart(stack, "orchestrator", **SHORT_PATIENCE)
    stack.database.rows("UPDATE providers SET engine_command = 'exit 1'")
    broken = stack.api.deploy()
    stack.api.wait_status(broken, "starting", READY_SECONDS)
    ends_in_time(stack, broken)
    expect("startup_gave_up" in rules_of(stack, broken), "it was given up at its deadline")


def worker_never_comes(stack):
    """Its installer does not run to its end."""
    stack.database.rows("UPDATE providers SET engine_command = E'\\nexit 1\\n', install_profile = 'bare'")
    restart(stack, "mockcloud", MOCKCLOUD_INSTALL_SECONDS="600")
    silent = stack.api.deploy()
    ends_in_time(stack, silent)
    restart(stack, "mockcloud")


def failed_and_asked_to_end(stack):
    """Somebody does not wait for the retention's end."""
    instance = stack.api.deploy()
    stack.api.wait_status(instance, "startup_failed", READY_SECONDS)
    terminate(stack, instance)
    expect("terminate_requested" in rules_of(stack, instance), "it ended by request")


def engine_mended(stack, command):
    stack.database.rows(f"UPDATE providers SET engine_command = '{command}'")
    restart(stack, "orchestrator")


def never_runs(stack):
    """The machine is still starting when its time is over; it is given back when it can be."""
    restart(stack, "mockcloud", MOCKCLOUD_BOOT_SECONDS="7")
    restart(stack, "api", RECOVERY_PROVISIONING_TIMEOUT_SECONDS="3")
    try:
        instance = stack.api.deploy()
    finally:
        restart(stack, "api")
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    rules = rules_of(stack, instance)
    equal(rules, ["provision_gave_up", "retention_over", "server_gone"], "the rules that ended it")
    equal(row_of(stack, instance, "was_ready"), "f", "whether it was ever ready")
    codes = stack.database.rows("SELECT DISTINCT error_code FROM action_logs"
                                f" WHERE error_code IS NOT NULL AND instance_id = '{instance}'")
    expect(("PROVISION_TIMEOUT",) in codes, f"the journal says why: {codes}")
    restart(stack, "mockcloud")


def refused_for_good(stack):
    """Our catalogue knows a type that the provider does not."""
    stack.database.rows(
        "WITH made AS (INSERT INTO instance_types (provider_id, code, name, gpu_count, vram_per_gpu_gb)"
        "  SELECT provider_id, 'NO-SUCH-TYPE', 'none', gpu_count, vram_per_gpu_gb FROM instance_types"
        "   WHERE code = 'mock-local-instance' RETURNING id)"
        " INSERT INTO instance_type_zones (instance_type_id, zone_id) SELECT made.id, z.id FROM made, zones z"
        "  WHERE z.code = 'local'")
    instance = stack.api.deploy(instance_type="NO-SUCH-TYPE")
    stack.api.wait_status(instance, "provisioning_failed", 15)
    shown = stack.api.instance(instance)
    equal(shown["error_code"], "PROVIDER_INVALID", "the error on record")
    equal(rented_for(stack, instance), [], "what was rented")
    equal(row_of(stack, instance, "deadline_at"), "", "its deadline: nothing is left to do")
    equal(creates_of(stack, instance), ["invalid"], "what its creates came to")
    equal(archive(stack, instance), 202, "the answer to archiving it")
    stack.api.wait_status(instance, "archived", 10)


def refused(stack, serving, waiting):
    for instance, state in ((waiting, "provisioning"), (serving, "terminating")):
        wait_until(f"{instance} tells of the refusal",
                   lambda one=instance: row_of(stack, one, "error_code") == "PROVIDER_DENIED", 15)
        equal(row_of(stack, instance, "status"), state, "its state meanwhile")
    # The other zone's list is refused as well.
    wait_until("both zones rest, for that reason", lambda: stack.database.rows(
        "SELECT code, paused_reason FROM zones WHERE paused_until > fleet_now() ORDER BY code")
        == [("local", "denied"), ("local-2", "denied")], 15)
    equal(rented_for(stack, serving), ["address", "server", "volume"], "what is still rented")


def wrong_credentials(stack):
    """Nothing is concluded from a refusal: the zone rests, and all goes on when they are right again."""
    serving = ready_instance(stack)
    restart(stack, "orchestrator", MOCK_SECRET_KEY=WRONG_KEY)
    try:
        waiting = stack.api.deploy()
        stack.api.terminate(serving)
        refused(stack, serving, waiting)
    finally:
        restart(stack, "orchestrator")
    stack.api.wait_status(waiting, "ready", READY_SECONDS)
    equal(row_of(stack, waiting, "error_code"), "", "the error on record when all is well")
    stack.api.wait_status(serving, "terminated", OVER_SECONDS)
    terminate(stack, waiting)


def silent_provider(stack):
    """It takes requests and answers none for longer than a lease lasts."""
    instance = stack.api.deploy()
    stack.pause("mockcloud")
    try:
        stay_away(5)
        equal(row_of(stack, instance, "status"), "provisioning", "its state meanwhile")
    finally:
        stack.resume("mockcloud")
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    equal(rented_for(stack, instance), ["address", "server", "volume"], "what is rented: nothing twice")
    stack.pause("mockcloud")
    try:
        stack.api.terminate(instance)
        stay_away(2)
        equal(row_of(stack, instance, "status"), "terminating", "its state meanwhile")
    finally:
        stack.resume("mockcloud")
    stack.api.wait_status(instance, "terminated", OVER_SECONDS)
    stack.expect_nothing_rented(0)


def whole_path(stack):
    instance = ready_instance(stack)
    stack.api.ask(instance, "are you there?")
    waited = first_call_after(stack, instance)
    expect(waited < 2.5, f"the first paid call began {waited} s after the request, within two periods")
    terminate(stack, instance)
    stack.expect_nothing_rented(0)


def redis_killed(stack):
    stack.kill("redis")
    try:
        whole_path(stack)
    finally:
        stack.start("redis")


def without_redis(stack):
    """An empty REDIS_URL: nobody is to be connected to, and nobody is missed."""
    restart(stack, "api", "orchestrator", REDIS_URL="")
    for part in ("api", "orchestrator"):
        stack.wait_probe(part, "/readyz", 200)
    whole_path(stack)
    restart(stack, "api", "orchestrator")


def main():
    settings = {"JOB_PROVISIONING_PERIOD_SECONDS": "1", "JOB_TERMINATOR_PERIOD_SECONDS": "1",
                "JOB_HEALTH_CHECK_PERIOD_SECONDS": "1", "ZONE_PAUSE_SECONDS": "2"}
    with Run() as run, Stack(**settings) as stack:
        run.after_each(stack.expect_invariants)
        command = stack.database.value("SELECT engine_command FROM providers").replace("'", "''")
        run.test("an engine that never serves: startup_failed, kept for a while, given back",
                 engine_never_serves, stack)
        run.test("a failed one that somebody terminates is given back at once", failed_and_asked_to_end, stack)
        run.test("a worker that never comes ends in the same way", worker_never_comes, stack)
        engine_mended(stack, command)
        run.test("a machine that does not start in time is given up and given back", never_runs, stack)
        run.test("what the provider refuses for good is given up at once, and nothing is rented",
                 refused_for_good, stack)
        run.test("wrong credentials: the zone rests, nothing is given up, and it goes on when they are right",
                 wrong_credentials, stack)
        run.test("a silent provider doubles nothing and loses nothing", silent_provider, stack)
        run.test("with Redis killed the whole path is walked, by the jobs' periods", redis_killed, stack)
        run.test("without any Redis it is walked too", without_redis, stack)


if __name__ == "__main__":
    main()
