"""What wakes the orchestrator: the commands of the existing system, and our own jobs' names."""
import json
import socket
import sys
import uuid

import beats
import cluster
import harness
from harness import api_with_database, check, equal, until


class Listener:
    """Subscribed to both channels of a Redis."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        until(lambda: self.connects(path), 'Redis listens')
        self.socket.settimeout(harness.LIMIT)
        self.socket.sendall(b'SUBSCRIBE orchestrator_events inventiv_wake\r\n')
        self.lines = self.socket.makefile('r', newline='\r\n', encoding='utf-8')
        for _ in range(2):
            self.array()

    def connects(self, path):
        try:
            self.socket.connect(path)
            return True
        except OSError:
            return False

    def array(self):
        count = int(self.lines.readline()[1:])
        return [self.lines.readline().strip() if self.lines.readline()[0] == '$' else None for _ in range(count)]

    def heard(self):
        """The next message: (channel, text)."""
        while True:
            parts = self.array()
            if parts[0] == 'message' and not parts[2].startswith('mark-'):
                return parts[1], parts[2]

    def heard_before(self, path, mark):
        """Everything before a mark of our own."""
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(path)
            other.sendall(f'PUBLISH inventiv_wake mark-{mark}\r\n'.encode())
            other.recv(64)
        heard = []
        while True:
            parts = self.array()
            if parts[2] == 'mark-' + mark:
                return heard
            heard.append((parts[1], parts[2]))


def command(listener):
    channel, text = listener.heard()
    equal(channel, 'orchestrator_events')
    return json.loads(text)


def wishes(api, database, listener):
    body = {'zone': 'here-1', 'instance_type': 'SMALL', 'model_id': 'tiny'}
    instance = api.ask_as('operator', 'POST', '/deployments', body).json['instance_id']
    trace = database.sql(f"SELECT correlation_id FROM instances WHERE id = '{instance}'")
    ids = '00000000-0000-4000-8000-0000000000'
    equal(command(listener), {
        'type': 'CMD:PROVISION', 'instance_id': instance, 'zone': 'here-1', 'instance_type': 'SMALL',
        'provider_id': ids + 'a1', 'zone_id': ids + 'c1', 'instance_type_id': ids + 'd1', 'model_id': ids + 'e1',
        'correlation_id': trace})
    reply = api.ask_as('operator', 'DELETE', f'/instances/{instance}')
    equal(command(listener), {'type': 'CMD:TERMINATE', 'instance_id': instance,
                              'correlation_id': reply.headers['X-Request-Id']})
    ready = str(uuid.uuid4())
    database.sql(f"SELECT test_instance('{ready}', 'ready')")
    api.ask_as('operator', 'POST', f'/instances/{ready}/reinstall')
    equal(command(listener)['type'], 'CMD:REINSTALL')
    api.ask_as('operator', 'POST', f'/instances/{ready}/drain')
    equal(listener.heard(), ('inventiv_wake', 'job-terminator'))


def heartbeats(api, database, listener, path):
    made = [str(uuid.uuid4()) for _ in range(30)]
    for instance in made:
        database.sql(f"SELECT test_instance('{instance}', 'starting'), test_token('{instance}', '{instance}', 'secret')")
    lists = [[beats.request(instance, instance)] for instance in made]
    beats.beat(api.port, lists)
    equal(listener.heard(), ('inventiv_wake', 'job-health-check'))
    # A message that is on its way comes before one that is sent after the next answer.
    until(lambda: listener.heard_before(path, uuid.uuid4().hex) == [], 'the last wake-up of the change')
    beats.beat(api.port, lists)
    check(listener.heard_before(path, uuid.uuid4().hex) == [], 'a beat that changes nothing wakes nobody')


def main():
    with cluster.redis() as path:
        listener = Listener(path)
        with api_with_database(REDIS_URL='unix://' + path) as (api, database):
            return harness.run(
                ('a wish wakes who is to do it', lambda: wishes(api, database, listener)),
                ('a change of status wakes the health check, a mere beat does not',
                 lambda: heartbeats(api, database, listener, path)))


if __name__ == '__main__':
    sys.exit(main())
