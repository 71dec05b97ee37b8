"""by_hand: machines that nobody's orchestrator made."""

import uuid

from checks import wait_until

ZONE = "/instance/v1/zones/local"
IMAGE = "8e0da557-5d75-40ba-b928-5984075aa255"


def machine_by_hand(stack, tags):
    """A machine that runs, as a person or a late create would have made it; its id."""
    made = stack.cloud.by_hand("POST", f"{ZONE}/servers", {
        "name": "by hand", "commercial_type": "mock-local-instance", "image": IMAGE,
        "project": stack.values["MOCK_PROJECT_ID"], "tags": tags, "dynamic_ip_required": True})
    server = made["server"]["id"]
    stack.cloud.by_hand("POST", f"{ZONE}/servers/{server}/action", {"action": "poweron"})
    wait_until("it runs", lambda: state_of(stack, server) == "running", 10)
    return server


def state_of(stack, server):
    return stack.cloud.by_hand("GET", f"{ZONE}/servers/{server}")["server"]["state"]


def tags_for(stack, instance):
    fleet = stack.database.value("SELECT fleet_id FROM fleet")
    return [f"inventiv-fleet={fleet}", f"inventiv-instance={instance}", f"inventiv-op={uuid.uuid4()}"]
