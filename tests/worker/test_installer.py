"""The installer, run as a machine would run it, with the real worker served by a plane of ours.
Usage: test_installer.py BINARY [part of a test's name]"""
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading

import harness
from harness import HEARTBEAT, HERE, INSTANCE, LIMIT, REGISTER, alive, check, free_port, get, run, until

BODY = os.path.join(HERE, '..', '..', 'deploy', 'installer', 'bare.sh')
ENGINE = (f'exec {sys.executable} {HERE}/fake_engine.py --host "$WORKER_LISTEN_ADDRESS" '
          '--port "$WORKER_VLLM_PORT" --model "$MODEL_ID"')
METADATA = '/user_data/cloud-init'


def words(text):
    return "'" + text.replace("'", "'\\''") + "'"


def executable(pid):
    """None for one that has just ended."""
    try:
        return os.path.realpath(f'/proc/{pid}/exe')
    except FileNotFoundError:
        return None


class Machine:
    """A folder that stands for a machine's disk, and the processes on it."""

    def __init__(self, plane, **values):
        self.plane = plane
        self.root = tempfile.mkdtemp(prefix='inventiv-machine-')
        self.port, self.engine_port = free_port(), free_port()
        with open(harness.BINARY, 'rb') as binary:
            self.agent = binary.read()
        digest = hashlib.sha256(self.agent).hexdigest()
        plane.files[f'/agent/{digest}'] = self.agent
        self.values = {
            'PLANE_URL': plane.url, 'INSTANCE_ID': INSTANCE, 'GENERATION': '1',
            'ENROLMENT_TOKEN': 'enrol-1', 'AGENT_SHA256': digest, 'MODEL_ID': "it's a model",
            'ENGINE_COMMAND': ENGINE, 'HEALTH_PORT': str(self.port),
            'VLLM_PORT': str(self.engine_port), 'HEARTBEAT_SECONDS': '0.2',
            'PLANE_TOKEN': 'plane $HOME `id` "token"'}
        self.values.update(values)
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.root, 'INVENTIV_ROOT': self.root,
                    'INVENTIV_METADATA_URL': plane.url, 'GUEST_ADDRESS': '127.0.0.1'}
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS'):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def read(self, *parts):
        with open(self.path(*parts)) as file:
            return file.read()

    def script(self, **changes):
        values = {**self.values, **changes}
        with open(BODY) as body:
            return ('#!/bin/sh\n' + ''.join(f'{k}={words(v)}\n' for k, v in values.items()) +
                    body.read())

    def launch(self, path):
        return subprocess.Popen(['sh', path], env=self.env, cwd='/', stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def first_boot(self, **changes):
        with open(self.path('first-boot'), 'w') as file:
            file.write(self.script(**changes))
        return self.launch(self.path('first-boot'))

    def every_boot(self):
        return self.launch(self.path('var/lib/cloud/scripts/per-boot/50-inventiv-worker'))

    def pids(self):
        """Whatever carries this machine's folder in its environment."""
        mark = f'INVENTIV_ROOT={self.root}'.encode()
        found = []
        for name in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{name}/environ', 'rb') as environ:
                    if mark in environ.read().split(b'\0') and alive(name):
                        found.append(int(name))
            except OSError:
                pass
        return found

    def power_off(self):
        def none_left():
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            return not self.pids()
        until(none_left, 'the machine is off')

    def info(self):
        status, text, _ = get(f'http://127.0.0.1:{self.port}/info', self.values['PLANE_TOKEN'])
        return json.loads(text) if status == 200 else None

    def ready(self):
        return get(f'http://127.0.0.1:{self.port}/readyz')[0] == 200

    def workers(self):
        agent = self.path('opt/inventiv-worker/inventiv-worker')
        return [pid for pid in self.pids() if executable(pid) == agent]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.power_off()
        if kind is not None and os.path.exists(self.path('var/lib/inventiv-worker/worker.log')):
            print(self.read('var/lib/inventiv-worker/worker.log'))
        shutil.rmtree(self.root)


def finish(installer, status=0):
    """What it printed."""
    reader = []
    thread = threading.Thread(target=lambda: reader.append(installer.stdout.read()), daemon=True)
    thread.start()
    try:
        got = installer.wait(timeout=LIMIT)
    finally:
        if installer.poll() is None:
            installer.kill()
    thread.join(5)
    output = reader[0] if reader else ''
    check(got == status, f'it ended with {got}: {output}')
    return output


def phases(output):
    return [line[9:] for line in output.splitlines() if line.startswith('::phase::')]


def test_installs(plane):
    """User data installs the agent and starts it; it enrols and becomes ready, values unharmed"""
    with Machine(plane) as machine:
        output = finish(machine.first_boot())
        check(phases(output) == ['start', 'hook_install', 'agent_download', 'configure',
                                 'agent_start', 'done'], output)
        until(machine.ready, 'ready')
        check(plane.made(REGISTER)[0].bearer == 'enrol-1', 'enrolled')
        beat = plane.next_beat(lambda b: b['status'] == 'ready').body
        check(beat['model_id'] == "it's a model" and beat['ip_address'] == '127.0.0.1', beat)
        check(beat['agent_info']['checksum'] == machine.values['AGENT_SHA256'], 'the agent')
        check(machine.info()['generation'] == 1, 'the token with odd characters')
        for file in ('worker.env', 'run'):
            mode = os.stat(machine.path('opt/inventiv-worker', file)).st_mode
            check(not stat.S_IMODE(mode) & 0o077, f'{file} is private')
        check(not [name for _, _, names in os.walk(machine.root) for name in names
                   if name.endswith('.new')], 'nothing half-written')


def test_twice(plane):
    """Run again, the installer changes nothing and leaves the worker running"""
    with Machine(plane) as machine:
        finish(machine.first_boot())
        until(machine.ready, 'ready')
        before = machine.workers()
        finish(machine.first_boot())
        check(machine.workers() == before and len(before) == 1, (before, machine.workers()))
        finish(machine.first_boot(MODEL_ID='another'))
        until(machine.ready, 'ready with another model')
        check(len(machine.workers()) == 1 and machine.workers() != before, 'one new worker')
        plane.next_beat(lambda b: b['model_id'] == 'another')


def test_wrong_agent(plane):
    """An agent with another hash is refused and never kept"""
    wrong = '0' * 64
    with Machine(plane, AGENT_SHA256=wrong) as machine:
        plane.files[f'/agent/{wrong}'] = machine.agent
        output = finish(machine.first_boot(), 1)
        check(phases(output)[-1] == 'failed' and wrong in output, output)
        check(not [name for name in os.listdir(machine.path('opt/inventiv-worker'))
                   if name.startswith('inventiv-worker')], 'kept')
        check(not machine.pids() and not plane.calls, 'started')


def test_api_away(plane):
    """An API that is away for a while is waited for"""
    plane.stop()
    with Machine(plane) as machine:
        installer = machine.first_boot()
        until(lambda: os.path.exists(machine.path('opt/inventiv-worker/start')), 'under way')
        plane.start()
        finish(installer)
        until(machine.ready, 'ready')


def test_reboot(plane):
    """After a reboot the hook starts what is installed, also with metadata or API away"""
    with Machine(plane) as machine:
        plane.files[METADATA] = machine.script().encode()
        finish(machine.first_boot())
        secret = plane.next_beat(lambda b: b['status'] == 'ready').bearer
        machine.power_off()
        finish(machine.every_boot())
        until(machine.ready, 'ready')
        check(plane.next_beat().bearer == secret, 'the same worker')
        machine.power_off()
        plane.stop()
        hook = machine.path('var/lib/cloud/scripts/per-boot/50-inventiv-worker')
        with open(hook) as file:
            text = file.read().replace("METADATA_TRIES='8'", "METADATA_TRIES='1'")
        with open(hook, 'w') as file:
            file.write(text)
        finish(machine.every_boot())
        until(machine.ready, 'ready without anybody')


def test_newer_generation(plane):
    """A newer generation in the user data is installed at the next boot, an older one never"""
    with Machine(plane) as machine:
        finish(machine.first_boot(GENERATION='2'))
        first = plane.next_beat(lambda b: b['status'] == 'ready').bearer
        plane.files[METADATA] = machine.script(GENERATION='1', MODEL_ID='old').encode()
        machine.power_off()
        check('start' not in phases(finish(machine.every_boot())), 'an older one')
        until(machine.ready, 'ready')
        plane.files[METADATA] = machine.script(GENERATION='10', ENROLMENT_TOKEN='enrol-10',
                                               MODEL_ID='new').encode()
        machine.power_off()
        check(phases(finish(machine.every_boot()))[-1] == 'done', 'installed')
        until(machine.ready, 'ready')
        beat = plane.next_beat(lambda b: b['status'] == 'ready')
        check(beat.body['generation'] == 10 and beat.body['model_id'] == 'new', beat.body)
        check(beat.bearer != first and plane.made(REGISTER)[-1].bearer == 'enrol-10', 'a new secret')


def test_supervised(plane):
    """A worker that is killed is started again with its identity; its supervisor ends with it"""
    with Machine(plane) as machine:
        finish(machine.first_boot())
        until(machine.ready, 'ready')
        first = machine.workers()[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: machine.workers() and machine.workers() != [first], 'another worker')
        until(machine.ready, 'ready again')
        check(len({c.body['worker_secret'] for c in plane.made(REGISTER)}) == 1, 'one secret')
        os.kill(int(machine.read('var/lib/inventiv-worker/supervisor.pid')), signal.SIGTERM)
        until(lambda: not machine.pids(), 'all end')
        check(plane.made(HEARTBEAT)[-1].body['status'] == 'draining', 'in order')


def test_supervisor_killed(plane):
    """A supervisor that is killed, or does not end when told, leaves no worker in the way"""
    with Machine(plane) as machine:
        finish(machine.first_boot())
        until(machine.ready, 'ready')
        supervisor = int(machine.read('var/lib/inventiv-worker/supervisor.pid'))
        check(os.getsid(supervisor) == supervisor, 'a session of its own')
        first = machine.workers()
        os.kill(supervisor, signal.SIGKILL)
        finish(machine.first_boot(GENERATION='2'))
        until(lambda: len(machine.workers()) == 1 and machine.workers() != first, 'another worker')
        until(lambda: (machine.info() or {}).get('generation') == 2, 'the new generation')
        until(machine.ready, 'ready')
        first = machine.workers()
        os.kill(int(machine.read('var/lib/inventiv-worker/supervisor.pid')), signal.SIGSTOP)
        start = machine.path('opt/inventiv-worker/start')
        with open(start) as file:
            text = file.read().replace("STOP_SECONDS='15'", "STOP_SECONDS='1'")
        with open(start, 'w') as file:
            file.write(text)
        check(subprocess.run(['sh', start, 'restart'], env=machine.env, timeout=LIMIT).returncode == 0,
              'started')
        until(lambda: len(machine.workers()) == 1 and machine.workers() != first, 'a third worker')
        until(machine.ready, 'ready')


def test_unit(plane):
    """systemd starts the worker again however often it fails"""
    del plane
    with open(BODY) as body:
        text = body.read()
    text = text[text.index('write_unit() {'):]
    text = text[:text.index('\n}\n') + 3]
    with tempfile.TemporaryDirectory() as folder:
        shell = f'APP=/a STOP_SECONDS=15 UNIT={folder}/unit\nreplace() {{ :; }}\n{text}write_unit'
        subprocess.run(['sh', '-euc', shell], check=True, timeout=LIMIT)
        with open(os.path.join(folder, 'unit.new')) as file:
            unit, service = file.read().split('[Service]')
    check('\nStartLimitIntervalSec=0\n' in unit, unit)
    check('\nRestart=always\n' in service, service)


if __name__ == '__main__':
    sys.exit(run([value for name, value in list(globals().items()) if name.startswith('test_')],
                 sys.argv[2] if len(sys.argv) > 2 else None))
