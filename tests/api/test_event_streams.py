"""GET /events/stream: who may watch, how many, for how long, and what it costs those who do not."""

import contextlib
import os
import signal
import socket
import sys
import time

import cluster
import harness
from harness import Api, api_with_database, check, equal, until
from watcher import QUICK, Watcher, complete, instance, settled


def revoked(server):
    with api_with_database(server, **QUICK) as (api, database):
        with Watcher(api) as watcher, Watcher(api, 'admin') as other:
            watcher.greeted()
            other.greeted()
            equal(api.ask_as('viewer', 'POST', '/auth/logout').status, 200)
            until(lambda: watcher.ended, 'the stream of a session that was ended is ended')
            settled(database, other)
            check(not other.ended, 'that of another is not')
            database.sql("UPDATE users SET disabled_at = fleet_now() WHERE role = 'admin'")
            until(lambda: other.ended, 'that of a person who may no more')


def crowded(server):
    with api_with_database(server, EVENTS_STREAMS_MAX='2', **QUICK) as (api, _):
        with Watcher(api) as one, Watcher(api) as two:
            one.greeted()
            two.greeted()
            reply = api.ask_as('viewer', 'GET', '/events/stream')
            equal(reply.status, 503)
            check(int(reply.headers['Retry-After']) >= 1, 'it says when to come again')
        until(lambda: api.ask_as('viewer', 'GET', '/events/stream?topics=x').status == 400, 'alive')

        def room():
            with contextlib.suppress(AssertionError), Watcher(api) as watcher:
                return watcher.greeted()
            return None
        until(room, 'there is room again')


def memory(api):
    with open(f'/proc/{api.child.pid}/status', encoding='utf-8') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS')) * 1024


def deaf(server):
    """Clients that read nothing cost nothing and hold up nobody."""
    # A sanitizer keeps what is freed: here hardly anything, since the process is weighed.
    light = {'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '')
             + ':quarantine_size_mb=1:thread_local_quarantine_size_kb=64'}
    with api_with_database(server, EVENTS_RING='8000', API_REQUEST_TIMEOUT_SECONDS='2',
                           **light, **QUICK) as (api, database):
        made = instance(database)
        token = api.token('viewer')
        with contextlib.ExitStack() as stack:
            silent = []
            for _ in range(20):
                one = stack.enter_context(socket.socket())
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect(('127.0.0.1', api.port))
                one.sendall(f'GET /events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n'
                            .encode())
                silent.append(one)
            watcher = stack.enter_context(Watcher(api))
            watcher.greeted()
            settled(database, watcher)
            before = memory(api)
            for _ in range(25):  # in all more than the kernel keeps for who does not read
                database.sql("INSERT INTO action_logs (action_type, component, status, instance_id) SELECT "
                             f"'SERVER_CREATE', 'api', 'success', '{made}' FROM generate_series(1, 3000)")
                settled(database, watcher)
            check(memory(api) - before < 8 << 20, f'memory grew from {before} to {memory(api)}')

            def cut(one):
                try:
                    return one.send(b' ') == 0
                except OSError:
                    return True
            for one in silent:
                until(lambda o=one: cut(o), 'who takes nothing is cut')
            check(not watcher.ended, 'who reads is not')


def ends(server):
    with api_with_database(server, **QUICK) as (api, database), Watcher(api) as watcher:
        watcher.greeted()
        settled(database, watcher)
        began = time.monotonic()
        equal(api.stop(), 0)
        check(time.monotonic() - began < 3, 'streams do not hold up the end')
        until(lambda: watcher.ended, 'the stream ends')


def database_away(server):
    with api_with_database(server, **{**QUICK, 'EVENTS_KEEPALIVE_SECONDS': '0.3'}) as (api, database):
        with Watcher(api) as watcher:
            hello = watcher.greeted().last
            settled(database, watcher)
            server.stop('immediate')
            heard = watcher.comments
            until(lambda: watcher.comments > heard + 1, 'the stream is kept alive meanwhile')
            server.start()
            until(api.is_ready, 'ready again')
            settled(database, watcher)
            complete(database, watcher, watcher.frames, hello)
            check(not watcher.ended, 'it is the same stream')


def quiet_keeps_up(server):
    """Who watches what does not change gets ids all the same, and comes back without a resync."""
    with api_with_database(server, EVENTS_RING='16', **{**QUICK, 'EVENTS_KEEPALIVE_SECONDS': '0.2'}) as (api, database):
        with Watcher(api, topics='actions') as watcher:
            old = watcher.greeted().last
            for _ in range(20):
                instance(database, 'provisioning')
            newest = database.sql('SELECT max(id) FROM events')
            until(lambda: watcher.last.endswith('-' + newest), 'a newer id comes')
        with Watcher(api, topics='actions', last=watcher.last) as again:
            again.greeted()
            equal(again.events('resync'), [])
        check(old != watcher.last, 'ids')


def pruned(server):
    with api_with_database(server, EVENTS_KEEP_SECONDS='3600', EVENTS_PRUNE_SECONDS='0.2', EVENTS_PRUNE_ROWS='7',
                           **QUICK) as (api, database):
        for _ in range(10):
            instance(database, 'ready')
        database.sql("UPDATE events SET at = at - interval '2 hours' WHERE id <= (SELECT max(id) - 3 FROM events)")
        until(lambda: database.sql('SELECT count(*) FROM events') == '3', 'what is old goes, the rest stays')


def slept(server):
    """What was removed while an API slept cannot be told: who watches there is told to look anew."""
    keep = {'EVENTS_KEEP_SECONDS': '1', 'EVENTS_PRUNE_SECONDS': '0.1', **QUICK}
    with api_with_database(server, **keep) as (api, database), Watcher(api) as watcher:
        watcher.greeted()
        settled(database, watcher)
        second = Api(database.url, **keep)
        try:
            second.start()
            api.child.send_signal(signal.SIGSTOP)
            try:
                instance(database, 'ready')
                until(lambda: database.sql('SELECT count(*) FROM events') == '0', 'all are removed meanwhile')
            finally:
                api.child.send_signal(signal.SIGCONT)
            until(lambda: watcher.events('resync'), 'it is told to look anew')
            settled(database, watcher)
        finally:
            second.kill()


def main():
    with cluster.own() as server:
        return harness.run(
            ('a session that ends takes its streams with it', lambda: revoked(server)),
            ('more streams than allowed are told to come again', lambda: crowded(server)),
            ('clients that read nothing cost nothing', lambda: deaf(server)),
            ('the program ends with streams open', lambda: ends(server)),
            ('the database away: the stream stays and catches up', lambda: database_away(server)),
            ('who watches quiet things has a recent id', lambda: quiet_keeps_up(server)),
            ('old changes are removed', lambda: pruned(server)),
            ('an API that slept until they were removed says so', lambda: slept(server)))


if __name__ == '__main__':
    sys.exit(main())
