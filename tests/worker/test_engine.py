"""How the real worker looks after its engine.
Usage: test_engine.py BINARY [part of a test's name]"""
import json
import os
import signal
import sys
import time
from datetime import datetime

from harness import HEARTBEAT, REGISTER, Worker, alive, check, get, post, run, until


def test_restart(plane):
    """An engine that dies is started again, and both changes are told at once"""
    with Worker(plane, WORKER_HEARTBEAT_INTERVAL_S='300') as worker:
        first = worker.until_ready()
        until(lambda: plane.calls[-1].body.get('status') == 'ready', 'told that it is ready')
        os.kill(first, signal.SIGKILL)
        until(lambda: plane.calls[-1].body.get('status') == 'starting', 'told that it died')
        second = worker.until_ready()
        until(lambda: plane.calls[-1].body.get('status') == 'ready', 'told that it is back')
        check(second != first and worker.info()['engine_starts'] == 2, 'another engine')


def test_crash_loop(plane):
    """An engine that dies at once is started again ever more seldom"""
    with Worker(plane, engine=False, ENGINE_COMMAND='exit 3',
                ENGINE_RESTART_MAX_SECONDS='1') as worker:
        until(lambda: worker.info()['engine_starts'] >= 5, 'several starts')
        events = json.loads(get(f'{worker.url}/logs', 'plane-token')[1])['events']
        at = [datetime.fromisoformat(e['timestamp'].replace('Z', '+00:00')).timestamp()
              for e in events if e['event_type'] == 'engine_started']
        check(at[4] - at[3] > 0.35 and at[4] - at[3] > at[1] - at[0], at)
        ends = [e for e in events if e['event_type'] == 'engine_ended']
        check(ends[0]['details']['exit_status'] == 3, ends[0])
        check(get(f'{worker.url}/healthz')[0] == 200, 'the worker lives')


def test_wrong_model(plane):
    """An engine that serves another model does not count as ready"""
    with Worker(plane) as worker:
        worker.until_ready()
        post(f'{worker.engine_url}/_set', {'model': 'another'})
        until(lambda: get(f'{worker.url}/readyz')[0] == 503, 'not ready')
        plane.next_beat(lambda b: b['status'] == 'starting')
        post(f'{worker.engine_url}/_set', {'model': 'test-model'})
        worker.until_ready()


def test_figures(plane):
    """The engine's queue is told with the heartbeat, and synthetic GPUs follow it"""
    with Worker(plane, WORKER_SIMULATE_GPU_COUNT='2') as worker:
        worker.until_ready()
        post(f'{worker.engine_url}/_set', {'waiting': 7, 'running': 1, 'tokens': 99})
        body = plane.next_beat(lambda b: b['queue_depth'] == 7 and b['gpu_utilization'] > 60).body
        check(body['metadata']['vllm']['requests_running'] == 1, body)
        check(body['metadata']['vllm']['generation_tokens_total'] == 99, body)
        check([gpu['gpu_utilization'] for gpu in body['metadata']['gpus']] == [61, 64], body)
        check(body['gpu_utilization'] == 62.5, body['gpu_utilization'])


def test_hangs_are_patience(plane):
    """An engine that stops answering is not ready after some probes, is not killed, and comes back"""
    with Worker(plane, WORKER_CALL_TIMEOUT_SECONDS='0.3', ENGINE_PROBE_FALL='3') as worker:
        engine = worker.until_ready()
        os.kill(engine, signal.SIGSTOP)
        until(lambda: get(f'{worker.url}/readyz')[0] == 503, 'not ready')
        check(alive(engine), 'not killed')
        os.kill(engine, signal.SIGCONT)
        worker.until_ready()
        check(worker.info()['engine_pid'] == engine, 'the same engine')


def test_term(plane):
    """SIGTERM: draining is told, the engine ends, the worker with it"""
    with Worker(plane) as worker:
        engine = worker.until_ready()
        plane.next_beat(lambda b: b['status'] == 'ready')
        began = time.monotonic()
        check(worker.end() == 0, 'exit status')
        check(time.monotonic() - began < 3, 'an idle engine is not waited for')
        check(not alive(engine), 'the engine ended')
        check(plane.made(HEARTBEAT)[-1].body['status'] == 'draining', 'told')


def test_drain(plane):
    """SIGTERM while requests run waits for them, not ready meanwhile, at most the time to drain"""
    with Worker(plane, ENGINE_DRAIN_SECONDS='5') as worker:
        engine = worker.until_ready()
        post(f'{worker.engine_url}/_set', {'running': 1})
        plane.next_beat(lambda b: b['metadata']['vllm']['requests_running'] == 1)
        worker.child.send_signal(signal.SIGTERM)
        until(lambda: get(f'{worker.url}/readyz')[0] == 503, 'not ready')
        check(alive(engine), 'the engine goes on')
        post(f'{worker.engine_url}/_set', {'running': 0})
        check(worker.child.wait(timeout=4) == 0, 'it ends once idle')
        check(not alive(engine), 'the engine ended')
        worker.env['ENGINE_DRAIN_SECONDS'] = '1'
        worker.start()
        worker.until_ready()
        post(f'{worker.engine_url}/_set', {'running': 1})
        plane.next_beat(lambda b: b['metadata']['vllm']['requests_running'] == 1)
        began = time.monotonic()
        check(worker.end() == 0 and 0.9 < time.monotonic() - began < 5, 'bounded')


def test_stubborn(plane):
    """An engine that ignores SIGTERM is killed, with all that it started, also with the API away"""
    with Worker(plane) as worker:
        worker.end()
        worker.env['ENGINE_COMMAND'] = (
            'sleep 1000 & ' + worker.env['ENGINE_COMMAND'].removeprefix('exec ') + ' --ignore-term')
        worker.start()
        shell = worker.until_ready()
        members = group(shell)
        check(len(members) >= 3, members)
        plane.stop()
        began = time.monotonic()
        check(worker.end() == 0 and time.monotonic() - began < 10, 'within 10 s')
        check(not any(alive(pid) for pid in members), 'all are gone')


def group(leader):
    members = []
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat') as stat:
                fields = stat.read().rsplit(')', 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == leader and fields[0] != 'Z':
            members.append(int(name))
    return members


def test_orphans(plane):
    """What a killed worker's engine left does not block the next worker"""
    with Worker(plane) as worker:
        worker.end()
        # The shell in front dies with the worker; the engine behind it does not.
        worker.env['ENGINE_COMMAND'] = (
            worker.env['ENGINE_COMMAND'].removeprefix('exec ') + ' --ignore-term; true')
        worker.start()
        shell = worker.until_ready()
        engine = next(pid for pid in group(shell) if pid != shell)
        worker.end(signal.SIGKILL)
        until(lambda: not alive(shell), 'the shell is told of the death')
        check(alive(engine), 'an orphan that keeps its port')
        worker.start()
        until(lambda: not alive(engine), 'the next worker ends it')
        worker.until_ready()
        check(len(plane.made(REGISTER)) == 3, 'registered at each start')
        check(len({call.body['worker_secret'] for call in plane.made(REGISTER)}) == 1, 'one secret')


def test_secrets(plane):
    """Secrets from the API reach the engine and no file; our own reach nobody"""
    plane.answers[REGISTER] = (200, json.dumps({'engine_env': {'HF_TOKEN': 'hf_s3cret'}}))
    with Worker(plane) as worker:
        worker.until_ready()
        env = json.loads(get(f'{worker.engine_url}/_env')[1])
        check(env['HF_TOKEN'] == 'hf_s3cret' and env['MODEL_ID'] == 'test-model', env)
        check(not {'ENROLMENT_TOKEN', 'WORKER_PLANE_TOKEN'} & set(env), env)
        check(worker.info()['engine_starts'] == 1, 'it waited for the first reply')
        for name in os.listdir(worker.state):
            with open(os.path.join(worker.state, name), 'rb') as file:
                check(b'hf_s3cret' not in file.read(), name)
        check('hf_s3cret' not in worker.text(), 'not in the log')


def test_late_secrets(plane):
    """Secrets that come late restart an engine that does not serve, and spare one that does"""
    with Worker(plane) as worker:
        engine = worker.until_ready()
        plane.answers[HEARTBEAT] = (200, json.dumps({'engine_env': {'HF_TOKEN': 'one'}}))
        plane.next_beat()
        plane.next_beat()
        check(worker.info()['engine_pid'] == engine, 'spared')
        post(f'{worker.engine_url}/_set', {'model': 'still loading'})
        until(lambda: worker.info()['engine_starts'] == 2, 'restarted')
        worker.until_ready()
        check(json.loads(get(f'{worker.engine_url}/_env')[1])['HF_TOKEN'] == 'one', 'with them')


def test_run_elsewhere(plane):
    """An engine that somebody else runs is watched and left alone"""
    with Worker(plane) as owner:
        engine = owner.until_ready()
        with Worker(plane, engine=False, VLLM_BASE_URL=owner.engine_url) as worker:
            worker.until_ready()
        check(alive(engine), 'it outlives its watcher')


if __name__ == '__main__':
    sys.exit(run([value for name, value in list(globals().items()) if name.startswith('test_')],
                 sys.argv[2] if len(sys.argv) > 2 else None))
