"""What the command line's tests share: an API that answers as told, the real binary run against it
with or without a terminal, and a runner."""
import fcntl
import json
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from expect import Tally, check  # noqa: E402  (what tests use of it, too)

BINARY = os.path.abspath(sys.argv[1])
DEADLINE_SECONDS = 20
EMAIL = 'ada@example.org'
PASSWORD = 'correct horse battery'
ONE = '3f2a9c1e-0000-4000-8000-000000000001'
TWO = '3f2a9c1e-0000-4000-8000-000000000002'
OTHER = 'b0b0cafe-0000-4000-8000-000000000003'


def check_is(got, wanted):
    check(got == wanted, f'got    {got!r}\nwanted {wanted!r}')


def check_in(part, text):
    check(part in text, f'{part!r} is not in\n{text}')


def check_not_in(part, text):
    check(part not in text, f'{part!r} is in\n{text}')


class Raw:
    """A reply as bytes; drop: the connection ends in the middle of it; hold: it stays open there."""

    def __init__(self, data, status=200, drop=False, hold=False):
        self.data, self.status, self.drop, self.hold = data, status, drop, hold


class Api:
    """Answers what a test tells it to: a reply is an object (200), (status, object), (status, object,
    headers) or Raw; of several, each is given once and the last one again and again."""

    def __init__(self):
        self.replies = {}
        self.requests = []
        self.sessions = set()
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.start(0)
        self.url = f'http://127.0.0.1:{self.port}'
        self.on('GET', '/auth/me', {'user_id': OTHER, 'username': 'ada', 'email': EMAIL, 'role': 'operator'})
        self.on('POST', '/auth/logout', {'status': 'ok'})

    def start(self, port):
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def serve(self):
                api.serve(self)

            do_GET = do_POST = do_PUT = do_DELETE = serve

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(('127.0.0.1', port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def on(self, method, path, *replies):
        self.replies[method, path] = list(replies)

    def asked(self, method, path):
        with self.lock:
            return [request for request in self.requests if request[:2] == (method, path)]

    def log_in(self, body):
        if (body.get('email'), body.get('password')) != (EMAIL, PASSWORD):
            return 401, {'error': 'invalid_credentials', 'message': 'e-mail or password is wrong'}
        token = f'token-{len(self.sessions) + 1}'
        self.sessions.add(token)
        cookie = f'inventiv_session={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200'
        return 200, {'user_id': OTHER, 'email': EMAIL, 'role': 'operator'}, {'Set-Cookie': cookie}

    def reply_to(self, method, path, headers, body):
        if ('POST', '/auth/login') == (method, path) and (method, path) not in self.replies:
            return self.log_in(body)
        if method != 'POST' or path != '/auth/login':
            if headers.get('Authorization', '').removeprefix('Bearer ') not in self.sessions:
                return 401, {'error': 'unauthorized', 'message': 'login_required'}
        replies = self.replies.get((method, path))
        if replies is None:
            return 404, {'error': 'not_found', 'message': 'no such path'}
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def serve(self, handler):
        length = int(handler.headers.get('Content-Length') or 0)
        text = handler.rfile.read(length)
        body = json.loads(text) if text else None
        with self.lock:
            reply = self.reply_to(handler.command, handler.path, handler.headers, body)
            self.requests.append((handler.command, handler.path, dict(handler.headers), body))
        self.send(handler, reply)

    def send(self, handler, reply):
        headers = {}
        cut = isinstance(reply, Raw) and (reply.drop or reply.hold)
        if isinstance(reply, Raw):
            data, status = reply.data, reply.status
        else:
            status, value, headers = (*reply, {})[:3] if isinstance(reply, tuple) else (200, reply, {})
            data = json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header('Content-Length', str(len(data) + cut))
        for name, value in {'Content-Type': 'application/json', **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)
        handler.wfile.flush()
        if cut and reply.hold:
            self.ended.wait(DEADLINE_SECONDS)
        handler.close_connection = cut


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Cli:
    """The binary, with a folder of its own and the settings that a test gives it."""

    def __init__(self, api):
        self.api = api
        self.folder = tempfile.mkdtemp(prefix='inventiv-cli-')
        self.session_path = os.path.join(self.folder, 'config', 'session.json')
        self.environment = {
            'PATH': os.environ['PATH'], 'HOME': self.folder, 'LC_ALL': 'C.UTF-8', 'TERM': 'xterm',
            'INVENTIV_CONFIG_DIR': os.path.dirname(self.session_path),
            'INVENTIV_POLL_SECONDS': '0.05', 'INVENTIV_POLL_MAX_SECONDS': '0.1',
        }
        self.environment.update({name: os.environ[name] for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS')
                                 if name in os.environ})

    def script(self):
        """As a script has it: logs in by itself."""
        self.environment.update(INVENTIV_API_URL=self.api.url, INVENTIV_EMAIL=EMAIL,
                                INVENTIV_PASSWORD=PASSWORD)
        return self

    def run(self, *words, stdin='', **settings):
        done = subprocess.run([BINARY, *words], env={**self.environment, **settings}, input=stdin,
                              capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        check_not_in(PASSWORD, done.stdout + done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)

    def run_ok(self, *words, **settings):
        result = self.run(*words, **settings)
        check(result.status == 0, f'{words} ended with {result.status}: {result.err}')
        return result

    def on_terminal(self, *words, width=80, answers=(), **settings):
        """All three streams are a terminal; answers: (what to wait for, what to type).  The result's
        out is what the terminal got."""
        side, child_side = pty.openpty()
        fcntl.ioctl(child_side, termios.TIOCSWINSZ, struct.pack('HHHH', 24, width, 0, 0))
        child = subprocess.Popen([BINARY, *words], env={**self.environment, **settings},
                                 stdin=child_side, stdout=child_side, stderr=child_side,
                                 start_new_session=True)
        os.close(child_side)
        try:
            text = talk(side, list(answers), time.monotonic() + DEADLINE_SECONDS)
            return Result(child.wait(DEADLINE_SECONDS), text.replace('\r\n', '\n'), '')
        finally:
            child.kill()
            child.wait()
            os.close(side)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def talk(side, answers, deadline):
    text = b''
    seen = 0
    while time.monotonic() < deadline:
        if not select.select([side], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(side, 65536)
        except OSError:  # the other end is closed
            part = b''
        if not part:
            return text.decode()
        text += part
        while answers and answers[0][0].encode() in text[seen:]:
            seen = len(text)
            os.write(side, answers.pop(0)[1].encode())
    raise AssertionError(f'no end within {DEADLINE_SECONDS} s: {text!r}')


def instance(status='ready', percent=100, instance_id=ONE, **more):
    return {
        'id': instance_id, 'status': status, 'progress_percent': percent, 'model_code': 'echo-1',
        'model_name': 'Echo', 'instance_type': 'Small GPU', 'instance_type_code': 'GPU-S',
        'zone': 'Local one', 'zone_code': 'local', 'provider_code': 'mock', 'cost_per_hour': 0.42,
        'total_cost': 1.26, 'created_at': '2026-01-06T10:00:00.000Z', 'ip_address': '127.77.0.9/32',
        'error_code': None, 'error_message': None, 'billed': True, **more,
    }


def run(tests):
    """Runs the functions, named by their documentation; ends the program."""
    tally = Tally()
    for test in tests:
        api = Api()
        cli = Cli(api)
        tally.run(' '.join(test.__doc__.split()), test, api, cli)
        cli.close()
        api.stop()
    sys.exit(tally.close())
