"""GET /events/stream: who watches sees every change once, whoever made it, wherever the watcher was."""
import contextlib
import subprocess
import sys
import threading
import uuid

import cluster
import harness
from harness import Api, api_with_database, check, equal, until
from watcher import QUICK, Watcher, complete, instance, journal, settled


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


def main():
    with cluster.cluster() as server:
        with api_with_database(server, **QUICK) as (api, database):
            harness.run(
                ('changes by others are seen at once', lambda: live(api, database)),
                ('wishes are seen', lambda: wishes(api, database)),
                ('claims, looks and heartbeats are not', lambda: quiet(api, database)),
                ('topics, and actions of one instance', lambda: topics(api, database)),
                ('what is refused', lambda: bad_questions(api)),
                ('away again and again: nothing missed, nothing repeated', lambda: away(api, database)))
        return harness.run(
            ('the API killed, another asked: nothing missed, nothing repeated', lambda: restarts(server)),
            ('an id that is too old or none is told to look anew', lambda: too_old(server)),
            ('commits in reverse order are seen once each', lambda: reverse(server)))


if __name__ == '__main__':
    sys.exit(main())
