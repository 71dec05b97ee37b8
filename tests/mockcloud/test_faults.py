"""The local cloud fails on demand: each fault, its rules, and what stays as it was."""
import contextlib
import json
import os
import socket
import time

from harness import (BLOCK, IMAGE, PROJECT, TOKEN, ZONE, check, equal, run, until, with_cloud)

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/local-cloud.md')
SERVER = {'name': 'm', 'commercial_type': 'mock-local-instance', 'image': IMAGE,
          'project': PROJECT}
NOBODY = 'deadbeef-0000-4000-8000-000000000000'


def put(cloud, name, **more):
    reply = cloud.own('POST', '/_faults', {'name': name, **more})
    equal(reply.status, 201, f'{name} {more}: {reply.text}')
    return reply.json['id']


def remove(cloud, fault_id):
    equal(cloud.own('DELETE', f'/_faults/{fault_id}').status, 204)


@contextlib.contextmanager
def fault(cloud, name, **more):
    fault_id = put(cloud, name, **more)
    try:
        yield fault_id
    finally:
        remove(cloud, fault_id)


def rule(cloud, fault_id):
    return next(r for r in cloud.own('GET', '/_faults').json if r['id'] == fault_id)


def create(cloud):
    return cloud.call('POST', f'{ZONE}/servers', SERVER)


def servers(cloud, query=''):
    return [s['id'] for s in cloud.call('GET', f'{ZONE}/servers{query}', status=200).json['servers']]


def wire(cloud, method, path, body=None):
    """All bytes that come back until the other side ends."""
    text = '' if body is None else json.dumps(body)
    with socket.create_connection(('127.0.0.1', cloud.port), 10) as peer:
        peer.sendall((f'{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {TOKEN}\r\n'
                      f'Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n'
                      f'{text}').encode())
        got = b''
        while piece := peer.recv(65536):
            got += piece
    return got


def latency(cloud):
    with fault(cloud, 'latency', value=300, operation='server_list'):
        began = time.monotonic()
        servers(cloud)
        check(time.monotonic() - began >= 0.3, 'it takes its time')
        began = time.monotonic()
        with socket.create_connection(('127.0.0.1', cloud.port), 10) as peer:
            peer.sendall(f'GET {ZONE}/servers HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {TOKEN}'
                         '\r\n\r\n'.encode())
            cloud.create()
            check(time.monotonic() - began < 0.3, 'others do not wait for it')
            check(peer.recv(100).startswith(b'HTTP/1.1 200'), 'it is answered')
    with fault(cloud, 'latency', value=100, jitter=100, seed=1) as fault_id:
        for _ in range(5):
            began = time.monotonic()
            servers(cloud)
            check(time.monotonic() - began < 2, 'value and jitter together are the most')
        equal(rule(cloud, fault_id)['fired'], 5)


def late_work(cloud):
    """A client that gives up is no reason not to do it."""
    with fault(cloud, 'latency', value=200, operation='server_create'):
        text = json.dumps(SERVER)
        with socket.create_connection(('127.0.0.1', cloud.port), 10) as peer:
            peer.sendall((f'POST {ZONE}/servers HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: '
                          f'{TOKEN}\r\nContent-Type: application/json\r\nContent-Length: '
                          f'{len(text)}\r\n\r\n{text}').encode())
        until(lambda: len(servers(cloud)) == 1, 'done after all')


def latency_at_the_end(cloud):
    put(cloud, 'latency', value=60000)
    with socket.create_connection(('127.0.0.1', cloud.port), 10) as peer:
        peer.sendall(f'GET {ZONE}/servers HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {TOKEN}'
                     '\r\n\r\n'.encode())
        until(lambda: cloud.own('GET', '/_faults').json[0]['fired'] == 1, 'it waits')
        equal(cloud.stop(), 0, 'it does not hold up the end')


def not_done(cloud, name, status, kind, **more):
    with fault(cloud, name, **more):
        reply = create(cloud)
        equal((reply.status, reply.json['type']), (status, kind))
    equal(servers(cloud), [], f'{name}: nothing is done')
    equal(cloud.rented(), (0, 0, 0))
    return reply


def refusals(cloud):
    not_done(cloud, 'error_500', 500, 'internal_error')
    not_done(cloud, 'unauthorized', 401, 'denied_authentication')
    reply = not_done(cloud, 'throttle', 429, 'too_many_requests', value=7)
    equal(reply.headers['Retry-After'], '7')
    reply = not_done(cloud, 'throttle', 429, 'too_many_requests', value=1.2)
    equal(reply.headers['Retry-After'], '2', 'the header knows whole seconds')
    reply = not_done(cloud, 'quota', 403, 'quotas_exceeded')
    equal(reply.json['details'], [{'resource': 'server_create', 'quota': 1, 'current': 1}])
    not_done(cloud, 'out_of_stock', 412, 'out_of_stock')
    equal(cloud.own('GET', '/_requests').json['server_create'],
          {'500': 1, '401': 1, '429': 2, '403': 1, '412': 1})
    for name in ('error_500', 'unauthorized', 'throttle'):
        with fault(cloud, name):
            check(cloud.call('GET', f'{ZONE}/servers').status >= 400, f'{name} of a read')
    equal(create(cloud).status, 201)


def only_power_on(cloud):
    server_id = cloud.create()['id']
    for name in ('quota', 'out_of_stock'):
        with fault(cloud, name):
            equal(cloud.call('GET', f'{ZONE}/servers').status, 200, name)
            refused = cloud.call('POST', f'{ZONE}/servers/{server_id}/action', {'action': 'poweron'})
            check(refused.status in (403, 412), f'{name}: {refused.text}')
            equal(cloud.get(server_id)['state'], 'stopped', name)
    cloud.act(server_id, 'poweron', 'running')
    for name in ('quota', 'out_of_stock'):
        put(cloud, name)
    cloud.act(server_id, 'poweroff', 'stopped')


def out_of_stock_later(cloud):
    server_id = cloud.create()['id']
    with fault(cloud, 'out_of_stock', operation='boot') as fault_id:
        cloud.act(server_id, 'poweron', 'stopped')
        equal(rule(cloud, fault_id)['fired'], 1)
        equal(cloud.machine(server_id)['pids'], {'ssh': None, 'agent': None, 'engine': None})
        equal(cloud.rented(), (1, 1, 0), 'no address was rented')
    cloud.act(server_id, 'poweron', 'running')


def error_after_work(cloud):
    with fault(cloud, 'error_after_work') as fault_id:
        equal(create(cloud).status, 500)
        equal(cloud.call('POST', f'{ZONE}/servers', {}).status, 400)
        equal(rule(cloud, fault_id)['fired'], 1, 'what is refused is not done')
    equal(len(servers(cloud)), 1, 'done')
    equal(cloud.rented(), (1, 1, 0))


def lost_reply(cloud):
    with fault(cloud, 'lost_reply'):
        equal(wire(cloud, 'POST', f'{ZONE}/servers', SERVER), b'')
        equal(wire(cloud, 'GET', f'{ZONE}/servers'), b'')
    server_id = servers(cloud)[0]
    equal(cloud.rented(), (1, 1, 0), 'done')
    equal(cloud.own('GET', '/_requests').json['server_create'], {'lost_reply': 1})
    cloud.kill()
    cloud.start()
    equal(servers(cloud), [server_id], 'and in the state file')


def cut_reply(cloud):
    with fault(cloud, 'cut_reply'):
        got = wire(cloud, 'POST', f'{ZONE}/servers', SERVER)
        head, body = got.split(b'\r\n\r\n', 1)
        check(head.startswith(b'HTTP/1.1 201 '), head)
        length = int(head.split(b'Content-Length: ')[1].split(b'\r')[0])
        equal(len(body), length // 2)
        check(body.startswith(b'{"server":'), body)
    server_id = servers(cloud)[0]
    with fault(cloud, 'cut_reply'):
        got = wire(cloud, 'DELETE', f'{ZONE}/servers/{server_id}')
        check(b'HTTP/1.1 204' in got and b'\r\n\r\n' not in got, 'a reply without body: its head')
    equal(servers(cloud), [], 'done')
    equal(cloud.own('GET', '/_requests').json['server_delete'], {'cut_reply': 1})


def list_lag(cloud):
    with fault(cloud, 'list_lag', value=3600, operation='server_list'):
        server_id = cloud.create(tags=['x'])['id']
        equal(servers(cloud), [], 'too young to be seen')
        equal(cloud.call('GET', f'{ZONE}/servers', status=200).headers['X-Total-Count'], '0')
        equal(cloud.get(server_id)['id'], server_id, 'a GET knows it')
        equal(len(cloud.call('GET', f'{BLOCK}/volumes', status=200).json['volumes']), 1,
              'another list does not lag')
    equal(servers(cloud), [server_id])
    second = cloud.create()['id']
    with fault(cloud, 'list_lag', value=0.4):
        until(lambda: servers(cloud) == [second, server_id], 'old enough')
        cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=204)
        equal(cloud.call('GET', f'{ZONE}/servers/{server_id}').status, 404, 'gone')
        equal(servers(cloud), [second, server_id], 'and still listed, in its place')
        equal(servers(cloud, '?tags=x'), [server_id])
        until(lambda: servers(cloud) == [second], 'until the lag is over')
        cloud.call('DELETE', f'{ZONE}/servers/{second}', status=204)
    equal(servers(cloud), [], 'without the rule nothing is late')


def list_short(cloud):
    born = {cloud.create()['id'] for _ in range(5)}
    with fault(cloud, 'list_short', value=2, seed=5):
        reply = cloud.call('GET', f'{ZONE}/servers', status=200)
        equal((len(reply.json['servers']), reply.headers['X-Total-Count']), (3, '5'))
        equal(len(cloud.call('GET', f'{ZONE}/servers?per_page=2', status=200).json['servers']), 0)
        reply = cloud.call('GET', f'{BLOCK}/volumes', status=200).json
        equal((len(reply['volumes']), reply['total_count']), (3, 5))
    products = len(cloud.call('GET', f'{ZONE}/products/servers', status=200).json['servers'])
    with fault(cloud, 'list_short'):
        reply = cloud.call('GET', f'{ZONE}/products/servers', status=200)
        equal((len(reply.json['servers']), reply.headers['X-Total-Count']),
              (products - 1, str(products)))
    equal(set(servers(cloud)), born)


def never_boots(cloud):
    server_id = cloud.create()['id']
    with fault(cloud, 'never_boots', server_id=server_id):
        cloud.act(server_id, 'poweron')
        other = cloud.boot()
        until(lambda: cloud.get(other)['state'] == 'running', 'another boots')
        equal(cloud.get(server_id)['state'], 'starting')
        refused = cloud.call('POST', f'{ZONE}/servers/{server_id}/action', {'action': 'poweroff'})
        equal(refused.status, 409)
    cloud.reaches(server_id, 'running')
    cloud.act(other, 'poweroff', 'stopped')
    with fault(cloud, 'never_boots', count=1) as fault_id:
        cloud.act(other, 'poweron')
        cloud.boot()
        equal((cloud.get(other)['state'], rule(cloud, fault_id)['count']), ('starting', 0))
        equal(cloud.own('DELETE', f'/_machines/{other}').status, 204, 'it can be taken away')
    equal(cloud.call('GET', f'{ZONE}/servers/{other}').status, 404)


def no_ssh(cloud):
    with fault(cloud, 'no_ssh'):
        server_id = cloud.boot()
        equal(cloud.banner(server_id), '')
        equal(cloud.machine(server_id)['pids']['ssh'], None)
        cloud.act(server_id, 'poweroff', 'stopped')
    with fault(cloud, 'no_ssh', value=1):
        cloud.act(server_id, 'poweron', 'running')
        until(lambda: cloud.machine(server_id)['pids']['ssh'], 'somebody listens')

        def says_nothing():
            try:
                with socket.create_connection((cloud.address(server_id), cloud.ssh_port), 5) as peer:
                    peer.settimeout(0.3)
                    with contextlib.suppress(TimeoutError):
                        check(peer.recv(100) == b'never', 'a banner')
                    return True
            except ConnectionRefusedError:
                return False
        until(says_nothing, 'the port is open')
    cloud.act(server_id, 'reboot', 'running')
    until(lambda: cloud.banner(server_id), 'the next boot greets')


def stopped(cloud):
    first, second = cloud.boot(), cloud.boot()
    with fault(cloud, 'stopped', server_id=first) as fault_id:
        cloud.reaches(first, 'stopped')
        equal(cloud.processes(first), [])
        equal(cloud.get(second)['state'], 'running')
        equal(rule(cloud, fault_id)['fired'], 1)
    with fault(cloud, 'stopped', operation='stop_in_place', count=1):
        cloud.reaches(second, 'stopped in place')
        cloud.act(first, 'poweron', 'running')
    put(cloud, 'stopped', value=0.2, jitter=0.1)
    equal(cloud.get(first)['state'], 'running', 'not yet')
    cloud.reaches(first, 'stopped')
    cloud.act(second, 'poweron')
    cloud.reaches(second, 'stopped')
    equal(cloud.rented(), (2, 2, 2), 'all of it is rented still')


def stop_that_was_called_off(cloud):
    server_id = cloud.boot()
    with fault(cloud, 'stopped', value=0.3) as fault_id:
        equal(rule(cloud, fault_id)['fired'], 1)
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 0.5, 'its time has passed')
    equal(cloud.get(server_id)['state'], 'running')


def deleted(cloud):
    first, second = cloud.boot(), cloud.create()['id']
    with fault(cloud, 'deleted', server_id=first):
        equal(servers(cloud), [second])
        equal(cloud.call('GET', f'{ZONE}/servers/{first}').status, 404)
        equal(cloud.rented(), (1, 2, 1), 'volume and address stay')
        until(lambda: not cloud.processes(first), 'its processes end')
    with fault(cloud, 'deleted', zone='local-2'):
        equal(servers(cloud), [second])
    put(cloud, 'deleted', zone='local')
    equal(servers(cloud), [], 'all of a zone, in any state')
    cloud.own('DELETE', '/_faults')
    put(cloud, 'deleted', value=0.2)
    third = cloud.boot()
    until(lambda: cloud.call('GET', f'{ZONE}/servers/{third}').status == 404, 'a while later')


def places(cloud):
    other = '/instance/v1/zones/local-2/servers'
    first, second = cloud.create()['id'], cloud.create()['id']
    with fault(cloud, 'error_500', zone='local-2'):
        equal(cloud.call('GET', f'{ZONE}/servers').status, 200)
        equal(cloud.call('GET', other).status, 500)
    with fault(cloud, 'error_500', operation='server_get'):
        equal(cloud.call('GET', f'{ZONE}/servers').status, 200)
        equal(cloud.call('GET', f'{ZONE}/servers/{first}').status, 500)
    with fault(cloud, 'error_500', server_id=second):
        equal(cloud.call('GET', f'{ZONE}/servers/{first}').status, 200)
        equal(cloud.call('GET', f'{ZONE}/servers/{second}').status, 500)
    put(cloud, 'error_500')
    check(all(cloud.own('GET', path).status == 200 for path in
              ('/healthz', '/_bill', '/_machines', '/_requests', '/_faults')), 'never its own')


def counts(cloud):
    with fault(cloud, 'error_500', count=2) as fault_id:
        equal([cloud.call('GET', f'{ZONE}/servers').status for _ in range(4)], [500, 500, 200, 200])
        seen = rule(cloud, fault_id)
        equal((seen['count'], seen['fired']), (0, 2))


def chances(cloud):
    def outcome(seed):
        with fault(cloud, 'error_500', probability=0.3, seed=seed):
            return [cloud.call('GET', f'{ZONE}/servers').status for _ in range(60)]
    first = outcome(42)
    check(5 <= first.count(500) <= 35, f'about 3 of 10: {first.count(500)} of 60')
    equal(outcome(42), first, 'the same seed')
    check(outcome(43) != first, 'another seed')
    put(cloud, 'throttle', probability=0.5)
    put(cloud, 'latency', probability=0.5, value=1)
    mixed = outcome(42)
    equal([s for s in mixed if s not in (200, 429, 500)], [])
    with fault(cloud, 'error_500', probability=0) as fault_id:
        seed = rule(cloud, fault_id)['seed']
        check(isinstance(seed, int), 'a seed that was not given is told')


def rules(cloud):
    equal(cloud.own('GET', '/_faults').json, [])
    fault_id = put(cloud, 'latency', operation='server_get', zone='local', server_id=NOBODY,
                   probability=0.5, count=3, value=20, jitter=10, seed=9)
    equal(cloud.own('GET', '/_faults').json,
          [{'id': fault_id, 'name': 'latency', 'operation': 'server_get', 'zone': 'local',
            'server_id': NOBODY, 'probability': 0.5, 'count': 3, 'value': 20.0, 'jitter': 10.0,
            'seed': 9, 'fired': 0}])
    second = put(cloud, 'lost_reply')
    equal([r['id'] for r in cloud.own('GET', '/_faults').json], [fault_id, second])
    remove(cloud, fault_id)
    equal(cloud.own('DELETE', f'/_faults/{fault_id}').status, 404)
    equal([r['id'] for r in cloud.own('GET', '/_faults').json], [second])
    put(cloud, 'quota')
    equal(cloud.own('DELETE', '/_faults').status, 204)
    equal(cloud.own('GET', '/_faults').json, [])
    put(cloud, 'error_500')
    cloud.kill()
    cloud.start()
    equal(cloud.own('GET', '/_faults').json, [], 'a restarted cloud has none')


def refused(cloud, body, argument, hint):
    reply = cloud.own('POST', '/_faults', body)
    equal(reply.status, 400, f'{body}')
    detail = reply.json['details'][0]
    equal(detail['argument_name'], argument, f'{body}')
    check(hint in detail['help_message'], f'{body}: {detail}')
    equal(cloud.own('GET', '/_faults').json, [], f'{body}')
    return detail['help_message']


def wrong_rules(cloud):
    refused(cloud, {}, 'name', 'allowed: latency ')
    refused(cloud, {'name': 'fire'}, 'name', ' deleted')
    refused(cloud, {'name': 1}, 'name', '')
    refused(cloud, {'name': 'quota', 'chance': 1}, 'chance', 'probability')
    refused(cloud, {'name': 'quota', 'operation': 'server_get'}, 'operation', 'server_create')
    refused(cloud, {'name': 'latency', 'operation': 'own_bill'}, 'operation', 'volume_delete')
    refused(cloud, {'name': 'no_ssh', 'operation': 'server_get'}, 'operation', 'no operation')
    refused(cloud, {'name': 'latency', 'operation': ''}, 'operation', 'allowed')
    refused(cloud, {'name': 'quota', 'zone': 'mars'}, 'zone', 'local,local-2')
    refused(cloud, {'name': 'quota', 'server_id': 'x'}, 'server_id', 'id')
    refused(cloud, {'name': 'list_lag', 'server_id': NOBODY}, 'server_id', 'list')
    refused(cloud, {'name': 'quota', 'value': 1}, 'value', 'takes no value')
    refused(cloud, {'name': 'throttle', 'jitter': 1}, 'jitter', 'takes no jitter')
    refused(cloud, {'name': 'latency', 'value': -1}, 'value', 'from 0')
    refused(cloud, {'name': 'latency', 'value': 1e300}, 'value', 'from 0')
    refused(cloud, {'name': 'latency', 'value': '1'}, 'value', 'number')
    refused(cloud, {'name': 'quota', 'probability': 1.5}, 'probability', 'from 0 to 1')
    refused(cloud, {'name': 'quota', 'count': 0}, 'count', 'from 1')
    refused(cloud, {'name': 'quota', 'count': 1.5}, 'count', 'whole')
    refused(cloud, {'name': 'quota', 'seed': 'x'}, 'seed', 'whole')


def many_rules(cloud):
    for _ in range(3):
        put(cloud, 'quota')
    reply = cloud.own('POST', '/_faults', {'name': 'quota'})
    equal(reply.status, 400)
    check('MOCKCLOUD_FAULTS_MAX' in reply.text, reply.text)


def described(cloud):
    hint = refused(cloud, {'name': 'x'}, 'name', 'allowed: ')
    with open(DOCS) as docs:
        text = docs.read()
    missing = [name for name in hint.split()[1:] if f'`{name}`' not in text]
    equal(missing, [], 'faults that docs/local-cloud.md does not tell of')


run({
    'latency: a call waits, and no other with it': with_cloud(latency),
    'latency: work is done although its client gave up': with_cloud(late_work),
    'latency: what waits does not hold up the end': with_cloud(latency_at_the_end),
    'error_500, unauthorized, throttle, quota, out_of_stock: refused and not done':
        with_cloud(refusals),
    'quota, out_of_stock: of what is done to a server, a power-on alone': with_cloud(only_power_on),
    'out_of_stock: a power-on that is accepted and comes to nothing': with_cloud(out_of_stock_later),
    'error_after_work: done, and answered with 500': with_cloud(error_after_work),
    'lost_reply: done, and the connection ends without a byte': with_cloud(lost_reply),
    'cut_reply: done, and the reply ends in its middle': with_cloud(cut_reply),
    'list_lag: lists do not know what is new, and know what is gone': with_cloud(list_lag),
    'list_short: rows are missing that the total counts': with_cloud(list_short),
    'never_boots: it stays starting while the rule is there': with_cloud(never_boots),
    'no_ssh: nobody listens, or says nothing': with_cloud(no_ssh),
    'stopped: machines stop by themselves, at once or later': with_cloud(stopped),
    'stopped: what a removed rule had in mind is off': with_cloud(stop_that_was_called_off),
    'deleted: servers go behind our back': with_cloud(deleted),
    'a rule is of an operation, a zone, a server': with_cloud(places),
    'a rule fires so many times': with_cloud(counts),
    'one seed gives one outcome': with_cloud(chances),
    'rules are told, removed one by one or all, and not kept': with_cloud(rules),
    'wrong rules are refused with what is allowed': with_cloud(wrong_rules),
    'there is a most of rules': with_cloud(many_rules, FAULTS_MAX=3),
    'each fault is described': with_cloud(described),
})
