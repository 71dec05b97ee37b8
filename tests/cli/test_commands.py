"""Every command but waiting ones: what it asks the API, shows, and ends with."""
import json
import subprocess

from harness import (BINARY, ONE, OTHER, TWO, Raw, check, check_in, check_is, check_not_in, instance, run)

MODELS = [
    {'id': 'aaaaaaaa-0000-4000-8000-000000000001', 'model_id': 'echo-1', 'name': 'Echo',
     'required_vram_gb': 20, 'context_length': 4096, 'is_active': True},
    {'id': 'aaaaaaaa-0000-4000-8000-000000000002', 'model_id': 'org/huge', 'name': 'Huge',
     'required_vram_gb': 640, 'context_length': 131072, 'is_active': True},
    {'id': 'aaaaaaaa-0000-4000-8000-000000000003', 'model_id': 'old', 'name': 'Old',
     'required_vram_gb': 1, 'context_length': 1, 'is_active': False},
]
HERE = [{'code': 'local', 'is_available': True}]
TYPES = [
    {'code': 'GPU-S', 'provider_code': 'mock', 'gpu_count': 1, 'vram_per_gpu_gb': 24, 'cpu_count': 8,
     'ram_gb': 48, 'cost_per_hour': 0.42, 'is_active': True, 'zones': HERE},
    {'code': 'GPU-L', 'provider_code': 'mock', 'gpu_count': 8, 'vram_per_gpu_gb': 80, 'cpu_count': 96,
     'ram_gb': 960, 'cost_per_hour': 20.5, 'is_active': True, 'zones': []},
    {'code': 'CPU', 'provider_code': 'mock', 'gpu_count': 0, 'vram_per_gpu_gb': 0, 'cpu_count': 2,
     'ram_gb': 4, 'cost_per_hour': 0.01, 'is_active': True, 'zones': HERE},
]
ZONES = [
    {'id': OTHER, 'code': 'local', 'name': 'Local', 'provider_code': 'mock', 'region_code': 'here', 'is_active': True},
    {'code': 'both', 'name': 'B', 'provider_code': 'mock', 'region_code': 'here', 'is_active': True,
     'paused_until': '2030-01-01T00:00:00.000Z', 'paused_reason': 'quota'},
    {'code': 'both', 'name': 'B', 'provider_code': 'other', 'region_code': 'there', 'is_active': False},
]
ACCEPTED = {'status': 'accepted', 'instance_id': ONE, 'message': 'the machine is being rented'}
DEPLOY = ['deploy', '--model', 'echo-1', '--type', 'GPU-S', '--zone', 'local']


def catalogue(api):
    api.on('GET', '/models', MODELS)
    api.on('GET', '/instance_types', TYPES)
    api.on('GET', '/zones', ZONES)


def lists(api, *live, archived=()):
    api.on('GET', '/instances?archived=false', list(live))
    api.on('GET', '/instances?archived=true', list(archived))


def test_models(api, cli):
    """models shows what each needs and the cheapest type that it fits on"""
    catalogue(api)
    lines = cli.script().run_ok('models').out.splitlines()
    check_is(len(lines), 3)
    check_is(lines[1].split(), ['echo-1', 'Echo', '20', 'GB', '4096', 'GPU-S', '0.4200', 'local'])
    check_in('fits nowhere', lines[2])


def test_types(api, cli):
    """types shows size, price and how much fits, the cheapest first; with --model those that it fits on"""
    catalogue(api)
    lines = cli.script().run_ok('types').out.splitlines()
    check_is(lines[2].split(), ['GPU-S', 'mock', '1', '24', 'GB', '8', '48', 'GB', '0.4200', 'local', '1',
                                'of', '2', 'models'])
    check_is([line.split()[0] for line in lines], ['TYPE', 'CPU', 'GPU-S', 'GPU-L'])
    check_in('0 of 2 models', lines[1])
    check_is([line.split()[0] for line in cli.run_ok('types', '--model', 'ORG/HUGE').out.splitlines()],
             ['TYPE', 'GPU-L'])
    result = cli.run('types', '--model', 'none')
    check_is(result.status, 2)
    check_in("no model 'none'", result.err)


def test_zones(api, cli):
    """zones shows where, whose, and whether it is open"""
    catalogue(api)
    out = cli.script().run_ok('zones').out
    check_is(out.splitlines()[1].split(), ['local', 'Local', 'here', 'mock', 'open'])
    check_in('paused until 2030-01-01 00:00:00 UTC: quota', out)
    check_in('closed', out)


def test_alerts(api, cli):
    """alerts shows what is open and what was; --status picks; a status that is none is refused here"""
    alert = {'status': 'open', 'severity': 'critical', 'name': 'ProviderCredentialsRefused', 'zone_code': 'local',
             'opened_at': '2030-01-01T00:00:00.000Z', 'touched_at': '2030-01-01T00:05:00.000Z',
             'occurrences': 7, 'summary': 'check its keys'}
    api.on('GET', '/alerts?status=', [alert, {**alert, 'status': 'resolved'}])
    api.on('GET', '/alerts?status=open', [alert])
    api.on('GET', '/alerts?status=acknowledged', [])
    lines = cli.script().run_ok('alerts').out.splitlines()
    check_is(lines[1].split(), ['open', 'critical', 'ProviderCredentialsRefused', 'local', '2030-01-01',
                                '00:00:00', '2030-01-01', '00:05:00', '7', 'check', 'its', 'keys'])
    check_is([line.split()[0] for line in lines], ['STATUS', 'open', 'resolved'])
    check_is(json.loads(cli.run_ok('alerts', '--status', 'open', '--json').out), [alert])
    check_in('there is none', cli.run_ok('alerts', '--status=acknowledged').err)
    result = cli.run('alerts', '--status', 'closed')
    check_is(result.status, 2)
    check_in('open, acknowledged or resolved', result.err)


def test_confirm_vanished(api, cli):
    """zones confirm-vanished names the zone by its id, and says what was confirmed"""
    catalogue(api)
    path = f'/zones/{ZONES[0]["id"]}/confirm-vanished'
    api.on('POST', path, {'confirmed': 2, 'instance_ids': [ONE, OTHER]})
    cli.script()
    out = cli.run_ok('zones', 'confirm-vanished', 'local').out
    check_is([line.split()[0] for line in out.splitlines()], [ONE[:8], OTHER[:8]])
    check_in('"confirmed": 2', cli.run_ok('zones', 'confirm-vanished', 'local', '--json').out)
    api.on('POST', path, {'confirmed': 0, 'instance_ids': []})
    check_in('no machine is absent', cli.run_ok('zones', 'confirm-vanished', 'local').out)
    for words, says in ((['local'], 'confirm-vanished ZONE'), (['forget', 'local'], 'confirm-vanished ZONE'),
                        (['--provider', 'mock'], 'confirm-vanished ZONE'),
                        (['confirm-vanished', 'x'], 'there are: local, both'),
                        (['confirm-vanished', 'both'], '--provider, one of mock, other'),
                        (['confirm-vanished', 'local', '--provider', 'x'], "has no zone 'local'")):
        result = cli.run('zones', *words)
        check_is(result.status, 2)
        check_in(says, result.err)
    api.on('POST', path, (403, {'error': 'forbidden', 'message': 'operator_required'}))
    check_is(cli.run('zones', 'confirm-vanished', 'local').status, 3)


def test_deploy(api, cli):
    """deploy finds the model's id and the zone's provider, and tells how to go on"""
    catalogue(api)
    api.on('POST', '/deployments', (202, ACCEPTED))
    out = cli.script().run_ok(*DEPLOY).out
    check_is(api.asked('POST', '/deployments')[0][3], {
        'model_id': MODELS[0]['id'], 'instance_type': 'GPU-S', 'zone': 'local', 'provider_code': 'mock'})
    check_is(out.splitlines()[0], f'{ONE}  accepted')
    check_in('inventiv wait 3f2a9c1e', out)


def test_deploy_provider(api, cli):
    """deploy asks for --provider where several have the zone, and takes it as given"""
    catalogue(api)
    api.on('POST', '/deployments', (202, ACCEPTED))
    cli.script()
    result = cli.run('deploy', '--model', 'Echo', '--type', 'GPU-S', '--zone', 'both')
    check_is(result.status, 2)
    check_in('--provider, one of mock, other', result.err)
    cli.run_ok('deploy', '--model=echo', '--type=GPU-S', '--zone=both', '--provider=other')
    check_is(api.asked('POST', '/deployments')[0][3]['provider_code'], 'other')


def test_deploy_wrong(api, cli):
    """deploy refuses what is missing or unknown before anything is asked for"""
    catalogue(api)
    cli.script()
    for words, says in (
            (['deploy', '--type', 'GPU-S', '--zone', 'local'], '--model is missing (`inventiv models`'),
            (['deploy', '--model', 'echo-1', '--zone', 'local'], '--type is missing (`inventiv types`'),
            (['deploy', '--model', 'x', '--type', 'GPU-S', '--zone', 'local'], 'there are: echo-1, org/huge'),
            (['deploy', '--model', 'echo-1', '--type', 'GPU-S', '--zone', 'x'], 'there are: local, both'),
            (DEPLOY + ['--timeout', 'x'], '--timeout x'), (DEPLOY + ['more'], "'more' is too much")):
        result = cli.run(*words)
        check_is(result.status, 2)
        check_in(says, result.err)
        check_in('`inventiv deploy --help`', result.err)
    check_is(api.asked('POST', '/deployments'), [])


def test_deploy_refused(api, cli):
    """what the API refuses is shown with its field"""
    catalogue(api)
    refusal = {'status': 'failed', 'error': 'INVALID_INSTANCE_TYPE', 'message': 'not offered in this zone',
               'field': 'instance_type'}
    api.on('POST', '/deployments', (400, refusal))
    result = cli.script().run(*DEPLOY)
    check_is((result.status, result.err), (2, 'inventiv: not offered in this zone (instance_type)\n'))
    result = cli.run(*DEPLOY, '--json')
    check_is((result.status, json.loads(result.out)), (2, refusal))


def test_deploy_cut(api, cli):
    """a deployment whose answer is lost is not repeated, and the user is told to look"""
    catalogue(api)
    api.on('POST', '/deployments', Raw(b'{', 202, drop=True))
    result = cli.script().run(*DEPLOY)
    check_is(result.status, 6)
    check_in('may have done what was asked: look with `inventiv ls`', result.err)
    check_is(len(api.asked('POST', '/deployments')), 1)


def test_ls(api, cli):
    """ls piped shows whole ids, codes and no colour"""
    lists(api, instance(), instance('booting', 40, OTHER, ip_address=None, cost_per_hour=None))
    out = cli.script().run_ok('ls').out
    check_is(out.splitlines()[0].split(), ['ID', 'STATE', 'DONE', 'MODEL', 'TYPE', 'ZONE', 'AGE', 'EUR/H', 'ADDRESS'])
    check_in(f'{ONE}  ready', out)
    check_in('GPU-S', out)
    check_in('127.77.0.9\n', out)
    check_not_in('\033', out)


def test_ls_empty(api, cli):
    """ls of nothing says how to make something, not on standard output"""
    lists(api)
    result = cli.script().run_ok('ls')
    check_is(len(result.out.splitlines()), 1)
    check_in('inventiv deploy --help', result.err)


def test_ls_pages(api, cli):
    """ls reads a list of many pages to its end, and --json gives it as one document"""
    page = (200, [instance()], {'X-Next-After': f'17_{ONE}'})
    api.on('GET', '/instances?archived=false', page)
    api.on('GET', f'/instances?archived=false&after=17_{ONE}', [instance(instance_id=OTHER)])
    check_in(OTHER, cli.script().run_ok('ls').out)
    check_is([row['id'] for row in json.loads(cli.run_ok('ls', '--json').out)], [ONE, OTHER])
    api.on('GET', f'/instances?archived=false&after=17_{ONE}', page)
    result = cli.run('ls', INVENTIV_PAGES_MAX='3')
    check_is(result.status, 1)
    check_in('INVENTIV_PAGES_MAX', result.err)


def test_show(api, cli):
    """show tells state, deadline and what follows, machine, worker, volumes, cost, error"""
    api.on('GET', f'/instances/{ONE}', instance(
        'unavailable', 0, status_changed_at='2026-01-06T11:00:00.000Z', deadline_at='2999-01-06T11:15:00.000Z',
        next='worker_dead', provider_instance_id='srv-1', worker_status='starting', worker_queue_depth=3,
        worker_last_heartbeat='2026-01-06T11:00:00Z', worker_model_id='echo-1', gpu_count=2, gpu_vram=24,
        error_code='ENGINE_STALLED', error_message='no token for 60 s',
        storages=[{'provider_volume_id': 'vol-1', 'volume_type': 'sbs', 'size_gb': 200, 'status': 'attached',
                   'delete_on_terminate': False}]))
    out = cli.script().run_ok('show', ONE).out
    for part in ('unavailable: the model is not served', 'since        2026-01-06 11:00:00 UTC (',
                 '2999-01-06 11:15:00 UTC (in ', 'then worker_dead', 'machine      srv-1',
                 'address      127.77.0.9\n', '2 x 24 GB', 'starting, last heartbeat', 'queue        3',
                 'vol-1  sbs  200 GB  attached  (kept)', '0.4200 EUR an hour, 1.2600 EUR so far; money runs',
                 'ENGINE_STALLED: no token for 60 s'):
        check_in(part, out)


def test_prefix(api, cli):
    """an instance is named by the begin of its id, archived ones last"""
    lists(api, instance(), instance(instance_id=TWO), archived=[instance('archived', instance_id=OTHER)])
    api.on('GET', f'/instances/{TWO}', instance(instance_id=TWO))
    api.on('GET', f'/instances/{OTHER}', instance('archived', instance_id=OTHER))
    cli.script()
    check_in(TWO, cli.run_ok('show', TWO).out)
    check_in(OTHER, cli.run_ok('show', 'B0B0').out)
    result = cli.run('show', '3f2a')
    check_is(result.status, 2)
    check_in(f'2 instances begin with 3f2a: {ONE}, {TWO}', result.err)
    result = cli.run('show', 'dead')
    check_is(result.status, 4)
    check_in('no instance begins with dead', result.err)
    for given in ('3f2', '../models', ONE + '1'):
        result = cli.run('show', given)
        check_is(result.status, 2)
        check_in('is no instance', result.err)


def test_unknown(api, cli):
    """an id that the API does not know ends with 4"""
    api.on('GET', f'/instances/{ONE}', (404, {'error': 'not_found', 'message': 'no such instance'}))
    api.on('GET', f'/action_logs?instance_id={ONE}&limit=100', [])
    for command in ('show', 'logs', 'wait'):
        result = cli.script().run(command, ONE)
        check_is((result.status, result.out, result.err), (4, '', 'inventiv: no such instance\n'))


def entry(at, action, status='success', **more):
    return {'created_at': f'2026-01-06T10:00:{at}Z', 'action_type': action, 'status': status, **more}


def test_logs(api, cli):
    """logs shows the journal oldest first, with change, rule, duration, error"""
    api.on('GET', f'/action_logs?instance_id={ONE}&limit=100', [
        entry('02.500', 'STATE_CHANGED', rule='server_started', instance_status_before='provisioning',
              instance_status_after='booting'),
        entry('01.000', 'SECOND', instance_status_before='provisioning', instance_status_after='provisioning'),
        entry('00.500', 'REQUEST_CREATE', instance_status_after='provisioning'),
        entry('01.000', 'PROVIDER_CREATE', 'failed', duration_ms=1234, error_code='PROVIDER_TRANSIENT',
              error_message='refused'),
    ])
    lines = cli.script().run_ok('logs', ONE).out.splitlines()
    check_not_in('success', lines[1])
    check_is([line.split()[2] for line in lines[1:]], ['REQUEST_CREATE', 'PROVIDER_CREATE', 'SECOND', 'STATE_CHANGED'])
    check_not_in('->', lines.pop(1))
    check_in('2026-01-06 10:00:01.000  PROVIDER_CREATE  failed', lines[1])
    check_in('1.2 s', lines[1])
    check(lines[1].endswith('PROVIDER_TRANSIENT: refused'), lines[1])
    check_not_in('->', lines[2])
    check_in('server_started  provisioning -> booting', lines[3])


def test_logs_limit(api, cli):
    """logs says when there may be more"""
    api.on('GET', f'/action_logs?instance_id={ONE}&limit=2', [entry('02', 'B'), entry('01', 'A')])
    result = cli.script().run_ok('logs', ONE, '--limit', '2')
    check_in('--limit', result.err)
    for limit in ('0', '1001', 'x', '1.5'):
        check_is(cli.run('logs', ONE, '--limit', limit).status, 2)


def test_ask(api, cli):
    """ask prints the answer alone; words need no quotes; controls in it move nothing"""
    api.on('POST', f'/instances/{ONE}/ask', {'answer': 'four\nlines \033[2J'})
    result = cli.script().run_ok('ask', ONE, 'what', 'is', '--', '--json')
    check_is(result.out, 'four\nlines \ufffd[2J\n')
    check_is(api.asked('POST', f'/instances/{ONE}/ask')[0][3], {'prompt': 'what is --json'})
    api.on('POST', f'/instances/{ONE}/ask', (409, {'error': 'not_ready', 'message': 'only a ready instance'}))
    check_is(cli.run('ask', ONE, 'x').status, 5)
    check_is(cli.run('ask', ONE).status, 2)


def test_wishes(api, cli):
    """drain, reinstall, archive and terminate send their wish and show what the API says"""
    cli.script()
    for command, method, path in (('drain', 'POST', '/drain'), ('reinstall', 'POST', '/reinstall'),
                                  ('archive', 'PUT', '/archive'), ('terminate', 'DELETE', '')):
        reply = {'status': 'accepted', 'instance_id': ONE, 'message': f'{command} is under way'}
        api.on(method, f'/instances/{ONE}{path}', (202, reply))
        check_is(cli.run_ok(command, ONE).out, f'3f2a9c1e  {command} is under way\n')
        check_is(json.loads(cli.run_ok(command, ONE, '--json').out), reply)
        check_is(len(api.asked(method, f'/instances/{ONE}{path}')), 2)


def test_conflict(api, cli):
    """a wish that does not fit ends with 5 and says what is possible"""
    api.on('POST', f'/instances/{ONE}/drain', (409, {
        'error': 'not_drainable', 'message': 'cannot drain an instance that is booting',
        'allowed': ['reinstall', 'terminate']}))
    result = cli.script().run('drain', ONE)
    check_is(result.status, 5)
    check_in('that is booting; possible now: reinstall, terminate', result.err)


def test_denied(api, cli):
    """what the role does not allow ends with 3 and is not tried again"""
    api.on('POST', f'/instances/{ONE}/drain', (403, {'error': 'forbidden', 'message': 'operator_required'}))
    result = cli.script().run('drain', ONE)
    check_is((result.status, result.err), (3, 'inventiv: operator_required\n'))
    check_is(len(api.asked('POST', f'/instances/{ONE}/drain')), 1)


def test_json_unchanged(api, cli):
    """--json stands anywhere and gives the API's document as it came"""
    catalogue(api)
    text = b'{ "id":  "3f2a",\n "odd": 1.50, "u": "\\u00e9" }'
    api.on('GET', f'/instances/{ONE}', Raw(text))
    cli.script()
    for words in (['--json', 'show', ONE], ['show', '--json', ONE], ['show', ONE, '--json']):
        check_is(cli.run_ok(*words).out, text.decode() + '\n')
    for command in ('models', 'types', 'zones'):
        check(isinstance(json.loads(cli.run_ok(command, '--json').out), list), command)
    lists(api, instance())
    check_is(json.loads(cli.run_ok('ls', '--json').out), [instance()])


def test_json_errors(api, cli):
    """with --json an error is one document too, of the API's own or of its shape"""
    api.on('GET', f'/instances/{ONE}', (404, {'error': 'not_found', 'message': 'no such instance'}))
    result = cli.script().run('show', ONE, '--json')
    check_is((result.status, json.loads(result.out)['error']), (4, 'not_found'))
    result = cli.run('show', 'x', '--json')
    check_is((result.status, json.loads(result.out)['error']), (2, 'invalid_input'))


def test_controls(api, cli):
    """nothing that the API says moves the cursor or sets a title"""
    evil = 'x\033]0;title\007\u009b2J\u202e\ny'
    lists(api, instance(evil, model_code=evil, zone_code=evil))
    api.on('GET', f'/instances/{ONE}', instance(evil, error_message=evil, provider_instance_id=evil))
    api.on('GET', f'/action_logs?instance_id={ONE}&limit=100', [entry('01', evil, evil, error_message=evil)])
    api.on('POST', f'/instances/{ONE}/drain', (409, {'error': 'no', 'message': evil}))
    api.on('POST', f'/instances/{ONE}/reinstall', Raw(evil.encode(), 500))
    cli.script()
    for words in (['ls'], ['show', ONE], ['logs', ONE], ['drain', ONE], ['reinstall', ONE]):
        result = cli.run(*words)
        for text in (result.out, result.err):
            check(not any(c in text for c in '\033\007\u009b\u202e'), f'{words}: {text!r}')


def test_strange_answers(api, cli):
    """what is no API of ours is called so, and never a crash"""
    cli.script()
    for reply, says in ((Raw(b'<html>'), 'not valid JSON'), (Raw(b''), 'not valid JSON'), ({}, 'no list'),
                        ((302, {}), 'status 302'), (Raw(b'boom', 500), 'status 500: boom')):
        api.on('GET', '/instances?archived=false', reply)
        result = cli.run('ls')
        check_is(result.status, 1)
        check_in(says, result.err)
    for rows_of_wrong in ([1, None, 'x'], [{}], [{'id': 5, 'status': [], 'cost_per_hour': 'x'}]):
        api.on('GET', '/instances?archived=false', rows_of_wrong)
        cli.run_ok('ls')


def test_away(api, cli):
    """an API that is not there ends with 6 and says where it was looked for"""
    cli.script().run_ok('whoami')
    api.on('GET', '/instances?archived=false', (503, {'error': 'unavailable', 'message': 'database away'}))
    result = cli.run('ls')
    check_is((result.status, result.err), (6, 'inventiv: database away\n'))
    api.stop()
    result = cli.run('ls')
    check_is(result.status, 6)
    check_in(f'the API at {api.url} does not answer', result.err)
    check_in('INVENTIV_API_URL', result.err)
    api.start(api.port)


def test_slow(api, cli):
    """an answer that does not come ends with 6, after INVENTIV_CALL_TIMEOUT_SECONDS"""
    api.on('GET', '/instances?archived=false', Raw(b'[', hold=True))
    result = cli.script().run('ls', INVENTIV_CALL_TIMEOUT_SECONDS='1')
    check_is(result.status, 6)
    check_in('no whole answer within 1', result.err)


def test_usage(api, cli):
    """wrong words end with 2 and say what there is"""
    for words, says in (([], 'which command?'), (['frobnicate'], "unknown command 'frobnicate'"),
                        (['ls', '--wrong'], '--archived, --json and --help'), (['show'], 'ID'),
                        (['--wrong'], "unknown command '--wrong'"), (['help', 'nothing'], 'unknown command')):
        result = cli.run(*words)
        check_is((result.status, result.out), (2, ''))
        check_in(says, result.err)
    check_is(cli.run('ls', INVENTIV_POLL_SECONDS='x').status, 2)


def test_help(api, cli):
    """help, version and settings are there without an API"""
    out = cli.run_ok('--help').out
    for part in ('First steps', 'deploy', '7  waited', 'INVENTIV_WAIT_SECONDS'):
        check_in(part, out)
    check_in('--timeout S', cli.run_ok('deploy', '--help').out)
    check_is(cli.run_ok('help', 'deploy').out, cli.run_ok('deploy', '-h').out)
    check_is(cli.run_ok('help').out, out)
    check_in('inventiv 0.', cli.run_ok('--version').out)
    out = cli.run_ok('--print-config', INVENTIV_PASSWORD='secret').out
    check_in('INVENTIV_PASSWORD=***', out)


def test_closed_output(api, cli):
    """an answer that cannot be written is a failure"""
    api.on('GET', f'/instances/{ONE}', instance())
    cli.script()
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = subprocess.run([BINARY, 'show', ONE], env=cli.environment, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=20)
    check_is(done.returncode, 1)
    check_in('could not be written', done.stderr)


if __name__ == '__main__':
    run([test for name, test in list(globals().items()) if name.startswith('test_')])
