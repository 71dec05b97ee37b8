"""The real worker against a plane and an engine that the tests control.
Usage: test_worker.py BINARY [part of a test's name]"""
import json
import os
import shutil
import signal
import stat
import sys
import tempfile


from harness import (HEARTBEAT, INSTANCE, LIMIT, REGISTER, Worker, alive, check, get, post, run,
                     until)


def test_enrols(plane):
    """A worker registers with its one-time token and a secret, then beats with the secret"""
    with Worker(plane) as worker:
        worker.until_ready()
        beat = plane.next_beat(lambda b: b['status'] == 'ready' and b['metadata']['vllm'])
        registration = plane.made(REGISTER)[0]
        secret = registration.body['worker_secret']
        check(registration.bearer == 'enrol-me', 'the bearer of register')
        check(len(secret) == 64 and set(secret) <= set('0123456789abcdef'), secret)
        check(registration.body['generation'] == 1, 'generation in register')
        check(registration.body['vllm_port'] == worker.engine_port, 'vllm_port')
        check(registration.body['health_port'] == worker.port, 'health_port')
        check(len(plane.made(REGISTER)) == 1, 'it registers once')
        check(beat.bearer == secret, 'the bearer of heartbeats')
        body = beat.body
        check(body['instance_id'] == INSTANCE and body['model_id'] == 'test-model', body)
        check(body['generation'] == 1 and body['period_seconds'] == 0.2, body)
        check(body['queue_depth'] == 0 and body['gpu_utilization'] is None, body)
        check(len(body['agent_info']['checksum']) == 64, body['agent_info'])
        check(body['metadata']['vllm'] == {
            'requests_waiting': 0.0, 'requests_running': 0.0, 'queue_depth': 0,
            'prompt_tokens_total': 12.0, 'generation_tokens_total': 5.0}, body['metadata'])
        check(body['metadata']['system']['mem_total_bytes'] > 0, 'system figures')
        check('gpus' not in body['metadata'], 'no GPU, no figures')


def test_lost_reply(plane):
    """A registration whose reply is lost is sent again with the same secret"""
    lost = [None, None, (200, '{}')]
    plane.answers[REGISTER] = lambda call: lost.pop(0) if lost else (200, '{}')
    with Worker(plane):
        plane.next_beat()
        secrets = {call.body['worker_secret'] for call in plane.made(REGISTER)}
        check(len(plane.made(REGISTER)) == 3 and len(secrets) == 1, secrets)


def test_outage(plane):
    """A worker beats again, by itself, after the API was away, and its engine never noticed"""
    with Worker(plane) as worker:
        engine = worker.until_ready()
        plane.next_beat()
        plane.stop()
        until(lambda: worker.text().count('the plane did not accept us') >= 3, 'failed beats')
        check(get(f'{worker.url}/readyz')[0] == 200, 'ready during the outage')
        plane.start()
        plane.next_beat(lambda b: b['status'] == 'ready')
        check(worker.info()['engine_pid'] == engine, 'the same engine')
        check(len(plane.made(REGISTER)) == 1, 'no second registration')


def test_starts_without_plane(plane):
    """A worker that starts while the API is away serves all the same, and enrols later"""
    plane.stop()
    with Worker(plane) as worker:
        worker.until_ready()
        plane.start()
        plane.next_beat(lambda b: b['status'] == 'ready')


def test_silent_plane(plane):
    """An API that accepts and never answers delays no probe and no engine"""
    held = []
    plane.answers[HEARTBEAT] = lambda call: until(lambda: held, 'the end of the test', 60)
    try:
        with Worker(plane, WORKER_CALL_TIMEOUT_SECONDS='0.3') as worker:
            worker.until_ready()
            until(lambda: len(plane.made(HEARTBEAT)) >= 3, 'it goes on trying')
    finally:
        held.append((200, '{}'))


def test_stop(plane):
    """Told to stop, a worker stops its engine, is not ready and falls silent; accepted again, it
    serves again"""
    with Worker(plane, WORKER_STOPPED_BEAT_SECONDS='2') as worker:
        engine = worker.until_ready()
        plane.answers[HEARTBEAT] = (410, '{"directive":"stop"}')
        until(lambda: not alive(engine), 'the engine ends')
        until(lambda: get(f'{worker.url}/readyz')[:2] == (503, 'not-ready\n'), 'not ready')
        check(get(f'{worker.url}/readyz')[2]['X-Instance-Id'] == INSTANCE, 'signed, too')
        check(get(f'{worker.url}/healthz')[0] == 200, 'still alive')
        check(worker.info()['ordered_to_stop'], 'told so in /info')
        told = plane.made(HEARTBEAT)[-1].at
        plane.answers[HEARTBEAT] = (200, '{}')
        again = plane.next_beat()
        check(again.at - told > 1.5, f'it was silent for {again.at - told} s only')
        worker.until_ready()


def test_bare_gone(plane):
    """A bare 410 or 404 stops no living engine"""
    with Worker(plane) as worker:
        engine = worker.until_ready()
        for answer in ((410, ''), (410, '{"directive":"dance"}'), (404, '{"error":"x"}')):
            plane.answers[HEARTBEAT] = answer
            plane.next_beat()
            plane.next_beat()
        check(alive(engine) and get(f'{worker.url}/readyz')[0] == 200, 'it serves')


def test_refused(plane):
    """A worker whose secret is refused registers again with the same secret"""
    with Worker(plane):
        plane.next_beat()
        plane.answers[HEARTBEAT] = (401, '{"error":"unauthorized"}')
        until(lambda: len(plane.made(REGISTER)) >= 2, 'a second registration')
        plane.answers[HEARTBEAT] = (200, '{}')
        beat = plane.next_beat()
        check({c.body['worker_secret'] for c in plane.made(REGISTER)} == {beat.bearer}, 'secret')


def test_forgotten(plane):
    """A plane that forgot its workers (a restored database) is asked ever more seldom, and taken
    back at once where it registers them again"""
    with Worker(plane) as worker:
        secret = plane.next_beat().bearer
        worker.until_ready()
        since = len(plane.calls)
        plane.answers[HEARTBEAT] = plane.answers[REGISTER] = (401, '{"error":"unauthorized"}')
        refusals = until(lambda: (made := plane.made(HEARTBEAT, since))[6:] and made, 'refusals')
        # Pauses of at least 0.05, 0.1, 0.2 and from then on 0.25 s.
        check(refusals[6].at - refusals[0].at > 1.0, [call.at for call in refusals])
        tries = plane.made(REGISTER, since)
        check({c.bearer for c in tries} == {'enrol-me'} and len(tries) <= len(refusals), len(tries))
        known = []

        def register(call):
            known.append(call.body['worker_secret'])
            return 200, '{"status":"ok"}'
        plane.answers[HEARTBEAT] = lambda call: (200 if call.bearer in known else 401, '{}')
        plane.answers[REGISTER] = register
        check(plane.next_beat(lambda b: known).bearer == secret, 'the same secret')
        since = len(plane.calls)
        plane.next_beat()
        plane.next_beat()
        check(len(known) == 1 and not plane.made(REGISTER, since), 'registered once')


def test_expired_token(plane):
    """Once enrolled, a restarted worker whose one-time token has run out beats with its secret"""
    with Worker(plane) as worker:
        secret = plane.next_beat().bearer
        worker.end()
        plane.answers[REGISTER] = (401, '{"error":"unauthorized"}')
        worker.start()
        check(plane.next_beat().bearer == secret, 'the kept secret')


def test_new_generation(plane):
    """Another generation draws another secret; the file that keeps it is the worker's alone"""
    with Worker(plane) as worker:
        first = plane.next_beat().bearer
        kept = os.path.join(worker.state, 'identity.json')
        check(stat.S_IMODE(os.stat(kept).st_mode) == 0o600, 'mode of the secret')
        check(stat.S_IMODE(os.stat(worker.state).st_mode) == 0o700, 'mode of the folder')
        worker.end()
        worker.env['INSTANCE_GENERATION'] = '2'
        worker.start()
        until(lambda: plane.calls[-1].body['generation'] == 2, 'the new generation')
        check(plane.next_beat().bearer != first, 'a new secret')


def test_busy(plane):
    """Retry-After is honoured: a busy API hears nothing before, not even a change of status"""
    with Worker(plane, WORKER_BACKOFF_MAX_SECONDS='5') as worker:
        engine = worker.until_ready()
        plane.answers[HEARTBEAT] = (503, '', {'Retry-After': '2'})
        refused = plane.next_beat()
        plane.answers[HEARTBEAT] = (200, '{}')
        os.kill(engine, signal.SIGKILL)
        gap = plane.next_beat().at - refused.at
        check(1.9 <= gap < 4, f'{gap} s')


def test_period(plane):
    """The period that the API asks for is honoured in bounds, and told"""
    with Worker(plane, WORKER_HEARTBEAT_MAX_SECONDS='1') as worker:
        worker.until_ready()
        plane.answers[HEARTBEAT] = (200, '{"next_heartbeat_seconds": 7200}')
        plane.next_beat(lambda b: b['status'] == 'ready')
        first = plane.next_beat()
        check(first.body['period_seconds'] == 1, first.body['period_seconds'])
        gap = plane.next_beat().at - first.at
        check(0.8 < gap < 2, f'{gap} s')
        plane.answers[HEARTBEAT] = (200, '{"next_heartbeat_seconds": 0.0001}')
        plane.next_beat()
        check(plane.next_beat().body['period_seconds'] == 0.2, 'never quicker than configured')


def test_junk(plane):
    """No reply, whatever is in it, ends the heartbeats"""
    junk = ['', 'null', '[]', '"x"', '{', '\x00\xff', '[' * 5000, '{"a":1,"a":2}', 'x' * 3_000_000,
            '{"next_heartbeat_seconds":"soon","engine_env":[1],"bootstrap_token":{}}',
            '{"next_heartbeat_seconds":-5,"engine_env":{"":"x","A=B":"x","OK":5},'
            '"bootstrap_token":"a\\r\\nb"}', '{"next_heartbeat_seconds":1e999}']
    with Worker(plane) as worker:
        worker.until_ready()
        for text in junk:
            for status in (200, 500):
                plane.answers[HEARTBEAT] = (status, text)
                plane.next_beat(what=f'a beat that gets {status} {text[:20]!r}')
        plane.answers[HEARTBEAT] = (200, '{}')
        plane.next_beat(lambda b: b['status'] == 'ready')
        plane.next_beat()


def test_existing_token(plane):
    """Without enrolment a worker beats with the token that it was given, as the existing agent"""
    with Worker(plane, ENROLMENT_TOKEN='', WORKER_AUTH_TOKEN='wk_given'):
        plane.next_beat()
        check({call.bearer for call in plane.calls} == {'wk_given'}, 'bearers')
        check('worker_secret' not in plane.made(REGISTER)[0].body, 'no secret of its own')


def test_bootstrap(plane):
    """A token that the API issues is adopted, kept in its file, and used after a restart"""
    plane.answers[REGISTER] = (200, '{"status":"ok","bootstrap_token":"wk_a_b"}')
    folder = tempfile.mkdtemp(prefix='inventiv-worker-test-')
    path = os.path.join(folder, 'token')
    try:
        with Worker(plane, ENROLMENT_TOKEN='', WORKER_AUTH_TOKEN_FILE=path) as worker:
            check(plane.next_beat().bearer == 'wk_a_b', 'adopted')
            check(plane.made(REGISTER)[0].bearer == '', 'registered without')
            check(open(path).read() == 'wk_a_b', 'kept')
            check(stat.S_IMODE(os.stat(path).st_mode) == 0o600, 'mode')
            worker.end()
            plane.answers[REGISTER] = (409, '{"error":"token_already_exists_or_race"}')
            worker.start()
            check(plane.next_beat().bearer == 'wk_a_b', 'read again')
    finally:
        shutil.rmtree(folder)


def test_interface(plane):
    """/healthz, /readyz and /metrics are open; /info and /logs want the plane's token"""
    with Worker(plane, WORKER_SIMULATE_GPU_COUNT='2') as worker:
        worker.until_ready()
        plane.next_beat(lambda b: len(b['metadata'].get('gpus', [])) == 2)
        status, text, headers = get(f'{worker.url}/readyz')
        check((status, text, headers['Content-Length']) == (200, 'ready\n', '6'), text)
        check((headers['X-Instance-Id'], headers['X-Generation']) == (INSTANCE, '1'), headers)
        metrics = get(f'{worker.url}/metrics')[1]
        for name in ('up 1', 'vllm_ready 1', 'queue_depth 0', 'requests_running 0', 'load1 '):
            check(f'inventiv_worker_{name}' in metrics, metrics)
        check('gpu' not in metrics, 'made-up GPUs are no metrics')
        check(get(f'{worker.url}/nowhere')[:2] == (404, 'not-found\n'), 'unknown path')
        for path in ('/info', '/logs'):
            check(get(worker.url + path)[0] == 401, f'{path} without token')
            check(get(worker.url + path, 'wrong')[0] == 401, f'{path} with a wrong one')
        info = worker.info()
        check(info['vllm_ready'] is True and info['instance_id'] == INSTANCE, info)
        logs = json.loads(get(f'{worker.url}/logs?tail=2', 'plane-token')[1])
        check(logs['total_events'] == 2 and len(logs['events']) == 2, logs)
        every = json.loads(get(f'{worker.url}/logs', 'plane-token')[1])['events']
        check(every[0]['event_type'] == 'agent_started', every[0])
        check({'register_start', 'register_success', 'heartbeat_success', 'vllm_ready'} <=
              {event['event_type'] for event in every}, 'types of events')
        since = every[3]['timestamp']
        later = json.loads(get(f'{worker.url}/logs?since={since}', 'plane-token')[1])['events']
        check(all(event['timestamp'] >= since for event in later) and later, 'since')
        check(get(f'{worker.url}/logs?tail=many', 'plane-token')[0] == 400, 'a tail of words')
    with Worker(plane, WORKER_PLANE_TOKEN='') as worker:
        check(get(f'{worker.url}/info', 'x')[0] == 403, 'no token set: refused')


def test_events_are_bounded(plane):
    """The journal of events never grows over its limit"""
    with Worker(plane, WORKER_LOG_MAX_BYTES='4096', WORKER_LOG_KEEP_LINES='5',
                WORKER_HEARTBEAT_INTERVAL_S='0.1') as worker:
        path = os.path.join(worker.state, 'worker-events.log')
        until(lambda: len(plane.made(HEARTBEAT)) > 30, 'many beats')
        check(os.stat(path).st_size < 4096 + 1024, 'its size')
        events = json.loads(get(f'{worker.url}/logs', 'plane-token')[1])['events']
        check(events[-1]['event_type'] == 'heartbeat_success', 'the youngest are kept')


def test_no_plane(plane):
    """Without an API's address nothing is sent and the engine is served"""
    with Worker(None) as worker:
        worker.until_ready()
        check(not plane.calls, 'silence')


def test_one_at_a_time(plane):
    """A second worker on the same folder ends at once and leaves the first alone"""
    with Worker(plane) as first:
        engine = first.until_ready()
        second = Worker(plane, folder=first.folder)
        check(second.child.wait(timeout=LIMIT) == 1, 'its exit status')
        second.output.close()
        check(alive(engine) and get(f'{first.url}/readyz')[0] == 200, 'the first serves')


if __name__ == '__main__':
    sys.exit(run([value for name, value in list(globals().items()) if name.startswith('test_')],
                 sys.argv[2] if len(sys.argv) > 2 else None))
