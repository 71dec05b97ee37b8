"""The local cloud may be killed at any instant: nothing rented is lost, machines run on."""
import os
import signal

from harness import BLOCK, PROJECT, ZONE, alive, check, equal, run, until, with_cloud

TICK = '''#!/bin/sh
echo ran >> "$INVENTIV_ROOT/first-boots"
printf '#!/bin/sh\\necho hook >> "$INVENTIV_ROOT/hooks"\\n' \\
    > "$INVENTIV_ROOT/var/lib/cloud/scripts/per-boot/1"
chmod 700 "$INVENTIV_ROOT/var/lib/cloud/scripts/per-boot/1"
sleep 1000
'''


def first_booted(cloud, server_id):
    until(lambda: os.access(cloud.path(server_id, 'var/lib/cloud/scripts/per-boot/1'), os.X_OK),
          'the first boot')


def killed(cloud):
    server_id = cloud.boot(TICK, tags=['x'])
    first_booted(cloud, server_id)
    before, machine, bill = cloud.get(server_id), cloud.machine(server_id), cloud.rented()
    processes = cloud.processes(server_id)
    cloud.kill()
    check(all(alive(pid) for pid in processes), 'machines run on')
    cloud.start()
    equal(cloud.get(server_id), before)
    equal(cloud.machine(server_id), machine, 'the same processes')
    check(cloud.banner(server_id), 'which greet')
    equal(cloud.rented(), bill)
    equal(cloud.read(server_id, 'hooks'), '', 'it did not boot again')
    cloud.act(server_id, 'poweroff', 'stopped')
    equal(cloud.processes(server_id), [])


def asked_to_stop(cloud):
    server_id = cloud.boot(TICK)
    processes = cloud.processes(server_id)
    equal(cloud.stop(), 0)
    check(processes and all(alive(pid) for pid in processes), 'machines run on')
    cloud.start()
    equal(cloud.get(server_id)['state'], 'running')


def killed_in_between(cloud):
    starting, stopping = cloud.create(TICK)['id'], cloud.boot(TICK)
    cloud.act(starting, 'poweron')
    cloud.act(stopping, 'poweroff')
    volume = cloud.call('POST', f'{BLOCK}/volumes', {'name': 'v', 'project_id': PROJECT,
                                                     'from_empty': {'size': 10 ** 9}}, 200).json
    cloud.kill()
    cloud.start()
    cloud.reaches(starting, 'running')
    cloud.reaches(stopping, 'stopped')
    until(lambda: cloud.call('GET', f'{BLOCK}/volumes/{volume["id"]}').json['status'] == 'available',
          'the volume settles')
    equal(cloud.processes(stopping), [])


def answered_is_kept(cloud):
    for round_number in range(8):
        server_id = cloud.create(name=f's{round_number}')['id']
        cloud.kill()
        cloud.start()
        equal(cloud.get(server_id)['name'], f's{round_number}')
    equal(cloud.rented(), (8, 8, 0))


def died_while_away(cloud):
    server_id = cloud.boot(TICK)
    first_booted(cloud, server_id)
    cloud.kill()
    for pid in cloud.processes(server_id):
        os.kill(pid, signal.SIGKILL)
    cloud.start()
    cloud.reaches(server_id, 'running')
    until(lambda: cloud.read(server_id, 'hooks') == 'hook\n', 'it boots again, with its hooks')
    equal(cloud.read(server_id, 'first-boots'), 'ran\n')


def all_stopped(cloud):
    server_ids = [cloud.boot(TICK) for _ in range(3)]
    for server_id in server_ids:
        first_booted(cloud, server_id)
    equal(cloud.stop(), 0)
    ended = cloud.run('--stop-machines')
    equal(ended.returncode, 0, ended.stderr)
    for server_id in server_ids:
        equal(cloud.processes(server_id), [])
    cloud.start()
    for server_id in server_ids:
        until(lambda s=server_id: cloud.read(s, 'hooks') == 'hook\n', 'the fleet boots again')
        equal(cloud.get(server_id)['state'], 'running')
    equal(cloud.rented(), (3, 3, 3))


def all_stopped_under_it(cloud):
    server_id = cloud.boot(TICK)
    equal(cloud.run('--stop-machines').returncode, 0)
    cloud.reaches(server_id, 'stopped in place')
    equal(cloud.processes(server_id), [])


def strays_are_cleared(cloud):
    server_id = cloud.boot(TICK)
    until(lambda: cloud.processes(server_id), 'it runs')
    cloud.kill()
    os.unlink(cloud.state_file)
    cloud.start()
    until(lambda: not cloud.processes(server_id), 'machines of nobody are ended')
    check(not os.path.exists(cloud.path(server_id)), 'and their folders removed')


def unreadable(cloud):
    cloud.create()
    cloud.kill()
    with open(cloud.state_file, 'a', encoding='utf-8') as file:
        file.write('x')
    ended = cloud.run()
    check(ended.returncode != 0 and 'state.json' in ended.stderr, ended.stderr)


run({
    'killed and started again it knows the same machines, which ran on': with_cloud(killed),
    'told to stop it ends and its machines run on': with_cloud(asked_to_stop),
    'what was under way when it was killed comes to its end': with_cloud(
        killed_in_between, BOOT_SECONDS=0.5, STOP_SECONDS=0.5, VOLUME_SECONDS=0.5),
    'whatever was answered is kept': with_cloud(answered_is_kept),
    'a machine that died with its host boots again': with_cloud(died_while_away),
    'all machines can be stopped, and come back with the next start': with_cloud(all_stopped),
    'machines stopped under a running cloud have shut down': with_cloud(all_stopped_under_it),
    'machines and folders of nobody are cleared': with_cloud(strays_are_cleared),
    'a state that cannot be read stops it rather than being lost': with_cloud(unreadable),
})
