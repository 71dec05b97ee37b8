"""One who watches GET /events/stream, as a browser does: keeps the last id, reads frame by frame.  And
what there is to be seen."""
import http.client
import json
import socket
import threading
import urllib.parse
import uuid

from harness import LIMIT, check, equal, until

QUICK = {'EVENTS_PAUSE_SECONDS': '0.02', 'EVENTS_POLL_SECONDS': '0.2', 'EVENTS_SESSION_SECONDS': '0.2'}


class Frame:
    def __init__(self, event, key, data):
        self.event = event
        self.key = key
        self.data = data

    def __repr__(self):
        return f'{self.event} {self.key} {self.data}'


class Watcher:
    def __init__(self, api, role='viewer', token=None, last=None, in_query=False, **parameters):
        self.frames = []
        self.comments = 0
        self.last = last
        self.ended = False
        headers = {'Authorization': 'Bearer ' + (token or api.token(role))}
        if last is not None and in_query:
            parameters['last_event_id'] = last
        elif last is not None:
            headers['Last-Event-ID'] = last
        self._connection = http.client.HTTPConnection('127.0.0.1', api.port, timeout=60)
        self._connection.request('GET', '/events/stream?' + urllib.parse.urlencode(parameters), None, headers)
        self._socket = self._connection.sock
        self._reply = self._connection.getresponse()
        equal(self._reply.status, 200, 'status of the stream')
        self.headers = self._reply.headers
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        lines = []
        try:
            while line := self._reply.readline():
                line = line.decode().rstrip('\n')
                if line:
                    lines.append(line)
                else:
                    self._take(lines)
                    lines = []
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        self.ended = True

    def _take(self, lines):
        self.comments += sum(line.startswith(':') for line in lines)
        fields = dict(line.split(': ', 1) for line in lines if not line.startswith(':'))
        self.last = fields.get('id', self.last)
        if 'data' in fields:
            self.frames.append(Frame(fields['event'], fields.get('id'), json.loads(fields['data'])))

    def close(self):
        """Away, without a word."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(timeout=10)
        self._reply.close()
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def events(self, name):
        return [frame for frame in list(self.frames) if frame.event == name]

    def greeted(self):
        until(lambda: self.events('hello'), 'the stream says hello')
        return self

    def ids(self, name='instance.updated'):
        """All ids of those frames, in order."""
        return [one for frame in self.events(name) for one in frame.data['ids']]


def instance(database, status='booting'):
    made = str(uuid.uuid4())
    database.sql(f"SELECT test_instance('{made}', '{status}')")
    return made


def journal(database, about=None):
    made = str(uuid.uuid4())
    database.sql('INSERT INTO action_logs (id, action_type, component, status, instance_id) VALUES '
                 f"('{made}', 'SERVER_CREATE', 'api', 'in_progress', {repr(about) if about else 'NULL'})")
    return made


def settled(database, watcher, limit=LIMIT):
    """Waits until it has seen a change made now, and so all before it."""
    last = instance(database, 'provisioning')
    until(lambda: last in watcher.ids(), 'what comes last is seen', limit)


def recorded(database, kind, after):
    """What the table has after a key, in the order of commits; the key's own number with it."""
    xid, number = after.split('-')
    rows = database.sql(f"SELECT coalesce(action_log_id, instance_id) FROM events WHERE kind = '{kind}' AND "
                        f"(xid, id) > ('{xid}'::xid8, {number}) ORDER BY xid, id")
    return rows.split('\n') if rows else []


def complete(database, watcher, frames, hello):
    """Those frames are what the table has from there on: nothing missed, nothing repeated."""
    for kind, name in (('instance', 'instance.updated'), ('action', 'action_log.created')):
        got = [one for frame in frames if frame.event == name for one in frame.data['ids']]
        equal(got, recorded(database, kind, hello), name)
    equal(watcher.events('resync'), [])
    check(all(len(frame.data['ids']) <= 200 for frame in frames if 'ids' in frame.data), 'at most 200 ids')
