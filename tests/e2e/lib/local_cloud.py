"""local_cloud: what mockcloud tells besides the provider's interface: the bill, the machines, faults."""

import api_client
from checks import Failure


class LocalCloud:
    def __init__(self, base_url, secret_key):
        self.base_url = base_url
        self._secret_key = secret_key

    def _call(self, method, path, body=None, headers=None):
        reply = api_client.call(method, self.base_url + path, body, headers)
        if reply is None or reply.status >= 300:
            raise Failure(f"{method} {path}: {reply}")
        return reply.body

    def bill(self):
        return self._call("GET", "/_bill")

    def rented(self):
        """What is rented now, as (servers, volumes, addresses)."""
        bill = self.bill()
        return bill["servers"], bill["volumes"], bill["addresses"]

    def machines(self):
        return self._call("GET", "/_machines")

    def requests(self):
        return self._call("GET", "/_requests")

    def kill_part(self, server_id, part):
        return self._call("POST", f"/_machines/{server_id}/kill", {"part": part})

    def delete_machine(self, server_id):
        return self._call("DELETE", f"/_machines/{server_id}")

    def by_hand(self, method, path, body=None):
        """What a person does in the provider's console: a call to the provider's own interface."""
        return self._call(method, path, body, {"X-Auth-Token": self._secret_key})

    def add_fault(self, name, **rule):
        return self._call("POST", "/_faults", {"name": name, **rule})["id"]

    def faults(self):
        return self._call("GET", "/_faults")

    def end_fault(self, fault_id):
        return self._call("DELETE", f"/_faults/{fault_id}")
