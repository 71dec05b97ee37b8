"""Waiting: wait, deploy --wait, terminate --wait, without a terminal."""
import json
import threading

from harness import ONE, TWO, Raw, check, check_in, check_is, instance, run
from test_commands import ACCEPTED, DEPLOY, catalogue

PATH = f'/instances/{ONE}'
BIRTH = [instance('provisioning', 5), instance('provisioning', 20), instance('booting', 30),
         instance('installing', 60), instance('starting', 70), instance('starting', 90), instance()]


def lines_of(text):
    """(percent, state) of each line of progress."""
    found = [line.split() for line in text.splitlines() if ' %  ' in line]
    return [(words[words.index('%') - 1], words[words.index('%') + 1]) for words in found]


def test_wait(api, cli):
    """wait shows a line a change and ends with 0 when ready"""
    api.on('GET', PATH, *[look for look in BIRTH for _ in range(2)])
    out = cli.script().run_ok('wait', ONE).out
    check_is(lines_of(out), [('5', 'provisioning'), ('20', 'provisioning'), ('30', 'booting'),
                             ('60', 'installing'), ('70', 'starting'), ('90', 'starting'), ('100', 'ready')])
    check_in('creating the machine', out)
    check_in('loading the model', out)
    check_in('3f2a9c1e is ready after ', out.splitlines()[-1])


def test_wait_prefix(api, cli):
    """wait takes the begin of an id, and asks for the list once"""
    api.on('GET', '/instances?archived=false', [instance()])
    api.on('GET', PATH, *BIRTH)
    cli.script().run_ok('wait', '3F2A')
    check_is(len(api.asked('GET', '/instances?archived=false')), 1)


def test_lost(api, cli):
    """wait ends with 1 at once when ready can no longer be reached, and says why"""
    for state in ('provisioning_failed', 'startup_failed', 'failed', 'draining', 'terminating',
                  'terminated', 'archived'):
        api.on('GET', PATH, instance('booting', 30), instance(
            state, 0, error_code='PROVIDER_OUT_OF_STOCK', error_message='none left'))
        result = cli.script().run('wait', ONE)
        check_is(result.status, 1)
        check_in(f'3f2a9c1e is {state} and will not be ready: PROVIDER_OUT_OF_STOCK: none left', result.err)
        check_in('`inventiv logs 3f2a9c1e`', result.err)


def test_goes_on(api, cli):
    """trouble that may pass is waited on, and so is a state of a later version"""
    api.on('GET', PATH, instance('unavailable', 0), instance('worker_dead', 0), instance('pondering', 50),
           instance())
    check_is([state for _, state in lines_of(cli.script().run_ok('wait', ONE).out)],
             ['unavailable', 'worker_dead', 'pondering', 'ready'])


def test_for_terminated(api, cli):
    """wait --for terminated ends when nothing is rented any more"""
    api.on('GET', PATH, instance(), instance('terminating', 0), instance('terminated', 0))
    out = cli.script().run_ok('wait', ONE, '--for', 'terminated').out
    check_in('3f2a9c1e is terminated', out)
    check_is(lines_of(out), [('0', 'ready'), ('60', 'terminating'), ('100', 'terminated')])
    api.on('GET', PATH, instance('archived', 0))
    cli.run_ok('wait', ONE, '--for=terminated')
    result = cli.run('wait', ONE, '--for', 'lunch')
    check_is(result.status, 2)
    check_in('must be ready or terminated', result.err)


def test_timeout(api, cli):
    """wait ends with 7 after --timeout or INVENTIV_WAIT_SECONDS, and says how to go on"""
    api.on('GET', PATH, instance('booting', 30))
    result = cli.script().run('wait', ONE, '--timeout', '1')
    check_is(result.status, 7)
    check_in('3f2a9c1e is booting, not ready, after 1.0 s', result.err)
    check_in('`inventiv wait 3f2a9c1e --for ready`', result.err)
    check_is(cli.run('wait', ONE, INVENTIV_WAIT_SECONDS='1').status, 7)
    check_is(cli.run('wait', ONE, '--timeout', '0').status, 2)


def test_bounded_period(api, cli):
    """wait asks at its period, not as fast as it can"""
    api.on('GET', PATH, instance('booting', 30))
    cli.script().run('wait', ONE, '--timeout', '1', INVENTIV_POLL_SECONDS='0.25')
    looks = len(api.asked('GET', PATH))
    check(2 <= looks <= 6, f'{looks} looks in a second')


def test_errors_on_the_way(api, cli):
    """an API that is restarted in the middle is borne with"""
    away = (503, {'error': 'unavailable', 'message': 'database away'})
    api.on('GET', PATH, instance('booting', 30), away, Raw(b'{', drop=True), Raw(b'', 500),
           (429, {'error': 'busy', 'message': 'later'}), instance('starting', 70), instance())
    out = cli.script().run_ok('wait', ONE).out
    check_in('booting       the API does not answer; asking again', out)
    check_in('3f2a9c1e is ready', out)


def test_gone_api(api, cli):
    """an API that goes away and comes back on its port is found again"""
    api.on('GET', PATH, instance('booting', 30))
    cli.script().run_ok('whoami')
    results = []
    thread = threading.Thread(target=lambda: results.append(cli.run('wait', ONE)))
    thread.start()
    wait_for(lambda: api.asked('GET', PATH))
    api.stop()
    api.on('GET', PATH, instance())
    api.start(api.port)
    thread.join(20)
    check_is(results[0].status, 0)


def wait_for(condition):
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError('it did not happen')


def test_first_look(api, cli):
    """wait fails at once when the API is not there from the start, or does not know the instance"""
    api.on('GET', PATH, (503, {'error': 'unavailable', 'message': 'database away'}))
    check_is(cli.script().run('wait', ONE).status, 6)
    check_is(cli.run('wait', TWO).status, 4)
    check_is(len(api.asked('GET', PATH)), 1)


def test_vanishing(api, cli):
    """an instance that the API no longer knows ends the wait with 4"""
    api.on('GET', PATH, instance('booting', 30), (404, {'error': 'not_found', 'message': 'no such instance'}))
    check_is(cli.script().run('wait', ONE).status, 4)


def test_session_ends(api, cli):
    """a script whose session ends while it waits logs in again"""
    cli.script().run_ok('whoami')
    api.on('GET', PATH, instance('booting', 30), (401, {'error': 'unauthorized', 'message': 'ended'}), instance())
    cli.run_ok('wait', ONE)
    check_is(len(api.asked('POST', '/auth/login')), 2)


def test_deploy_wait(api, cli):
    """deploy --wait stays until ready, even when the API goes away right after accepting"""
    catalogue(api)
    api.on('POST', '/deployments', (202, ACCEPTED))
    api.on('GET', PATH, (503, {'error': 'unavailable', 'message': 'away'}), *BIRTH)
    out = cli.script().run_ok(*DEPLOY, '--wait').out
    check_is(out.splitlines()[0], f'{ONE}  accepted')
    check_is(lines_of(out)[-1], ('100', 'ready'))
    check_is(len(api.asked('POST', '/deployments')), 1)


def test_deploy_wait_json(api, cli):
    """deploy --wait --json: the instance as one document, progress on standard error"""
    catalogue(api)
    api.on('POST', '/deployments', (202, ACCEPTED))
    api.on('GET', PATH, *BIRTH)
    result = cli.script().run_ok(*DEPLOY, '--wait', '--json')
    check_is(json.loads(result.out), instance())
    check_is(lines_of(result.err)[-1], ('100', 'ready'))


def test_json_when_lost(api, cli):
    """with --json a wait that fails or runs out gives the instance as last seen"""
    api.on('GET', PATH, instance('failed', 0))
    result = cli.script().run('wait', ONE, '--json')
    check_is((result.status, json.loads(result.out)['status']), (1, 'failed'))
    api.on('GET', PATH, instance('booting', 30))
    result = cli.run('wait', ONE, '--json', '--timeout', '1')
    check_is((result.status, json.loads(result.out)['status']), (7, 'booting'))


def test_deploy_fails(api, cli):
    """deploy --wait ends with 1 when nothing comes of it"""
    catalogue(api)
    api.on('POST', '/deployments', (202, ACCEPTED))
    api.on('GET', PATH, instance('provisioning', 5), instance('provisioning_failed', 0))
    check_is(cli.script().run(*DEPLOY, '--wait').status, 1)


def test_terminate_wait(api, cli):
    """terminate --wait stays until terminated, and one that is over already ends at once"""
    api.on('DELETE', PATH, (202, {'status': 'accepted', 'message': 'everything is being given back'}),
           (200, {'status': 'terminated', 'message': 'it is terminated'}))
    api.on('GET', PATH, instance('terminating', 0), instance('terminated', 0))
    out = cli.script().run_ok('terminate', ONE, '--wait').out
    check_in('everything is being given back', out)
    check_in('3f2a9c1e is terminated after', out)
    check_in('it is terminated', cli.run_ok('terminate', ONE).out)
    result = cli.run_ok('terminate', ONE, '--wait', '--json')
    check_is(json.loads(result.out)['status'], 'terminated')


if __name__ == '__main__':
    run([test for name, test in list(globals().items()) if name.startswith('test_')])
