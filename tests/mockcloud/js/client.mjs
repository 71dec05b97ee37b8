/* The provider's public client against a local cloud: CLOUD_URL, ACCESS_KEY, SECRET_KEY, PROJECT_ID.
 * Prints "ok NAME" or "FAIL NAME" a test. */
import assert from 'node:assert/strict'
import { createClient } from '@scaleway/sdk-client'
import { Instancev1 } from '@scaleway/sdk-instance'
import { Blockv1 } from '@scaleway/sdk-block'

const { CLOUD_URL, ACCESS_KEY, SECRET_KEY, PROJECT_ID } = process.env
const client = createClient({
  apiURL: CLOUD_URL,
  accessKey: ACCESS_KEY,
  secretKey: SECRET_KEY,
  defaultProjectId: PROJECT_ID,
})
const instance = new Instancev1.API(client)
const block = new Blockv1.API(client)
const zone = 'local'
const image = '8e0da557-5d75-40ba-b928-5984075aa255'
const quick = { minDelay: 1, maxDelay: 1, timeout: 30 }

async function named(error, call) {
  await assert.rejects(call, thrown => thrown.name === error || assert.fail(`${thrown.name}: ${thrown}`))
}

async function born(name, tags) {
  const { server } = await instance.createServer({
    zone, name, tags, image, commercialType: 'L4-1-24G', dynamicIpRequired: true, bootType: 'local', volumes: {},
  })
  return server
}

async function wholeLife() {
  const server = await born('js', ['a', 'b'])
  const at = { zone, serverId: server.id }
  assert.equal(server.state, 'stopped')
  assert.ok(server.creationDate instanceof Date)
  await instance.setServerUserData({ ...at, key: 'cloud-init', content: '#!/bin/sh\ntrue\n' })
  assert.equal(await instance.getServerUserData({ ...at, key: 'cloud-init' }), '#!/bin/sh\ntrue\n')
  assert.deepEqual((await instance.listServerUserData(at)).userData, ['cloud-init'])
  const running = await instance.serverActionAndWait({ ...at, action: 'poweron' }, quick)
  assert.equal(running.state, 'running')
  assert.match(running.publicIp.address, /^127\./)
  await named('PreconditionFailedError', instance.deleteServer(at))
  await instance.updateServer({ ...at, name: 'renamed', tags: ['c'] })
  const { servers, totalCount } = await instance.listServers({ zone, tags: ['c'] })
  assert.deepEqual([servers.length, totalCount, servers[0].name], [1, 1, 'renamed'])
  const stopped = await instance.serverActionAndWait({ ...at, action: 'poweroff' }, quick)
  assert.equal(stopped.state, 'stopped')
  await instance.deleteServer(at)
  await named('ResourceNotFoundError', instance.getServer(at))
  for (const ip of (await instance.listIps({ zone })).ips) {
    assert.deepEqual([ip.address, ip.state], [running.publicIp.address, 'detached'])
    await instance.deleteIp({ zone, ip: ip.id })
  }
  const volumeId = server.volumes['0'].id
  await block.deleteVolume({ zone, volumeId })
}

async function volumes() {
  const made = await block.createVolume({ zone, name: 'v', fromEmpty: { size: 5e9 }, tags: ['x'] })
  const at = { zone, volumeId: made.id }
  assert.equal((await block.waitForVolume(at, quick)).status, 'available')
  await block.updateVolume({ ...at, size: 6e9 })
  assert.equal((await block.waitForVolume(at, quick)).size, 6e9)
  await named('InvalidArgumentsError', block.updateVolume({ ...at, size: 1e9 }))
  assert.equal((await block.listVolumes({ zone, tags: ['x'] })).totalCount, 1)
  await block.deleteVolume(at)
}

async function pages() {
  const names = ['p0', 'p1', 'p2', 'p3', 'p4']
  for (const name of names) {
    await born(name, ['paged'])
  }
  const all = await instance.listServers({ zone, tags: ['paged'], perPage: 2 }).all()
  assert.deepEqual(all.map(server => server.name).sort(), names)
  for (const server of all) {
    await block.waitForVolume({ zone, volumeId: server.volumes['0'].id }, quick)
  }
  const roots = await block.listVolumes({ zone, pageSize: 2 }).all()
  assert.equal(roots.filter(volume => volume.status === 'in_use').length, 5)
}

async function groups() {
  const { securityGroup } = await instance.createSecurityGroup({
    zone, name: 'g', description: '', stateful: true, inboundDefaultPolicy: 'drop', outboundDefaultPolicy: 'accept',
  })
  const at = { zone, securityGroupId: securityGroup.id }
  const rule = {
    protocol: 'TCP', direction: 'inbound', action: 'accept', ipRange: '0.0.0.0/0', destPortFrom: 22, destPortTo: 22,
    position: 1,
  }
  await instance.setSecurityGroupRules({ ...at, rules: [rule] })
  const { rules, totalCount } = await instance.listSecurityGroupRules(at)
  assert.deepEqual([totalCount, rules[0].destPortFrom, rules[0].editable], [1, 22, true])
  await instance.deleteSecurityGroup(at)
}

async function products() {
  const types = await instance.listServersTypes({ zone, perPage: 100 })
  assert.equal(types.servers['L4-1-24G'].hourlyPrice, 0.75)
  assert.equal(types.totalCount, Object.keys(types.servers).length)
  const stock = await instance.getServerTypesAvailability({ zone })
  assert.equal(stock.servers['L4-1-24G'].availability, 'available')
  assert.equal((await instance.getImage({ zone, imageId: image })).image.id, image)
}

async function strangers() {
  const other = new Instancev1.API(createClient({
    apiURL: CLOUD_URL, accessKey: ACCESS_KEY, secretKey: PROJECT_ID, defaultProjectId: PROJECT_ID,
  }))
  await named('DeniedAuthenticationError', other.listServers({ zone }))
}

const tests = {
  'the client takes a server through its life': wholeLife,
  'the client makes, grows and deletes a volume': volumes,
  'the client reads lists page by page': pages,
  'the client sets the rules of a group': groups,
  'the client reads types, stock and images': products,
  'the client is told that its key is wrong': strangers,
}
let failed = 0
for (const [name, test] of Object.entries(tests)) {
  try {
    await test()
    console.log(`ok ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAIL ${name}\n${error.stack}`)
  }
}
console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
