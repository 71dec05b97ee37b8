"""One who watches GET /events/stream, as a browser does: keeps the last id, reads frame by frame."""
import http.client
import json
import socket
import threading
import urllib.parse

from harness import equal, until


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
