"""api_client: inventiv's HTTP interface for tests: logs in as a person does, with a cookie."""

import json
import urllib.error
import urllib.request

from checks import Failure, equal, wait_until

# Never through a proxy of the machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Reply:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw

    @property
    def body(self):
        return json.loads(self.raw) if self.raw else None

    def __repr__(self):
        return f"{self.status} {self.raw[:300]!r}"


def call(method, url, body=None, headers=None, timeout=60):
    """One request; an answer of any status is a Reply, no answer is None."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers or {}))
    if data is not None or method != "GET":
        request.add_header("Content-Type", "application/json")
    try:
        with OPENER.open(request, timeout=timeout) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        return Reply(answer.code, answer.headers, answer.read())
    except OSError:
        return None


class ApiClient:
    def __init__(self, base_url):
        self.base_url = base_url
        self.cookie = None

    def login(self, email, password):
        reply = self.call("POST", "/auth/login", {"email": email, "password": password})
        if reply is None or reply.status != 200:
            raise Failure(f"login as {email}: {reply}")
        self.cookie = reply.headers["Set-Cookie"].split(";")[0]
        return reply.body

    def take_session_of(self, other):
        """Goes on with what another client, of another API perhaps, is logged in with."""
        self.cookie = other.cookie

    def call(self, method, path, body=None, timeout=60, headers=None):
        sent = {"Origin": self.base_url, **(headers or {})}
        if self.cookie:
            sent["Cookie"] = self.cookie
        return call(method, self.base_url + path, body, sent, timeout)

    def get(self, path):
        reply = self.call("GET", path)
        if reply is None or reply.status != 200:
            raise Failure(f"GET {path}: {reply}")
        return reply.body

    def post(self, path, body=None, expected=202):
        reply = self.call("POST", path, {} if body is None else body)
        if reply is None or reply.status != expected:
            raise Failure(f"POST {path}: {reply}, not {expected}")
        return reply.body

    def model_id(self, code):
        found = [model["id"] for model in _rows(self.get("/models")) if model["model_id"] == code]
        if not found:
            raise Failure(f"no model {code} in the catalogue")
        return found[0]

    def deploy(self, model="mock-echo-model", instance_type="mock-local-instance", zone="local",
               provider="mock"):
        """Asks for an instance; its id."""
        body = {"provider_code": provider, "zone": zone, "instance_type": instance_type,
                "model_id": self.model_id(model)}
        reply = self.post("/deployments", body)
        equal(reply["status"], "accepted", "the answer's status")
        return reply["instance_id"]

    def instance(self, instance_id):
        return self.get(f"/instances/{instance_id}")

    def status_of(self, instance_id):
        """None while the API does not answer."""
        reply = self.call("GET", f"/instances/{instance_id}", timeout=5)
        return reply.body["status"] if reply is not None and reply.status == 200 else None

    def wait_status(self, instance_id, wanted, seconds):
        last = [None]

        def reached():
            last[0] = self.status_of(instance_id) or last[0]
            return last[0] == wanted

        try:
            wait_until(f"{instance_id} is {wanted}", reached, seconds)
        except Failure as failure:
            raise Failure(f"{failure}; it is {last[0]}") from None

    def ask(self, instance_id, prompt):
        return self.post(f"/instances/{instance_id}/ask", {"prompt": prompt}, expected=200)

    def terminate(self, instance_id):
        """202 as often as asked, 200 once it is terminated."""
        reply = self.call("DELETE", f"/instances/{instance_id}")
        if reply is None or reply.status not in (200, 202):
            raise Failure(f"DELETE {instance_id}: {reply}")
        return reply.body


def _rows(answer):
    """Lists come as arrays or in a page object."""
    if isinstance(answer, list):
        return answer
    return next(value for value in answer.values() if isinstance(value, list))
