"""The local cloud speaks the provider's API: servers, volumes, addresses, groups, errors, pages."""
import json

from harness import BLOCK, IMAGE, PROJECT, TOKEN, ZONE, ask, check, equal, run, until, with_cloud

GB = 1000000000


def server_is_born(cloud):
    server = cloud.create(tags=['inventiv-agents', 'worker'], boot_type='local', unknown_field=1)
    equal(server['state'], 'stopped')
    equal(server['tags'], ['inventiv-agents', 'worker'])
    equal(server['public_ip'], None)
    equal(server['image']['id'], IMAGE)
    check(server['security_group']['id'], 'a default security group')
    root = server['volumes']['0']
    equal((root['volume_type'], root['boot']), ('sbs_volume', True))
    check('size' not in root, 'the Instance API does not know sizes of block volumes')
    volume = cloud.call('GET', f'{BLOCK}/volumes/{root["id"]}', status=200).json
    equal((volume['status'], volume['size']), ('in_use', 20 * GB))
    equal(volume['references'][0]['product_resource_id'], server['id'])
    lost = cloud.call('GET', f'{ZONE}/volumes/{root["id"]}', status=404).json
    equal((lost['type'], lost['resource_id']), ('not_found', root['id']))
    equal(cloud.rented(), (1, 1, 0))


def whole_life(cloud):
    server_id = cloud.create()['id']
    task = cloud.act(server_id, 'poweron').json['task']
    equal(task['description'], 'server_poweron')
    equal(cloud.get(server_id)['state'], 'starting')
    again = cloud.call('POST', f'{ZONE}/servers/{server_id}/action', {'action': 'poweroff'}, 409)
    equal((again.json['type'], again.json['current_state']), ('transient_state', 'starting'))
    running = cloud.reaches(server_id, 'running')
    address = running['public_ip']['address']
    check(address.startswith('127.'), address)
    equal(running['public_ips'][0]['address'], address)
    equal(cloud.rented(), (1, 1, 1))
    refused = cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=400).json
    equal((refused['type'], refused['precondition']),
          ('precondition_failed', 'resource_still_in_use'))
    stopped = (cloud.act(server_id, 'poweroff'), cloud.reaches(server_id, 'stopped'))[1]
    equal((stopped['public_ip'], stopped['public_ips']), (None, []))
    cloud.act(server_id, 'poweron', 'running')
    equal(cloud.get(server_id)['public_ip']['address'], address, 'the address is kept')
    cloud.act(server_id, 'stop_in_place', 'stopped in place')
    cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=400)
    cloud.act(server_id, 'poweroff', 'stopped')
    cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=204)
    gone = cloud.call('GET', f'{ZONE}/servers/{server_id}', status=404).json
    equal((gone['resource'], gone['resource_id']), ('instance_server', server_id))
    equal(cloud.rented(), (0, 1, 1), 'volume and address are left behind')
    leave_nothing(cloud)


def leave_nothing(cloud):
    for volume in cloud.call('GET', f'{BLOCK}/volumes', status=200).json['volumes']:
        equal(volume['status'], 'available')
        cloud.call('DELETE', f'{BLOCK}/volumes/{volume["id"]}', status=204)
        until(lambda v=volume: cloud.call('GET', f'{BLOCK}/volumes/{v["id"]}').status == 404, 'gone')
    for address in cloud.call('GET', f'{ZONE}/ips', status=200).json['ips']:
        equal((address['state'], address['server']), ('detached', None))
        cloud.call('DELETE', f'{ZONE}/ips/{address["id"]}', status=204)
    equal(cloud.rented(), (0, 0, 0))
    items = cloud.own('GET', '/_bill').json['items']
    equal(sorted(item['kind'] for item in items), ['address', 'server', 'volume'])
    check(all(item['until'] and item['seconds'] >= 0 for item in items), items)


def terminate_gives_all_local_back(cloud):
    server = cloud.create(volumes={'1': {'size': 2 * GB, 'volume_type': 'l_ssd', 'name': 'data'}})
    equal(server['volumes']['1']['size'], 2 * GB)
    local = server['volumes']['1']['id']
    cloud.call('DELETE', f'{ZONE}/volumes/{local}', status=400)
    cloud.act(server['id'], 'poweron', 'running')
    cloud.act(server['id'], 'terminate')
    until(lambda: cloud.call('GET', f'{ZONE}/servers/{server["id"]}').status == 404, 'terminated')
    cloud.call('GET', f'{ZONE}/volumes/{local}', status=404)
    equal(cloud.rented(), (0, 1, 1))


def pages(cloud):
    born = [cloud.create(name=f's{i}', tags=[f't{i % 2}', 'all'])['id'] for i in range(5)]
    first = cloud.call('GET', f'{ZONE}/servers?per_page=2&page=1', status=200)
    equal(first.headers['X-Total-Count'], '5')
    equal([s['id'] for s in first.json['servers']], born[:2:-1], 'newest first')
    third = cloud.call('GET', f'{ZONE}/servers?per_page=2&page=3', status=200).json['servers']
    equal([s['id'] for s in third], [born[0]])
    equal(cloud.call('GET', f'{ZONE}/servers?page=9', status=200).json['servers'], [])
    cloud.call('GET', f'{ZONE}/servers?per_page=101', status=400)
    tagged = cloud.call('GET', f'{ZONE}/servers?tags=t1,all', status=200).json['servers']
    equal({s['name'] for s in tagged}, {'s1', 's3'})
    equal(len(cloud.call('GET', f'{ZONE}/servers?name=s4', status=200).json['servers']), 1)
    equal(cloud.call('GET', f'{ZONE}/servers?state=running', status=200).json['servers'], [])
    other = cloud.call('GET', '/instance/v1/zones/local-2/servers', status=200)
    equal((other.json['servers'], other.headers['X-Total-Count']), ([], '0'))
    cloud.call('GET', f'/instance/v1/zones/local-2/servers/{born[0]}', status=404)
    volumes = cloud.call('GET', f'{BLOCK}/volumes?page_size=2&page=3', status=200).json
    equal((len(volumes['volumes']), volumes['total_count']), (1, 5))
    held = cloud.call('GET', f'{BLOCK}/volumes?product_resource_id={born[2]}', status=200).json
    equal(held['total_count'], 1)


def refusals(cloud):
    def refused(body, name):
        reply = cloud.call('POST', f'{ZONE}/servers', body, 400).json
        equal((reply['type'], reply['details'][0]['argument_name']), ('invalid_arguments', name))

    good = {'name': 'x', 'commercial_type': 'L4-1-24G', 'image': IMAGE, 'project': PROJECT}
    refused({**good, 'commercial_type': 'NOPE'}, 'commercial_type')
    refused({**good, 'image': 'nope'}, 'image')
    refused({**good, 'name': ''}, 'name')
    refused({**good, 'tags': 'x'}, 'tags')
    refused({**good, 'volumes': {'0': {'size': GB, 'volume_type': 'l_ssd'}}}, 'volumes')
    cloud.call('POST', f'{ZONE}/servers', {**good, 'project': TOKEN}, 403)
    torn = cloud.raw('POST', f'{ZONE}/servers', '{"name":', {'Content-Type': 'application/json'})
    equal(torn.status, 400)
    equal(cloud.raw('POST', f'{ZONE}/servers', '{}').status, 415)
    equal(cloud.call('GET', '/instance/v1/zones/mars/servers').json['type'], 'unknown_resource')
    equal(cloud.call('GET', f'{ZONE}/nothing').json['type'], 'unknown_resource')
    equal(cloud.call('DELETE', f'{ZONE}/servers').status, 405)
    equal(cloud.rented(), (0, 0, 0))
    counts = cloud.own('GET', '/_requests').json
    equal((counts['server_create']['400'], counts['server_create']['415']), (6, 1))


def strangers(cloud):
    def status(headers, path=f'{ZONE}/servers'):
        return ask('127.0.0.1', cloud.port, 'GET', path, None, headers).status

    denied = ask('127.0.0.1', cloud.port, 'GET', f'{ZONE}/servers')
    equal((denied.status, denied.json['type']), (401, 'denied_authentication'))
    equal(status({'X-Auth-Token': 'x'}), 401)
    equal(status({'X-Auth-Token': TOKEN}), 200)
    equal(status({'X-Auth-Token': TOKEN, 'Origin': 'http://127.0.0.1'}), 403)
    equal(status({'X-Auth-Token': TOKEN, 'Host': 'cloud.example'}), 403)
    equal(status({'X-Auth-Token': TOKEN, 'Host': f'localhost:{cloud.port}'}), 200)
    equal(status({'Origin': 'http://127.0.0.1'}, '/_bill'), 403)
    equal(status({'Host': '127.0.0.1.evil.example'}, '/_bill'), 403)
    kill = ask('127.0.0.1', cloud.port, 'POST', '/_machines/x/kill', '{"part":"all"}',
               {'Content-Type': 'text/plain'})
    equal(kill.status, 415)


def block_volumes(cloud):
    wish = {'name': 'data', 'project_id': PROJECT, 'from_empty': {'size': 5 * GB}, 'tags': ['a']}
    volume = cloud.call('POST', f'{BLOCK}/volumes', wish, 200).json
    path = f'{BLOCK}/volumes/{volume["id"]}'
    equal(volume['status'], 'creating')
    early = cloud.call('PATCH', path, {'size': 6 * GB}, 409).json
    equal((early['type'], early['current_state']), ('transient_state', 'creating'))

    def settled(status):
        return until(lambda: cloud.call('GET', path).json['status'] == status, status)

    settled('available')
    equal(cloud.call('PATCH', path, {'size': 6 * GB}, 200).json['status'], 'resizing')
    settled('available')
    equal(cloud.call('GET', path).json['size'], 6 * GB)
    cloud.call('PATCH', path, {'size': 5 * GB}, 400)
    equal(cloud.call('PATCH', path, {'name': 'n', 'tags': ['b']}, 200).json['tags'], ['b'])
    root = cloud.create()['volumes']['0']['id']
    grown = cloud.call('PATCH', f'{BLOCK}/volumes/{root}', {'size': 50 * GB}, 200).json
    equal(grown['size'], 50 * GB)
    until(lambda: cloud.call('GET', f'{BLOCK}/volumes/{root}').json['status'] == 'in_use', 'in use')
    refused = cloud.call('DELETE', f'{BLOCK}/volumes/{root}', status=412).json
    equal(refused['precondition'], 'resource_still_in_use')
    cloud.call('DELETE', path, status=204)
    equal(cloud.call('GET', path).json['status'], 'deleting')
    until(lambda: cloud.call('GET', path).status == 404, 'gone')


def volumes_move(cloud):
    wish = {'name': 'data', 'project': PROJECT, 'volume_type': 'l_ssd', 'size': 3 * GB}
    local = cloud.call('POST', f'{ZONE}/volumes', wish, 201).json['volume']['id']
    server = cloud.create()
    root = server['volumes']['0']['id']
    both = {'volumes': {'0': {'id': root}, '1': {'id': local}}}
    after = cloud.call('PATCH', f'{ZONE}/servers/{server["id"]}', both, 200).json['server']
    equal([v['id'] for v in after['volumes'].values()], [root, local])
    other = cloud.create(name='other')
    refused = cloud.call('PATCH', f'{ZONE}/servers/{other["id"]}', both, 400).json
    equal(refused['precondition'], 'resource_still_in_use')
    cloud.call('PATCH', f'{ZONE}/servers/{server["id"]}', {'volumes': {'0': {'id': root}}}, 200)
    equal(cloud.call('GET', f'{ZONE}/volumes/{local}').json['volume']['server'], None)
    cloud.call('DELETE', f'{ZONE}/volumes/{local}', status=204)


def security_groups(cloud):
    server = cloud.create()
    wish = {'name': 'inventiv', 'project': PROJECT, 'stateful': True, 'tags': ['x'],
            'inbound_default_policy': 'drop', 'outbound_default_policy': 'accept'}
    group = cloud.call('POST', f'{ZONE}/security_groups', wish, 201).json['security_group']
    path = f'{ZONE}/security_groups/{group["id"]}'
    equal(group['inbound_default_policy'], 'drop')
    patch = {'security_group': {'id': group['id'], 'name': 'inventiv'}}
    after = cloud.call('PATCH', f'{ZONE}/servers/{server["id"]}', patch, 200).json['server']
    equal(after['security_group']['id'], group['id'])
    cloud.call('DELETE', path, status=400)
    rule = {'action': 'accept', 'protocol': 'TCP', 'direction': 'inbound', 'position': 1,
            'ip_range': '0.0.0.0/0', 'dest_port_from': 22, 'dest_port_to': 22, 'editable': True}
    rules = cloud.call('PUT', f'{path}/rules', {'rules': [rule, {**rule, 'dest_port_from': 80,
                                                              'dest_port_to': 80}]}, 200).json
    equal([r['dest_port_from'] for r in rules['rules']], [22, 80])
    again = cloud.call('PUT', f'{path}/rules', rules, 200).json
    equal(again, rules, 'rules given back as they were told are the same rules')
    cloud.call('POST', f'{path}/rules', {**rule, 'protocol': 'UDP'}, 201)
    cloud.call('PUT', f'{path}/rules', {'rules': [{**rule, 'action': 'maybe'}]}, 400)
    told = cloud.call('GET', f'{path}/rules', status=200)
    equal((len(told.json['rules']), told.headers['X-Total-Count']), (3, '3'))
    cloud.call('DELETE', f'{path}/rules/{told.json["rules"][0]["id"]}', status=204)
    default = cloud.call('GET', f'{ZONE}/security_groups?project_default=true', status=200).json
    cloud.call('PATCH', f'{ZONE}/servers/{server["id"]}',
               {'security_group': {'id': default['security_groups'][0]['id']}}, 200)
    cloud.call('DELETE', path, status=204)


def addresses(cloud):
    server_id = cloud.create()['id']
    ip = cloud.call('POST', f'{ZONE}/ips', {'project': PROJECT, 'tags': ['t']}, 201).json['ip']
    path = f'{ZONE}/ips/{ip["id"]}'
    equal((ip['state'], ip['type']), ('detached', 'routed_ipv4'))
    equal(cloud.call('PATCH', path, {'server': server_id}, 200).json['ip']['server']['id'], server_id)
    equal(cloud.call('PATCH', path, {'server': None}, 200).json['ip']['server'], None)
    equal(len(cloud.call('GET', f'{ZONE}/ips?tags=t', status=200).json['ips']), 1)
    cloud.call('DELETE', path, status=204)
    cloud.call('GET', path, status=404)


def catalogue(cloud):
    types = cloud.call('GET', '/instance/v1/zones/local-2/products/servers?per_page=100', status=200)
    servers = types.json['servers']
    equal(types.headers['X-Total-Count'], str(len(servers)))
    mock, l4 = servers['mock-local-instance'], servers['L4-1-24G']
    equal((mock['gpu'], mock['ncpus'], mock['hourly_price']), (1, 4, 0.0))
    equal((l4['hourly_price'], l4['gpu_info']['gpu_memory'], l4['ram']), (0.75, 24 << 30, 48 << 30))
    equal(l4['volumes_constraint'], {'min_size': 0, 'max_size': 0})
    equal(servers['B300-SXM-8-288G']['gpu'], 8)
    paged = cloud.call('GET', f'{ZONE}/products/servers?per_page=3&page=2', status=200).json['servers']
    equal(list(paged), list(servers)[3:6])
    stock = cloud.call('GET', f'{ZONE}/products/servers/availability', status=200).json['servers']
    equal(stock['L4-1-24G'], {'availability': 'available'})
    equal(cloud.call('GET', f'{ZONE}/images/{IMAGE}', status=200).json['image']['arch'], 'x86_64')
    equal(len(cloud.call('GET', f'{ZONE}/images', status=200).json['images']), 2)


def user_data(cloud):
    server_id = cloud.create('#!/bin/sh\necho "é"\n')['id']
    path = f'{ZONE}/servers/{server_id}/user_data'
    equal(cloud.call('GET', path, status=200).json, {'user_data': ['cloud-init']})
    told = cloud.raw('GET', f'{path}/cloud-init')
    equal((told.headers['Content-Type'], told.text), ('text/plain', '#!/bin/sh\necho "é"\n'))
    equal(cloud.raw('PATCH', f'{path}/k', 'v', {'Content-Type': 'text/plain'}).status, 204)
    equal(cloud.raw('PUT', f'{path}/k', b'\xff\xfe', {'Content-Type': 'text/plain'}).status, 400)
    cloud.call('DELETE', f'{path}/k', status=204)
    cloud.call('GET', f'{path}/k', status=404)


def throttle(cloud):
    replies = [cloud.call('GET', f'{ZONE}/servers') for _ in range(12)]
    held = [reply for reply in replies if reply.status == 429]
    check(held, 'some are held back')
    equal((held[0].headers['Retry-After'], held[0].json['type']), ('1', 'too_many_requests'))
    equal(cloud.own('GET', '/_bill').status, 200, 'its own endpoints are not counted')


def locks(cloud):
    server_id = cloud.boot()
    equal(cloud.own('POST', f'/_machines/{server_id}/lock', {'locked': True}).status, 200)
    equal(cloud.get(server_id)['state'], 'locked')
    refused = cloud.call('POST', f'{ZONE}/servers/{server_id}/action', {'action': 'poweron'}, 403)
    equal(refused.json['type'], 'locked')
    cloud.call('DELETE', f'{ZONE}/servers/{server_id}', status=403)
    cloud.own('POST', f'/_machines/{server_id}/lock', {'locked': False})
    equal(cloud.get(server_id)['state'], 'stopped')


def starts_nowhere_else(cloud):
    cloud.environment['MOCKCLOUD_STATE_FILE'] += '.other'
    for setting in ({'MOCKCLOUD_LISTEN': '0.0.0.0:0'}, {'MOCKCLOUD_NETWORK': '10.0.0.0'},
                    {'MOCKCLOUD_SECRET_KEY': ''}):
        before = dict(cloud.environment)
        cloud.environment.update(setting)
        ended = cloud.run()
        check(ended.returncode != 0, f'{setting} is refused')
        cloud.environment = before
    cloud.environment['MOCKCLOUD_STATE_FILE'] = cloud.state_file
    second = cloud.run()
    check(second.returncode != 0 and 'another local cloud' in second.stderr, second.stderr)
    equal(cloud.run('--version').returncode, 0)
    check('MOCKCLOUD_LISTEN' in cloud.run('--help').stdout, 'help names the settings')
    check('***' in cloud.run('--print-config').stdout, 'secrets are hidden')
    check(json.loads(open(cloud.state_file, encoding='utf-8').read())
          if cloud.create() else False, 'the state file is JSON')


run({
    'a new server is stopped, with a block root volume and no address': with_cloud(server_is_born),
    'a server starts, stops and ends, and leaves what it must': with_cloud(whole_life),
    'terminate ends the server and its local volumes': with_cloud(terminate_gives_all_local_back),
    'lists are filtered, ordered and paged as the provider does': with_cloud(pages),
    'wrong requests are refused in the provider\'s words': with_cloud(refusals),
    'no token, a web page or a foreign host get nothing': with_cloud(strangers),
    'block volumes take their time, grow, and stay while they are used': with_cloud(block_volumes),
    'volumes are attached and detached by a server\'s update': with_cloud(volumes_move),
    'security groups hold servers and rules': with_cloud(security_groups),
    'addresses are rented, moved and given back': with_cloud(addresses),
    'the catalogue has the real types with their prices': with_cloud(catalogue),
    'user data is kept as it was given': with_cloud(user_data),
    'calls above the rate are told to come back': with_cloud(throttle, CALLS_PER_SECOND=5),
    'a locked server can be asked for nothing': with_cloud(locks),
    'it starts on loopback alone, once a state file, with its settings': with_cloud(starts_nowhere_else),
})
