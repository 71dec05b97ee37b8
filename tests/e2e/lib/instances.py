"""instances: what tests ask about single instances of a stack."""

from bill import bill_owner, bill_rented

READY_SECONDS = 40
OVER_SECONDS = 40


def ready_instance(stack):
    instance = stack.api.deploy()
    stack.api.wait_status(instance, "ready", READY_SECONDS)
    return instance


def terminate(stack, *instances):
    """Asks for all, then waits for all."""
    for instance in instances:
        stack.api.terminate(instance)
    for instance in instances:
        stack.api.wait_status(instance, "terminated", OVER_SECONDS)


def archive(stack, instance):
    """What the API answers to it."""
    return stack.api.call("PUT", f"/instances/{instance}/archive", {}).status


def row_of(stack, instance, column):
    return stack.database.value(f"SELECT {column} FROM instances WHERE id = '{instance}'")


def rules_of(stack, instance):
    """The rules that moved it, in their order."""
    rows = stack.database.rows(
        "SELECT rule FROM action_logs WHERE component = 'orchestrator' AND rule IS NOT NULL"
        f" AND instance_id = '{instance}' ORDER BY seq")
    return [row[0] for row in rows]


def creates_of(stack, instance):
    """The outcomes of its creates."""
    rows = stack.database.rows("SELECT outcome FROM provider_operations WHERE kind = 'server_create'"
                               f" AND instance_id = '{instance}' ORDER BY started_at")
    return [row[0] for row in rows]


def first_call_after(stack, instance):
    """Seconds from the request to the first paid call."""
    return float(stack.database.value(
        "SELECT extract(epoch FROM min(o.started_at) - i.created_at) FROM instances i"
        "  JOIN provider_operations o ON o.instance_id = i.id"
        f" WHERE i.id = '{instance}' GROUP BY i.id"))


def rented_for(stack, instance):
    """The kinds of things on the bill that are its."""
    return sorted(item["kind"] for item in bill_rented(stack.cloud) if bill_owner(item) == instance)
