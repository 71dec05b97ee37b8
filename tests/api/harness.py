"""What the API's tests share: a database of their own, the API on a free port, calls to it."""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
import uuid

import cluster

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from expect import LIMIT, Tally, check, equal, until  # noqa: E402  (what tests use of it, too)

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = sys.argv[1] if len(sys.argv) > 1 else 'inventiv-api'
ADMIN_PASSWORD = 'correct-horse-battery'
ROLES = ('viewer', 'operator', 'admin')


class Database:
    """One database of a cluster, by psql."""

    def __init__(self, superuser_url):
        self.name = 'api_' + uuid.uuid4().hex[:12]
        self._superuser_url = superuser_url
        self.url = re.sub(r'(?<=[^/:])/[^/?]*(?=\?|$)', '/' + self.name, superuser_url, count=1)
        self._run(superuser_url, f'CREATE DATABASE {self.name}')

    @staticmethod
    def _run(url, sql):
        done = subprocess.run(['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', '-'], input=sql,
                              capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == 0, f'{sql}\n{done.stderr}')
        return done.stdout.strip()

    def sql(self, text):
        return self._run(self.url, text)

    def run_file(self, name):
        with open(os.path.join(HERE, name), encoding='utf-8') as file:
            return self.sql(file.read())

    def drop(self):
        self._run(self._superuser_url, f'DROP DATABASE IF EXISTS {self.name} WITH (FORCE)')


class Reply:
    def __init__(self, status, headers, data):
        self.status = status
        self.headers = headers
        self.data = data

    @property
    def json(self):
        return json.loads(self.data)

    def __repr__(self):
        return f'{self.status} {self.data[:2000]!r}'


class Api:
    """The program under test."""

    def __init__(self, database_url, **settings):
        self.directory = tempfile.mkdtemp(prefix='inventiv-api-test-')
        self.log_path = os.path.join(self.directory, 'log')
        self.settings = {'DATABASE_URL': database_url, 'JWT_SECRET': 's' * 40, 'API_LISTEN': '127.0.0.1:0',
                         'ADMIN_PASSWORD': ADMIN_PASSWORD, **settings}
        self.child = None
        self.port = None
        self._tokens = {}

    def start(self, ready=True):
        environment = {name: value for name, value in os.environ.items()
                       if name in ('PATH', 'HOME', 'LANG') or name.endswith('SAN_OPTIONS')}
        with open(self.log_path, 'ab') as log:
            offset = log.tell()
            self.child = subprocess.Popen([BINARY], env={**environment, **self.settings}, stdout=log,
                                          stderr=log, stdin=subprocess.DEVNULL)
        found = until(lambda: re.search(r'"port":(\d+)', self.log()[offset:]) or self.child.poll() is not None,
                      'the API listens')
        check(found is not True, f'the API ended:\n{self.log()}')
        self.port = int(found[1])
        if ready:
            until(self.is_ready, 'the API is ready')
        return self

    def is_ready(self):
        reply = self.ask('GET', '/readyz')
        return reply is not None and reply.status == 200

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as log:
            return log.read()

    def stop(self):
        """SIGTERM; its exit status."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=10)

    def kill(self):
        if self.child is not None and self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """One request; None where nobody answers."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=timeout)
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        sent = {'Content-Type': 'application/json'} if data else {}
        sent.update(headers or {})
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def login(self, name, password=ADMIN_PASSWORD):
        reply = self.ask('POST', '/auth/login', {'email': name, 'password': password})
        equal(reply.status, 200, f'login of {name}')
        return re.match(r'inventiv_session=([^;]+)', reply.headers['Set-Cookie'])[1]

    def token(self, role):
        if role not in self._tokens:
            self._tokens[role] = self.login(role)
        return self._tokens[role]

    def ask_as(self, role, method, path, body=None, headers=None):
        bearer = {'Authorization': 'Bearer ' + self.token(role)}
        return self.ask(method, path, body, {**bearer, **(headers or {})})


@contextlib.contextmanager
def api_with_database(cluster_of_tests=None, **settings):
    """An API, ready, with the fixtures in place: a user a role (name = role), a catalogue."""
    with (contextlib.nullcontext(cluster_of_tests) if cluster_of_tests else cluster.cluster()) as server:
        database = Database(server.url)
        redis = {'REDIS_URL': os.environ['TEST_REDIS_URL']} if 'TEST_REDIS_URL' in os.environ else {}
        api = Api(database.url, **{**redis, **settings})
        try:
            api.start()
            database.run_file('fixtures.sql')
            yield api, database
            ended = api.stop() if api.child.poll() is None else 0
            equal(ended, 0, 'exit status; log:\n' + api.log()[-3000:])
        except AssertionError:
            print(api.log()[-6000:])
            raise
        finally:
            api.kill()
            database.drop()


def query(**parameters):
    return '?' + urllib.parse.urlencode(parameters)


TALLY = Tally()


def run(*tests):
    """Runs the tests in order: each is (sentence, function).  1 when one has failed, else 0; the
    closing line sums up all that were run."""
    for sentence, test in tests:
        TALLY.run(sentence, test)
    return TALLY.close()
