"""What happens when nearly all connections are taken: the API says so instead of going silent."""
import contextlib
import http.client
import json
import socket
import subprocess
import sys

import harness
from harness import api_with_database, check, equal, until

MOST = 40
SOFT = 20


@contextlib.contextmanager
def connections(api, count):
    """Open ones, on each of which a request has been answered."""
    opened = [http.client.HTTPConnection('127.0.0.1', api.port, timeout=10) for _ in range(count)]
    try:
        for connection in opened:
            equal(ask(connection, '/healthz').status, 200)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def ask(connection, path, method='GET', body=None):
    connection.request(method, path, body, {'Content-Type': 'application/json'} if body else {})
    reply = connection.getresponse()
    reply.text = reply.read()
    return reply


def turned_away(api):
    reply = api.ask('GET', '/version')
    return reply is not None and reply.status == 503 and reply


def crowded(api):
    with connections(api, SOFT) as opened:
        reply = until(lambda: turned_away(api), 'one more is turned away')
        equal(reply.json['error'], 'overloaded')
        equal(reply.headers['Connection'].lower(), 'close')
        check(int(reply.headers['Retry-After']) >= 1, 'it says when to come again')
        for path in ('/healthz', '/readyz'):
            reply = api.ask('GET', path)
            equal((reply.status, reply.headers['Connection'].lower()), (200, 'close'), path)
        beat = json.dumps({'instance_id': '00000000-0000-4000-8000-000000000001', 'status': 'ready'})
        equal(ask(opened[0], '/internal/worker/heartbeat', 'POST', beat).status, 401, 'an old connection works')
        equal(api.ask('POST', '/internal/worker/heartbeat', json.loads(beat)).status, 503, 'a new one does not')
    until(lambda: api.ask('GET', '/version').status == 200, 'afterwards all is well')


def closes(api):
    """The connection that was turned away is closed by the API."""
    with connections(api, SOFT):
        until(lambda: turned_away(api), 'one more is turned away')
        with socket.create_connection(('127.0.0.1', api.port), timeout=10) as one:
            one.sendall(b'GET /version HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
            received = b''
            while piece := one.recv(65536):
                received += piece
            check(received.startswith(b'HTTP/1.1 503'), received)


def limits(api):
    settings = {**api.settings, 'HEARTBEAT_WAITING_MAX': str(MOST), 'API_CONNECTIONS_MAX': str(MOST)}
    done = subprocess.run([harness.BINARY], env=settings, capture_output=True, text=True, timeout=10, check=False)
    check(done.returncode != 0, 'it does not start')
    check('HEARTBEAT_WAITING_MAX' in done.stdout + done.stderr, done.stdout + done.stderr)


def main():
    with api_with_database(API_CONNECTIONS_MAX=str(MOST), API_CONNECTIONS_SOFT_PERCENT='50',
                           HEARTBEAT_WAITING_MAX=str(MOST - 1)) as (api, _):
        return harness.run(
            ('above the soft limit new connections are told to come again', lambda: crowded(api)),
            ('... and are closed', lambda: closes(api)),
            ('as many waiting heartbeats as connections are refused at the start', lambda: limits(api)))


if __name__ == '__main__':
    sys.exit(main())
