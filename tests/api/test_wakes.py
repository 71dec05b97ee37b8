"""What wakes the orchestrator: bells with the jobs' names.  The commands of the existing system are in the
outbox, for job-outbox to publish."""
import json
import sys
import uuid

import beats
import cluster
import harness
from harness import api_with_database, check, equal, until
from redis_listener import Listener


def bells(listener, *jobs):
    equal([listener.heard() for _ in jobs], [('inventiv_wake', job) for job in jobs])


def told(database, instance):
    """The outbox's rows about the instance, as they are published."""
    return [(row.split(' ', 1)[0], json.loads(row.split(' ', 1)[1])) for row in database.sql(
        f"SELECT type || ' ' || body FROM outbox WHERE instance_id = '{instance}' ORDER BY id").splitlines()]


def wishes(api, database, listener):
    body = {'zone': 'here-1', 'instance_type': 'SMALL', 'model_id': 'tiny'}
    instance = api.ask_as('operator', 'POST', '/deployments', body).json['instance_id']
    bells(listener, 'job-provisioning', 'job-outbox')
    trace = database.sql(f"SELECT correlation_id FROM instances WHERE id = '{instance}'")
    ids = '00000000-0000-4000-8000-0000000000'
    provision = ('CMD:PROVISION', {
        'instance_id': instance, 'zone': 'here-1', 'instance_type': 'SMALL', 'provider_id': ids + 'a1',
        'zone_id': ids + 'c1', 'instance_type_id': ids + 'd1', 'model_id': ids + 'e1', 'correlation_id': trace})
    equal(told(database, instance), [provision])
    reply = api.ask_as('operator', 'DELETE', f'/instances/{instance}')
    bells(listener, 'job-terminator', 'job-outbox')
    equal(told(database, instance), [provision, (
        'CMD:TERMINATE', {'instance_id': instance, 'correlation_id': reply.headers['X-Request-Id']})])
    ready = str(uuid.uuid4())
    database.sql(f"SELECT test_instance('{ready}', 'ready')")
    api.ask_as('operator', 'POST', f'/instances/{ready}/reinstall')
    bells(listener, 'job-health-check', 'job-terminator', 'job-outbox')
    api.ask_as('operator', 'POST', f'/instances/{ready}/drain')
    bells(listener, 'job-terminator')
    equal([kind for kind, _ in told(database, ready)], ['CMD:REINSTALL'])
    api.ask_as('operator', 'POST', f'/instances/{ready}/reinstall')
    equal(len(told(database, ready)), 1)  # refused: nothing is told


def heartbeats(api, database, listener):
    made = [str(uuid.uuid4()) for _ in range(30)]
    for instance in made:
        database.sql(f"SELECT test_instance('{instance}', 'starting'), test_token('{instance}', '{instance}', 'secret')")
    lists = [[beats.request(instance, instance)] for instance in made]
    beats.beat(api.port, lists)
    equal(listener.heard(), ('inventiv_wake', 'job-health-check'))
    # A message that is on its way comes before one that is sent after the next answer.
    until(lambda: listener.heard_all() == [], 'the last wake-up of the change')
    beats.beat(api.port, lists)
    check(listener.heard_all() == [], 'a beat that changes nothing wakes nobody')


def main():
    with cluster.redis() as path:
        listener = Listener(path, 'inventiv_wake')
        with api_with_database(REDIS_URL='unix://' + path) as (api, database):
            return harness.run(
                ('a wish wakes who is to do it, and is told by a row of the same statement', lambda: wishes(api, database, listener)),
                ('a change of status wakes the health check, a mere beat does not',
                 lambda: heartbeats(api, database, listener)))


if __name__ == '__main__':
    sys.exit(main())
