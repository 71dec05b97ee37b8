"""GET /events/stream: who watches sees every change once, whoever made it, wherever the watcher was."""
import contextlib
import socket
import subprocess
import sys
import threading
import time
import uuid

import cluster
import harness
from harness import Api, api_with_database, check, equal, until
from watcher import Watcher

QUICK = {'EVENTS_PAUSE_SECONDS': '0.02', 'EVENTS_POLL_SECONDS': '0.2', 'EVENTS_SESSION_SECONDS': '0.2'}


def instance(database, status='booting'):
    made = str(uuid.uuid4())
    database.sql(f"SELECT test_instance('{made}', '{status}')")
    return made


def journal(database, about=None):
    made = str(uuid.uuid4())
    database.sql('INSERT INTO action_logs (id, action_type, component, status, instance_id) VALUES '
                 f"('{made}', 'SERVER_CREATE', 'api', 'in_progress', {repr(about) if about else 'NULL'})")
    return made


def settled(database, watcher, limit=harness.LIMIT):
    """Waits until it has seen a change made now, and so all before it."""
    last = instance(database, 'provisioning')
    until(lambda: last in watcher.ids(), 'what comes last is seen', limit)


def recorded(database, kind, after):
    """What the table has after a key, in the order of commits; the key's own number with it."""
    xid, number = after.split('-')
    rows = database.sql(f"SELECT coalesce(action_log_id, instance_id) FROM events WHERE kind = '{kind}' AND "
                        f"(xid, id) > ('{xid}'::xid8, {number}) ORDER BY xid, id")
    return rows.split('\n') if rows else []


def live(api, database):
    with Watcher(api) as one, Watcher(api, 'admin') as other:
        for watcher in (one, other):
            watcher.greeted()
            equal(watcher.events('hello')[0].data, {'ok': True})
        made = instance(database, 'ready')
        log = journal(database, made)
        for watcher in (one, other):
            until(lambda w=watcher: made in w.ids(), 'the change is seen')
            until(lambda w=watcher: log in w.ids('action_log.created'), 'the action is seen')
            frame = next(f for f in watcher.events('action_log.created') if log in f.data['ids'])
            equal(frame.data['instance_ids'], [made])
            check(frame.data['emitted_at'].endswith('Z'), frame)
        database.sql(f"UPDATE action_logs SET status = 'success', completed_at = fleet_now() WHERE id = '{log}'")
        until(lambda: one.ids('action_log.created').count(log) == 2, 'its completion is seen')
        equal(one.headers['Content-Type'], 'text/event-stream')
        equal(one.headers['Cache-Control'], 'no-store')
        equal(one.headers['X-Accel-Buffering'], 'no')


def wishes(api, database):
    made = instance(database, 'ready')
    with Watcher(api) as watcher:
        watcher.greeted()
        equal(api.ask_as('operator', 'DELETE', '/instances/' + made).status, 202)
        until(lambda: made in watcher.ids(), 'the wish is seen')
        until(lambda: watcher.ids('action_log.created'), 'and its place in the journal')


def quiet(api, database):
    """Claims, looks and heartbeats are no news."""
    made = instance(database, 'ready')
    with Watcher(api) as watcher:
        watcher.greeted()
        settled(database, watcher)
        before = watcher.ids()
        database.sql(f"UPDATE instances SET fencing_token = fencing_token + 1, lease_until = fleet_now(), "
                     f"attempts = 3, last_look_at = fleet_now() WHERE id = '{made}';"
                     f"UPDATE worker_heartbeats SET last_heartbeat = fleet_now()")
        settled(database, watcher)
        equal(len(watcher.ids()), len(before) + 1, 'frames')


def topics(api, database):
    made, other = instance(database), instance(database)
    with Watcher(api, topics='instances') as instances, Watcher(api, topics='action_logs') as actions, \
            Watcher(api, instance_id=made) as of_one:
        for watcher in (instances, actions, of_one):
            watcher.greeted()
        logs = [journal(database, made), journal(database, other), journal(database)]
        until(lambda: actions.ids('action_log.created') == logs, 'all actions')
        until(lambda: of_one.ids('action_log.created') == logs[:1], 'those of one instance')
        database.sql(f"SELECT test_move('{other}', 'agent_seen')")
        for watcher in (instances, of_one):
            until(lambda w=watcher: other in w.ids(), 'instances are not narrowed')
        equal(instances.events('action_log.created'), [])
        equal(actions.ids(), [])
        equal(of_one.ids('action_log.created'), logs[:1])


def bad_questions(api):
    for path in ('?topics=nothing', '?topics=instances,,actions', '?instance_id=x'):
        equal(api.ask_as('viewer', 'GET', '/events/stream' + path).status, 400, path)
    equal(api.ask('GET', '/events/stream').status, 401, 'nobody')


def minute(database, rounds):
    """A minute's worth of changes, by two sessions at once, whose transactions overlap."""
    fleet = [instance(database) for _ in range(4)]

    def work(mine):
        for _ in range(rounds):
            one, two = mine
            database.sql(f"BEGIN; UPDATE instances SET progress_percent = (progress_percent + 1) % 100 WHERE id = '{one}';"
                         f"INSERT INTO action_logs (action_type, component, status, instance_id) SELECT 'SERVER_CREATE', "
                         f"'api', 'success', '{one}' FROM generate_series(1, 150); SELECT pg_sleep(0.01);"
                         f"UPDATE instances SET progress_percent = (progress_percent + 1) % 100 WHERE id = '{two}'; COMMIT")
    threads = [threading.Thread(target=work, args=(fleet[at::2],)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    return threads


def complete(database, watcher, frames, hello):
    """Those frames are what the table has from there on: nothing missed, nothing repeated."""
    for kind, name in (('instance', 'instance.updated'), ('action', 'action_log.created')):
        got = [one for frame in frames if frame.event == name for one in frame.data['ids']]
        equal(got, recorded(database, kind, hello), name)
    equal(watcher.events('resync'), [])
    check(all(len(frame.data['ids']) <= 200 for frame in frames if 'ids' in frame.data), 'at most 200 ids')


def away(api, database):
    """Away for a while, again and again, while much happens."""
    with Watcher(api) as watcher:
        hello = watcher.greeted().last
    workers = minute(database, 20)
    frames, last = [], hello
    while any(worker.is_alive() for worker in workers):
        with Watcher(api, last=last, in_query=len(frames) % 2 == 1) as watcher:
            watcher.greeted()
            until(lambda: len(watcher.frames) > 1 or not any(w.is_alive() for w in workers), 'news')
        frames += watcher.frames
        last = watcher.last
    with Watcher(api, last=last) as watcher:
        settled(database, watcher)
    complete(database, watcher, frames + watcher.frames, hello)
    check(len([frame for frame in frames if frame.event == 'hello']) > 2, 'it was away more than once')


def restarts(server):
    """The API is killed, and another one is asked: all give the same ids."""
    with api_with_database(server, **QUICK) as (api, database):
        second = Api(database.url, **QUICK)
        try:
            second.start()
            with Watcher(api) as watcher:
                hello = watcher.greeted().last
            workers = minute(database, 20)
            with Watcher(api, last=hello) as first:
                until(lambda: len(first.frames) > 3, 'news')
                api.child.kill()
                api.child.wait()
                until(lambda: first.ended, 'the stream ends')
            with Watcher(second, token=api.token('viewer'), last=first.last) as elsewhere:
                until(lambda: len(elsewhere.frames) > 3, 'news elsewhere')
            api.start()
            for worker in workers:
                worker.join()
            with Watcher(api, last=elsewhere.last) as again:
                settled(database, again)
            complete(database, again, first.frames + elsewhere.frames + again.frames, hello)
            equal(second.stop(), 0)
        finally:
            second.kill()


def too_old(server):
    with api_with_database(server, EVENTS_RING='16', **QUICK) as (api, database):
        with Watcher(api) as watcher:
            watcher.greeted()
            settled(database, watcher)
            old = watcher.last
        for _ in range(20):
            instance(database, 'provisioning')
        for last in (old, '1-1', 'nonsense', '999999999-1', '1-', ' 1-1'):
            with Watcher(api, last=last) as watcher:
                until(lambda w=watcher: w.events('resync'), f'{last}: it is told to look anew')
                equal([frame.event for frame in watcher.frames], ['hello', 'resync'], last)
                equal(watcher.events('hello')[0].key, None, 'id of a hello before resync')
                settled(database, watcher)
                equal(len(watcher.ids()), 1, 'and what is new follows')


def reverse(server):
    """Commits in the reverse order of their ids; and a transaction that stays open for long."""
    with api_with_database(server, **QUICK) as (api, database), Watcher(api) as watcher:
        hello = watcher.greeted().last
        early, late = str(uuid.uuid4()), str(uuid.uuid4())
        database.sql(f"SELECT test_instance('{early}', 'booting'), test_instance('{late}', 'booting')")
        settled(database, watcher)
        count = len(watcher.ids())
        with open_transaction(database, f"SELECT test_move('{early}', 'agent_seen')"):
            database.sql(f"SELECT test_move('{late}', 'agent_seen')")
            with Watcher(api, last=watcher.last) as other:
                other.greeted()
                equal(len(other.ids()), 0, 'seen before its time')
        until(lambda: len(watcher.ids()) == count + 2, 'both are seen')
        equal(watcher.ids()[count:], [early, late])
        complete(database, watcher, watcher.frames, hello)


@contextlib.contextmanager
def open_transaction(database, statement):
    with subprocess.Popen(['psql', '-XAtq', '-d', database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as session:
        session.stdin.write(f'BEGIN; {statement}; SELECT 1;\n')
        session.stdin.flush()
        until(lambda: session.stdout.readline().strip() == '1', 'the transaction is open')
        yield
        session.stdin.write('COMMIT;\n')
        session.stdin.close()
        equal(session.wait(timeout=20), 0)


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
    with api_with_database(server, EVENTS_RING='8000', API_REQUEST_TIMEOUT_SECONDS='2', **QUICK) as (api, database):
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


def main():
    with api_with_database(**QUICK) as (api, database):
        harness.run(
            ('changes by others are seen at once', lambda: live(api, database)),
            ('wishes are seen', lambda: wishes(api, database)),
            ('claims, looks and heartbeats are not', lambda: quiet(api, database)),
            ('topics, and actions of one instance', lambda: topics(api, database)),
            ('what is refused', lambda: bad_questions(api)),
            ('away again and again: nothing missed, nothing repeated', lambda: away(api, database)))
    with cluster.own() as server:
        return harness.run(
            ('the API killed, another asked: nothing missed, nothing repeated', lambda: restarts(server)),
            ('an id that is too old or none is told to look anew', lambda: too_old(server)),
            ('commits in reverse order are seen once each', lambda: reverse(server)),
            ('a session that ends takes its streams with it', lambda: revoked(server)),
            ('more streams than allowed are told to come again', lambda: crowded(server)),
            ('clients that read nothing cost nothing', lambda: deaf(server)),
            ('the program ends with streams open', lambda: ends(server)),
            ('the database away: the stream stays and catches up', lambda: database_away(server)),
            ('who watches quiet things has a recent id', lambda: quiet_keeps_up(server)),
            ('old changes are removed', lambda: pruned(server)))


if __name__ == '__main__':
    sys.exit(main())
