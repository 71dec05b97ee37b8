"""redis_listener: a subscriber of Redis, on its Unix socket, without further packages.  What is published
waits in the socket until it is asked for."""
import socket
import uuid

from expect import until

LIMIT_SECONDS = 20


def command(path, *words):
    """Sends one command, and waits for the answer."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(LIMIT_SECONDS)
        link.connect(path)
        texts = [word.encode() for word in words]
        link.sendall(b'*%d\r\n' % len(texts) + b''.join(b'$%d\r\n%s\r\n' % (len(text), text) for text in texts))
        return link.recv(64)


class Listener:
    """Subscribed to channels, and to one for marks."""

    def __init__(self, path, *channels):
        self.path = path
        until(self.connects, 'Redis listens', LIMIT_SECONDS)
        self.socket.settimeout(LIMIT_SECONDS)
        self.socket.sendall(' '.join(('SUBSCRIBE', 'mark') + channels).encode() + b'\r\n')
        self.lines = self.socket.makefile('r', newline='\r\n', encoding='utf-8')
        for _ in range(1 + len(channels)):
            self.array()

    def connects(self):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.connect(self.path)
            return True
        except OSError:
            self.socket.close()
            return False

    def array(self):
        """The parts of the next reply; [] when Redis has closed the connection."""
        count = self.lines.readline()
        return [self.lines.readline().strip() if self.lines.readline()[0] == '$' else None
                for _ in range(int(count[1:]) if count else 0)]

    def heard(self):
        """The next message: (channel, text)."""
        return tuple(self.array()[1:])

    def heard_all(self):
        """Everything that was published until now, or until Redis ended."""
        mark = uuid.uuid4().hex
        try:
            command(self.path, 'PUBLISH', 'mark', mark)
        except OSError:
            pass
        heard = []
        while (parts := self.array()) and parts[2] != mark:
            heard.append((parts[1], parts[2]))
        return heard

    def close(self):
        self.socket.close()
