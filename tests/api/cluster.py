"""A PostgreSQL and a Redis for the tests: those that TEST_DATABASE_URL and TEST_REDIS_URL name, or
throw-away ones of our own; the PostgreSQL of our own can also be stopped and started."""
import contextlib
import getpass
import glob
import os
import shutil
import subprocess
import tempfile


def _bin_dir():
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
    if not found:
        raise RuntimeError('no PostgreSQL server is installed')
    return found[-1]


class Given:
    def __init__(self, url):
        self.url = url


class Own:
    """As root it runs as the user postgres, for PostgreSQL refuses root."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='inventiv-pg-', dir='/var/tmp')
        self._prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.directory, 'postgres')
            self._prefix = ['runuser', '-u', 'postgres', '--']
        user = 'postgres' if self._prefix else getpass.getuser()
        self._data = os.path.join(self.directory, 'data')
        self.url = f'postgresql://{user}@/postgres?host={self.directory}'
        self._call('initdb', '-D', self._data, '-A', 'trust', '-U', user, '--no-sync', '-E', 'UTF8',
                   '--locale=C.UTF-8')

    def _call(self, program, *arguments):
        subprocess.run([*self._prefix, os.path.join(_bin_dir(), program), *arguments], check=True,
                       stdout=subprocess.DEVNULL, cwd=self.directory, timeout=60)

    def start(self):
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.directory}' -c fsync=off"
        self._call('pg_ctl', '-D', self._data, '-w', '-l', os.path.join(self.directory, 'log'), '-o', options,
                   'start')

    def stop(self, mode='fast'):
        self._call('pg_ctl', '-D', self._data, '-w', '-m', mode, 'stop')

    def runs(self):
        return os.path.exists(os.path.join(self._data, 'postmaster.pid'))

    def remove(self):
        if self.runs():
            self.stop('immediate')
        shutil.rmtree(self.directory, ignore_errors=True)


@contextlib.contextmanager
def own():
    server = Own()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextlib.contextmanager
def cluster():
    if 'TEST_DATABASE_URL' in os.environ:
        yield Given(os.environ['TEST_DATABASE_URL'])
        return
    with own() as server:
        yield server


@contextlib.contextmanager
def redis():
    """The path of a Redis server's socket."""
    url = os.environ.get('TEST_REDIS_URL', '')
    if url.startswith('unix://'):
        yield url[len('unix://'):]
        return
    directory = tempfile.mkdtemp(prefix='inventiv-redis-')
    path = os.path.join(directory, 'redis.sock')
    with subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', path, '--save', '', '--dir',
                           directory], stdout=subprocess.DEVNULL) as server:
        try:
            yield path
        finally:
            server.terminate()
            server.wait(timeout=10)
            shutil.rmtree(directory, ignore_errors=True)
