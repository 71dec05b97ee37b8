"""bill: the local cloud's bill held against the database: nothing is paid for that belongs to nobody,
and what serves is really there."""

import datetime

LEDGER_SECONDS = 1.0  # by which the ledger may differ from the bill
OWNER_TAG = "inventiv-instance="
OVER = ("terminated", "archived")


def bill_owner(item):
    owners = [tag[len(OWNER_TAG):] for tag in item["tags"] if tag.startswith(OWNER_TAG)]
    return owners[0] if owners else None


def bill_rented(cloud):
    return [item for item in cloud.bill()["items"] if item["until"] is None]


def bill_violations(cloud, database):
    """Who was over before the bill was read may have nothing on it; who is nowhere after it, neither."""
    before, serving = _states(database), _machines_of_ready(database)
    rented = bill_rented(cloud)
    after = _states(database)
    found = []
    for item in rented:
        owner = bill_owner(item)
        state = before.get(owner) or after.get(owner)
        if state is None or state in OVER:
            found.append(f"{item['kind']} {item['id']} is rented for {owner}, which is {state}")
    servers = {item["id"] for item in rented if item["kind"] == "server"}
    lost = (serving & _machines_of_ready(database)) - servers
    return found + [f"machine {machine} of a ready instance is not on the bill" for machine in lost]


def _states(database):
    return dict(database.rows("SELECT id, status FROM instances"))


def _machines_of_ready(database):
    return {row[0] for row in database.rows(
        "SELECT provider_instance_id FROM instances WHERE status = 'ready'")}


def _moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def ledger_differences(cloud, database, instances):
    """Where what the cost events tell of instances that are over is not what the provider bills: from the
    first thing rented to the last given back."""
    told = dict(database.rows(
        "SELECT instance_id, extract(epoch FROM stop.occurred_at - start.occurred_at)"
        "  FROM outbox start JOIN outbox stop USING (instance_id)"
        " WHERE start.type = 'EVT:INSTANCE_COST_START' AND stop.type = 'EVT:INSTANCE_COST_STOP'"))
    items = cloud.bill()["items"]
    found = []
    for instance in instances:
        spans = [(_moment(item["since"]), _moment(item["until"]))
                 for item in items if bill_owner(item) == instance]
        billed = (max(until for _, until in spans) - min(since for since, _ in spans)).total_seconds()
        if instance not in told or abs(float(told[instance]) - billed) >= LEDGER_SECONDS:
            found.append(f"{instance}: told {told.get(instance)} s, billed {billed} s")
    return found
