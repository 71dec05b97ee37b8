"""What the worker's tests share: a plane that answers as told, a worker under test, and a runner."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from expect import LIMIT, Tally, alive, check, free_port, until  # noqa: E402  (what tests use of it, too)

HERE = os.path.dirname(os.path.abspath(__file__))
INSTANCE = '11111111-2222-4333-8444-555555555555'
REGISTER = '/internal/worker/register'
HEARTBEAT = '/internal/worker/heartbeat'


def get(url, token=None):
    """(status, text, headers); (0, '', None) where nobody answers."""
    request = urllib.request.Request(url)
    if token:
        request.add_header('Authorization', f'Bearer {token}')
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, reply.read().decode(), reply.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode(), refusal.headers
    except OSError:
        return 0, '', None


def post(url, value):
    request = urllib.request.Request(url, json.dumps(value).encode(), method='POST')
    with urllib.request.urlopen(request, timeout=5) as reply:
        return reply.read()


class Call:
    def __init__(self, path, headers, body):
        self.path = path
        self.bearer = (headers.get('Authorization') or '').removeprefix('Bearer ')
        self.text = body
        self.body = json.loads(body) if body else None
        self.at = time.monotonic()


class Plane:
    """An API for one worker.  answers: path -> a reply, or a function of the call that gives one:
    (status, text, headers), or None to hang up without a word."""

    def __init__(self):
        self.calls = []
        self.files = {}
        self.answers = {REGISTER: (200, '{"status":"ok"}'), HEARTBEAT: (200, '{"status":"ok"}')}
        self.port = free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.server = None
        self.start()

    def start(self):
        plane = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def answer(self, status, data, headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(data)))
                self.send_header('Connection', 'close')
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                data = plane.files.get(self.path)
                self.answer(200 if data is not None else 404, data or b'', {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length'])).decode()
                call = Call(self.path, self.headers, body)
                plane.calls.append(call)
                answer = plane.answers[self.path]
                answer = answer(call) if callable(answer) else answer
                if answer is None:
                    self.close_connection = True
                    return
                self.answer(answer[0], answer[1].encode(), answer[2] if len(answer) > 2 else {})

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(('127.0.0.1', self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def made(self, path, since=0):
        return [call for call in self.calls[since:] if call.path == path]

    def next_beat(self, accept=lambda beat: True, what='a heartbeat', limit=LIMIT):
        """The first heartbeat from now on that is accepted."""
        since = len(self.calls)
        return until(lambda: next((c for c in self.made(HEARTBEAT, since) if accept(c.body)), None),
                     what, limit)


class Worker:
    """The real binary, with quick timings, in a folder of its own."""

    def __init__(self, plane, engine=True, folder=None, **env):
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix='inventiv-worker-test-')
        self.state = os.path.join(self.folder, 'state')
        self.port, self.engine_port = free_port(), free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.engine_url = f'http://127.0.0.1:{self.engine_port}'
        self.env = {
            'PATH': os.environ['PATH'], 'CONTROL_PLANE_URL': plane.url if plane else '',
            'INSTANCE_ID': INSTANCE, 'INSTANCE_GENERATION': '1', 'ENROLMENT_TOKEN': 'enrol-me',
            'MODEL_ID': 'test-model', 'WORKER_STATE_DIR': self.state,
            'WORKER_LISTEN_ADDRESS': '127.0.0.1', 'WORKER_HEALTH_PORT': str(self.port),
            'WORKER_VLLM_PORT': str(self.engine_port), 'VLLM_BASE_URL': self.engine_url,
            'WORKER_HEARTBEAT_INTERVAL_S': '0.2', 'WORKER_BACKOFF_MIN_SECONDS': '0.1',
            'WORKER_BACKOFF_MAX_SECONDS': '0.5', 'WORKER_CALL_TIMEOUT_SECONDS': '2',
            'ENGINE_WATCH_SECONDS': '0.05', 'ENGINE_PROBE_SECONDS': '0.1',
            'WORKER_SAMPLE_SECONDS': '0.1', 'WORKER_PLANE_TOKEN': 'plane-token',
        }
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'LD_LIBRARY_PATH'):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if engine:
            self.env['ENGINE_COMMAND'] = (
                f'exec {sys.executable} {HERE}/fake_engine.py --host "$WORKER_LISTEN_ADDRESS" '
                f'--port "$WORKER_VLLM_PORT" --model "$MODEL_ID"')
        self.env.update(env)
        self.child = None
        self.start()

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        self.output = open(os.path.join(self.folder, 'output'), 'ab')
        self.child = subprocess.Popen([BINARY], env=self.env, stdin=subprocess.DEVNULL,
                                      stdout=self.output, stderr=self.output)
        until(lambda: get(f'{self.url}/healthz')[0] == 200 or self.child.poll() is not None,
              'the worker answers')

    def info(self):
        return json.loads(get(f'{self.url}/info', 'plane-token')[1])

    def until_ready(self):
        until(lambda: get(f'{self.url}/readyz')[0] == 200, 'the worker is ready')
        return self.info()['engine_pid']

    def end(self, number=signal.SIGTERM):
        """Its exit status."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)
        return self.child.wait(timeout=LIMIT)

    def text(self):
        with open(os.path.join(self.folder, 'output')) as output:
            return output.read()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            status = self.end()
            if kind is None and status not in (0, -signal.SIGKILL):
                raise AssertionError(f'the worker ended with {status}')
            if kind is None and ('Sanitizer' in self.text() or 'runtime error' in self.text()):
                raise AssertionError(self.text())
        finally:
            self.output.close()
            if kind is not None:
                print(self.text())
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)


def run(tests, only=None):
    """Runs the functions, named by their documentation; the exit status."""
    tally = Tally()
    for test in tests:
        if only and only not in test.__name__:
            continue
        plane = Plane()
        tally.run(' '.join(test.__doc__.split()), test, plane)
        plane.stop()
    return tally.close()


BINARY = os.path.abspath(sys.argv[1])
