"""What the local cloud's tests share: one cloud under test on free ports, calls to it, a runner."""
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from expect import LIMIT, Tally, alive, check, equal, free_port, until  # noqa: E402  (what tests use of it, too)

TOKEN = '0f3c1f9e-4d5e-4a6b-8c7d-9e0f1a2b3c4d'
PROJECT = '105bdce1-64c0-48ab-899d-868455867ecf'
IMAGE = '8e0da557-5d75-40ba-b928-5984075aa255'
ZONE = '/instance/v1/zones/local'
BLOCK = '/block/v1/zones/local'
BINARY = sys.argv[1] if len(sys.argv) > 1 else 'inventiv-mockcloud'


def free_network():
    """A 127.a.b.0/24 that this process is unlikely to share with another."""
    return f'127.{100 + os.getpid() % 100}.{os.getpid() // 100 % 200 + 1}.0'


class Reply:
    def __init__(self, status, headers, data):
        self.status = status
        self.headers = headers
        self.text = data.decode(errors='replace')

    @property
    def json(self):
        return json.loads(self.text)


def ask(address, port, method, path, body=None, headers=None, timeout=10):
    """One request to anybody; None where nobody answers."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        data = body.encode() if isinstance(body, str) else body
        connection.request(method, path, data, headers or {})
        reply = connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())
    except OSError:
        return None
    finally:
        connection.close()


class Cloud:
    def __init__(self, **settings):
        self.folder = tempfile.mkdtemp(prefix='mockcloud-test-')
        os.chmod(self.folder, 0o755)  # machines' user must get through
        self.port = free_port()
        self.ssh_port = free_port()
        self.metadata_port = free_port()
        self.state_file = os.path.join(self.folder, 'state.json')
        self.guests = os.path.join(self.folder, 'guests')
        self.log = os.path.join(self.folder, 'log')
        self.environment = {
            'PATH': os.environ['PATH'],
            'MOCKCLOUD_LISTEN': f'127.0.0.1:{self.port}',
            'MOCKCLOUD_STATE_FILE': self.state_file,
            'MOCKCLOUD_GUEST_DIR': self.guests,
            'MOCKCLOUD_NETWORK': free_network(),
            'MOCKCLOUD_SSH_PORT': str(self.ssh_port),
            'MOCKCLOUD_METADATA_PORT': str(self.metadata_port),
            'MOCKCLOUD_SECRET_KEY': TOKEN,
            'MOCKCLOUD_PROJECT_ID': PROJECT,
            'MOCKCLOUD_BOOT_SECONDS': '0.1',
            'MOCKCLOUD_STOP_SECONDS': '0.05',
            'MOCKCLOUD_INSTALL_SECONDS': '0',
            'MOCKCLOUD_MODEL_LOAD_SECONDS': '0',
            'MOCKCLOUD_VOLUME_SECONDS': '0.05',
        }
        self.environment.update({name: os.environ[name] for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS')
                                 if name in os.environ})
        self.environment.update({f'MOCKCLOUD_{name}': str(value) for name, value in settings.items()})
        self.child = None
        self.last_log = ''
        self.start()

    def start(self):
        with open(self.log, 'ab') as log:
            self.child = subprocess.Popen([BINARY], env=self.environment, stderr=log, stdout=log)
        until(lambda: self.own('GET', '/readyz') or self.died(), 'the cloud answers')

    def died(self):
        if self.child.poll() is not None:
            raise AssertionError(f'the cloud ended with {self.child.returncode}: {self.log_text()}')

    def log_text(self):
        with open(self.log) as log:
            return log.read()

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        self.child.terminate()
        return self.child.wait(timeout=LIMIT)

    def run(self, *arguments):
        return subprocess.run([BINARY, *arguments], env=self.environment, capture_output=True,
                              text=True, timeout=60, check=False)

    def close(self):
        if self.child.poll() is None:
            self.stop()
        self.run('--stop-machines')
        self.last_log = self.log_text()
        shutil.rmtree(self.folder, ignore_errors=True)

    def own(self, method, path, body=None):
        """The cloud's own endpoints: no token."""
        headers = {'Content-Type': 'application/json'} if body is not None else {}
        text = json.dumps(body) if body is not None else None
        return ask('127.0.0.1', self.port, method, path, text, headers)

    def raw(self, method, path, body=None, headers=None):
        return ask('127.0.0.1', self.port, method, path, body,
                   {'X-Auth-Token': TOKEN, **(headers or {})})

    def call(self, method, path, body=None, status=None):
        headers = {'Content-Type': 'application/json'} if method in ('POST', 'PUT', 'PATCH') else {}
        reply = self.raw(method, path, json.dumps(body or {}) if headers else None, headers)
        if status is not None:
            equal(reply.status, status, f'{method} {path} -> {reply.text}')
        return reply

    def create(self, user_data=None, **more):
        body = {'name': 'm', 'commercial_type': 'mock-local-instance', 'image': IMAGE,
                'project': PROJECT, 'dynamic_ip_required': True, **more}
        server = self.call('POST', f'{ZONE}/servers', body, 201).json['server']
        if user_data is not None:
            self.set_user_data(server['id'], user_data)
        return server

    def set_user_data(self, server_id, text):
        reply = self.raw('PUT', f'{ZONE}/servers/{server_id}/user_data/cloud-init', text,
                         {'Content-Type': 'text/plain'})
        equal(reply.status, 204, 'user data')

    def get(self, server_id):
        return self.call('GET', f'{ZONE}/servers/{server_id}', status=200).json['server']

    def act(self, server_id, action, state=None):
        reply = self.call('POST', f'{ZONE}/servers/{server_id}/action', {'action': action}, 202)
        if state is not None:
            self.reaches(server_id, state)
        return reply

    def reaches(self, server_id, state):
        return until(lambda: (s := self.get(server_id))['state'] == state and s,
                     f'{server_id} is {state}')

    def machine(self, server_id):
        machines = self.own('GET', '/_machines').json
        return next((m for m in machines if m['server_id'] == server_id), None)

    def address(self, server_id):
        return self.machine(server_id)['address']

    def path(self, server_id, *parts):
        return os.path.join(self.guests, server_id, *parts)

    def read(self, server_id, *parts):
        try:
            with open(self.path(server_id, *parts)) as file:
                return file.read()
        except OSError:
            return ''

    def rented(self):
        bill = self.own('GET', '/_bill').json
        return bill['servers'], bill['volumes'], bill['addresses']

    def processes(self, server_id):
        """Every process that carries the machine's folder in its environment."""
        mark = f'INVENTIV_ROOT={self.path(server_id)}'.encode()
        found = []
        for name in os.listdir('/proc'):
            try:
                with open(f'/proc/{name}/environ', 'rb') as environ:
                    if mark in environ.read().split(b'\0'):
                        found.append(int(name))
            except (OSError, ValueError):
                pass
        return found

    def banner(self, server_id):
        try:
            with socket.create_connection((self.address(server_id), self.ssh_port), 5) as peer:
                return peer.recv(100).decode()
        except OSError:
            return ''

    def boot(self, user_data=None, **more):
        server_id = self.create(user_data, **more)['id']
        self.act(server_id, 'poweron', 'running')
        return server_id


def run(tests):
    """tests: sentence -> function.  Ends the process."""
    tally = Tally()
    for sentence, test in tests.items():
        tally.run(sentence, test)
    sys.exit(tally.close())


def with_cloud(test, **settings):
    """A test of its own cloud, which it is handed."""
    def run_it():
        cloud = Cloud(**settings)
        try:
            test(cloud)
        except BaseException:
            print(cloud.log_text()[-3000:], flush=True)
            raise
        finally:
            cloud.close()
        text = cloud.last_log
        check('Sanitizer' not in text and 'runtime error' not in text, text)
    return run_it
