"""balancer: what stands before several APIs in production, as small as can be: takes connections at one
address and hands each to the first of its servers that takes it.

    with balancer.Balancer() as front:
        front.use([("127.0.0.1", 8003), ("127.0.0.1", 8004)])
        # http://127.0.0.1:{front.port}
"""

import contextlib
import selectors
import socket
import threading

CONNECT_SECONDS = 1
PIECE = 65536


class Balancer:
    def __init__(self):
        self._servers = []
        self._carried = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        # accept() in another thread ends by shutdown, not by close.
        self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join(CONNECT_SECONDS)
        self._door.close()

    def use(self, servers):
        """These from now on; connections to those of before are cut."""
        self._servers = list(servers)
        for end in list(self._carried):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _serve(self):
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _reach(self):
        for address in self._servers:
            with contextlib.suppress(OSError):
                return socket.create_connection(address, CONNECT_SECONDS)
        return None

    def _carry(self, client):
        server = self._reach()
        with client:
            if server is None:
                return
            self._carried.add(server)
            with server, contextlib.suppress(OSError):
                carry(client, server)
            self._carried.discard(server)


def carry(left, right):
    """Until either end closes: a side that is half closed is of no use to HTTP here."""
    other = {left: right, right: left}
    with selectors.DefaultSelector() as ready:
        for end in other:
            end.settimeout(None)
            ready.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                piece = key.fileobj.recv(PIECE)
                if not piece:
                    return
                other[key.fileobj].sendall(piece)
