"""watchers: event streams held open while something else is measured, each read as it comes."""

import resource
import selectors
import socket
import threading
import urllib.parse

AT_ONCE = 100  # the API has so and so many waiting requests, and refuses more
HELLO_SECONDS = 10
FILES_BESIDE = 256


class Watchers:
    """Use as a context: all of them have been greeted."""

    def __init__(self, client, count):
        self._address = urllib.parse.urlsplit(client.base_url)
        self._cookie = client.cookie
        self._count = count
        self._sockets = []
        self._selector = selectors.EpollSelector()
        self._greeted = 0
        self._news = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._read)
        self.ended = 0
        self.received = 0

    def __enter__(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, self._count + FILES_BESIDE), most))
        self._thread.start()
        try:
            while len(self._sockets) < self._count:
                for _ in range(min(AT_ONCE, self._count - len(self._sockets))):
                    self._open()
                self._await_greetings()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _await_greetings(self):
        with self._news:
            if not self._news.wait_for(lambda: self._greeted == len(self._sockets), HELLO_SECONDS):
                raise RuntimeError(f"{self._greeted} of {len(self._sockets)} event streams were greeted")

    def __exit__(self, *_):
        self._ending = True
        self._thread.join()
        for one in self._sockets:
            one.close()
        self._selector.close()

    def _open(self):
        one = socket.create_connection((self._address.hostname, self._address.port))
        self._sockets.append(one)
        one.sendall(f"GET /events/stream HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
                    f"Cookie: {self._cookie}\r\n\r\n".encode())
        one.setblocking(False)
        self._selector.register(one, selectors.EVENT_READ, [])

    def _read(self):
        while not self._ending:
            for key, _ in self._selector.select(0.1):
                self._take(key)

    def _take(self, key):
        received = key.fileobj.recv(65536)
        self.received += len(received)
        if not received:
            self.ended += 1
            self._selector.unregister(key.fileobj)
        elif not key.data and b"event: hello" in received:
            key.data.append(True)
            with self._news:
                self._greeted += 1
                self._news.notify()
