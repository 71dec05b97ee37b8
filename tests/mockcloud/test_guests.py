"""Machines are real: user data runs, hooks run again, parts die, and nothing outlives a machine."""
import os
import re

from harness import PROJECT, ZONE, ask, check, equal, run, until, with_cloud

WRITE_DOWN = '''#!/bin/sh
env | sort > "$INVENTIV_ROOT/environment"
id -un > "$INVENTIV_ROOT/who"
echo ran >> "$INVENTIV_ROOT/first-boots"
cat > "$INVENTIV_ROOT/var/lib/cloud/scripts/per-boot/10-hook" <<'HOOK'
#!/bin/sh
echo hook >> "$INVENTIV_ROOT/hooks"
HOOK
chmod 700 "$INVENTIV_ROOT/var/lib/cloud/scripts/per-boot/10-hook"
echo done
'''

# A child that leaves its parent, its session and its environment behind.
RUN_AWAY = '''#!/bin/sh
setsid env -i sh -c 'echo $$ > "$0/runaway"; exec sleep 1000' "$INVENTIV_ROOT" >/dev/null 2>&1 &
sh -c 'sleep 1001 & echo $! > "$INVENTIV_ROOT/daemon"'
sleep 1002
'''

AGENT = '''#!/bin/sh
mkdir -p "$INVENTIV_ROOT/opt"
ln -s /bin/sleep "$INVENTIV_ROOT/opt/inventiv-worker"
nohup "$INVENTIV_ROOT/opt/inventiv-worker" 1000 >/dev/null 2>&1 &
nohup inventiv-fake-engine --host "$GUEST_ADDRESS" --port 8000 --model m >/dev/null 2>&1 &
'''


def alive(pid):
    return os.path.exists(f'/proc/{pid}')


def wrote(cloud, server_id, name):
    return until(lambda: cloud.read(server_id, name), f'{name} is written')


def user_data_runs(cloud):
    server_id = cloud.boot(WRITE_DOWN)
    until(lambda: 'done' in cloud.read(server_id, 'var/log/cloud-init-output.log'), 'its output')
    address = cloud.address(server_id)
    root = cloud.path(server_id)
    seen = dict(line.split('=', 1) for line in cloud.read(server_id, 'environment').splitlines())
    path = seen.pop('PATH')
    check(path.startswith(f'{cloud.guests}/image/bin:'), path)
    for name in ('PWD', 'SHLVL', '_', 'OLDPWD'):
        seen.pop(name, None)  # the shell's own
    equal(seen, {'HOME': root, 'INVENTIV_ROOT': root, 'GUEST_ADDRESS': address,
                 'INVENTIV_METADATA_URL': f'http://{address}:{cloud.metadata_port}'})
    if os.geteuid() == 0:
        equal(cloud.read(server_id, 'who').strip(), 'nobody')
        equal(cloud.read(server_id, 'var/log/console.log').count('cannot'), 0)


def boots_again(cloud):
    server_id = cloud.boot(WRITE_DOWN)
    until(lambda: cloud.read(server_id, 'first-boots'), 'the first boot')
    until(lambda: os.access(cloud.path(server_id, 'var/lib/cloud/scripts/per-boot/10-hook'), os.X_OK),
          'the hook is there')
    equal(cloud.read(server_id, 'hooks'), '', 'no hook at the first boot')
    cloud.act(server_id, 'reboot')
    until(lambda: cloud.read(server_id, 'hooks') == 'hook\n', 'the hook runs at the second boot')
    cloud.reaches(server_id, 'running')
    cloud.act(server_id, 'poweroff', 'stopped')
    cloud.act(server_id, 'poweron', 'running')
    until(lambda: cloud.read(server_id, 'hooks') == 'hook\nhook\n', 'and at the third')
    equal(cloud.read(server_id, 'first-boots'), 'ran\n', 'user data ran once')


def late_user_data(cloud):
    server_id = cloud.boot()
    until(lambda: os.path.exists(cloud.path(server_id, 'var/lib/cloud/instance/first-boot-done')),
          'the first boot is over')
    cloud.set_user_data(server_id, WRITE_DOWN)
    cloud.act(server_id, 'reboot')
    until(lambda: cloud.get(server_id)['state'] == 'running', 'running again')
    until(lambda: cloud.banner(server_id), 'it booted')
    equal(cloud.read(server_id, 'first-boots'), '', 'user data that came too late does not run')


def banner(cloud):
    server_id = cloud.boot()
    check(until(lambda: cloud.banner(server_id), 'a banner').startswith('SSH-2.0-'), 'SSH')
    killed = cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'ssh'})
    equal(killed.status, 200)
    until(lambda: cloud.banner(server_id) == '', 'nobody answers')
    equal(cloud.get(server_id)['state'], 'running')
    equal(cloud.machine(server_id)['pids']['ssh'], None)
    cloud.act(server_id, 'reboot')
    until(lambda: cloud.banner(server_id), 'a banner after a reboot')


def metadata(cloud):
    server_id = cloud.boot('#!/bin/sh\ntrue\n', tags=['a', 'b'], name='named')
    address = cloud.address(server_id)

    def told(path):
        return ask(address, cloud.metadata_port, 'GET', path)

    conf = told('/conf?format=json').json
    equal((conf['id'], conf['name'], conf['tags']), (server_id, 'named', ['a', 'b']))
    equal((conf['location']['zone_id'], conf['public_ip']['address']), ('local', address))
    equal(told('/user_data').json, {'user_data': ['cloud-init']})
    cloud.set_user_data(server_id, 'second')
    equal(told('/user_data/cloud-init').text, 'second')
    equal(told('/user_data/other').status, 404)
    second = cloud.boot('#!/bin/sh\nfalse\n')
    check(cloud.address(second) != address, 'an address of its own')
    cloud.act(server_id, 'poweroff', 'stopped')
    equal(told('/conf'), None, 'a stopped machine has no metadata')


def nothing_survives(cloud):
    server_id = cloud.boot(RUN_AWAY)
    pids = [int(wrote(cloud, server_id, name)) for name in ('runaway', 'daemon')]
    check(all(alive(pid) for pid in pids), 'they run')
    cloud.act(server_id, 'poweroff', 'stopped')
    check(not any(alive(pid) for pid in pids), 'what ran away is dead')
    equal(cloud.processes(server_id), [])
    cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=204)
    until(lambda: not os.path.exists(cloud.path(server_id)), 'its disk is gone')


def parts_die(cloud):
    server_id = cloud.boot(AGENT)

    def pids():
        return cloud.machine(server_id)['pids']

    before = until(lambda: all((p := pids()).values()) and p, 'all parts run')
    equal(cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'agent'}).status, 200)
    until(lambda: pids()['agent'] is None, 'the agent is dead')
    equal(pids()['engine'], before['engine'])
    equal(cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'engine'}).status, 200)
    until(lambda: pids()['engine'] is None, 'the engine is dead')
    equal(cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'agent'}).status, 404)
    equal(cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'disk'}).status, 400)
    equal(cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'all'}).status, 200)
    until(lambda: not cloud.processes(server_id), 'nothing runs')
    equal(cloud.get(server_id)['state'], 'running', 'the provider does not notice')
    cloud.act(server_id, 'reboot')
    until(lambda: pids()['ssh'], 'a reboot brings it back')


def gone_behind_our_back(cloud):
    server_id = cloud.boot(RUN_AWAY)
    pid = int(wrote(cloud, server_id, 'runaway'))
    equal(cloud.own('DELETE', f'/_machines/{server_id}').status, 204)
    cloud.call('GET', f'{ZONE}/servers/{server_id}', status=404)
    until(lambda: not alive(pid) and not cloud.processes(server_id), 'nothing runs')
    equal(cloud.rented(), (0, 1, 1), 'volume and address stay')
    equal(cloud.own('DELETE', f'/_machines/{server_id}').status, 404)


def shuts_itself_down(cloud):
    server_id = cloud.boot('#!/bin/sh\nkill -TERM $PPID\n')
    cloud.reaches(server_id, 'stopped in place')
    equal(cloud.processes(server_id), [])
    equal(cloud.rented(), (1, 1, 1))
    cloud.act(server_id, 'poweron', 'running')


def many_at_once(cloud):
    server_ids = [cloud.create('#!/bin/sh\necho up > "$INVENTIV_ROOT/up"\n')['id'] for _ in range(12)]
    for server_id in server_ids:
        cloud.act(server_id, 'poweron')
    for server_id in server_ids:
        cloud.reaches(server_id, 'running')
        wrote(cloud, server_id, 'up')
    equal(len({cloud.address(server_id) for server_id in server_ids}), 12)
    for server_id in server_ids:
        cloud.act(server_id, 'terminate')
    until(lambda: cloud.own('GET', '/_machines').json == [], 'all gone')


def addresses_are_not_shared(cloud):
    first = cloud.boot()
    address = cloud.address(first)
    cloud.own('DELETE', f'/_machines/{first}')
    second = cloud.boot()
    check(cloud.address(second) != address, 'an address that is still rented is not given again')
    ip = next(ip for ip in cloud.call('GET', f'{ZONE}/ips').json['ips'] if ip['address'] == address)
    cloud.call('DELETE', f'{ZONE}/ips/{ip["id"]}', status=204)
    third = cloud.boot()
    equal(cloud.address(third), address, 'one given back is')
    taken = cloud.call('POST', f'{ZONE}/ips', {'project': PROJECT}, 201).json['ip']['address']
    check(re.fullmatch(r'127\.\d+\.\d+\.\d+', taken), taken)


run({
    'user data runs at the first boot, as nobody, knowing its machine alone': with_cloud(user_data_runs),
    'hooks run at every boot but the first, user data never again': with_cloud(boots_again),
    'user data that comes after the first boot does not run': with_cloud(late_user_data),
    'a machine greets on its SSH port until that is killed': with_cloud(banner),
    'a machine reads of itself, and of no other, at its metadata service': with_cloud(metadata),
    'nothing of a machine survives a power-off': with_cloud(nothing_survives),
    'agent, engine and the whole can be killed one by one': with_cloud(parts_die),
    'a machine deleted behind our back leaves volume and address': with_cloud(gone_behind_our_back),
    'a machine that shuts itself down is stopped in place': with_cloud(shuts_itself_down),
    'a dozen machines boot and end at once': with_cloud(many_at_once),
    'no address is given twice': with_cloud(addresses_are_not_shared),
})
