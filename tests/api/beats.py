"""Many heartbeats at once over a few hundred connections, without threads."""
import json
import selectors
import socket
import time


class Beater:
    """One connection: sends what it is given, one after the other, and notes the statuses."""

    def __init__(self, port, requests):
        self.requests = list(requests)
        self.statuses = []
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=10)
        self.socket.setblocking(False)
        self.received = b''
        self.send()

    def send(self):
        if self.requests:
            self.socket.sendall(self.requests.pop(0))

    def read(self):
        """False at the end."""
        piece = self.socket.recv(65536)
        if not piece:
            raise AssertionError('the API closed the connection')
        self.received += piece
        head, separator, rest = self.received.partition(b'\r\n\r\n')
        if not separator:
            return True
        length = next(int(line.split(b':')[1]) for line in head.split(b'\r\n')
                      if line.lower().startswith(b'content-length:'))
        if len(rest) < length:
            return True
        self.statuses.append(int(head.split()[1]))
        self.received = rest[length:]
        more = bool(self.requests)
        self.send()
        return more


def request(instance, token, **told):
    body = json.dumps({'instance_id': instance, 'status': 'ready', 'metadata': {}, **told}).encode()
    return (f'POST /internal/worker/heartbeat HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n'
            f'Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n').encode() + body


def beat(port, lists, limit=60):
    """A list of requests a connection; (statuses, seconds)."""
    started = time.monotonic()
    beaters = [Beater(port, requests) for requests in lists]
    finish(beaters, started + limit)
    return [status for beater in beaters for status in beater.statuses], time.monotonic() - started


def finish(beaters, until):
    selector = selectors.DefaultSelector()
    for beater in beaters:
        selector.register(beater.socket, selectors.EVENT_READ, beater)
    while selector.get_map():
        if time.monotonic() > until:
            raise AssertionError('heartbeats were not answered in time')
        for key, _ in selector.select(1):
            if not key.data.read():
                selector.unregister(key.fileobj)
                key.fileobj.close()
