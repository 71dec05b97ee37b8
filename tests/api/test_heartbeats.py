"""Heartbeats in numbers: batches, doubles, bad ones among good ones, overload, and the wake-up."""
import collections
import json
import sys
import time
import uuid

import beats
import harness
from harness import api_with_database, check, equal, until

COUNT = 1000
CATALOGUE = "'00000000-0000-4000-8000-0000000000"


def fleet(database, count):
    """Instances that a worker of ours has enrolled for: [(id, token)]."""
    made = [(str(uuid.uuid4()), f'secret-{number}') for number in range(count)]
    rows = ','.join(f"('{instance}'::uuid, '{token}')" for instance, token in made)
    database.sql(f"""
        CREATE TEMP TABLE made (id uuid, token text);
        INSERT INTO made VALUES {rows};
        INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id, correlation_id,
                               deadline_at)
        SELECT id, id, {CATALOGUE}a1', {CATALOGUE}c1', {CATALOGUE}d1', {CATALOGUE}e1', 'x',
               fleet_now() + interval '1 hour' FROM made;
        INSERT INTO worker_heartbeats (instance_id) SELECT id FROM made;
        INSERT INTO worker_tokens (token_hash, instance_id, generation, kind)
        SELECT encode(sha256(token::bytea), 'hex'), id, 1, 'secret' FROM made;
        ANALYZE""")
    return made


def clean(database):
    database.run_file('reset.sql')


def a_thousand_at_once(api, database):
    clean(database)
    made = fleet(database, COUNT)
    statuses, seconds = beats.beat(api.port, [[beats.request(*one)] * 5 for one in made])
    equal(collections.Counter(statuses), {200: 5 * COUNT})
    equal(database.sql("SELECT count(*) FROM worker_heartbeats WHERE status = 'ready'"), str(COUNT))
    print(f'        {5 * COUNT} heartbeats of {COUNT} workers in {seconds:.2f} s')


def doubles(api, database):
    clean(database)
    (instance, token), = fleet(database, 1)
    good = [[beats.request(instance, token, queue_depth=3)] * 20] * 20
    bad = [[beats.request(instance, 'stolen')] * 20] * 5
    statuses, _ = beats.beat(api.port, good + bad)
    equal(collections.Counter(statuses), {200: 400, 401: 100})
    equal(database.sql('SELECT queue_depth FROM worker_heartbeats'), '3')


def strangers(api, database):
    clean(database)
    made = fleet(database, 50)
    database.sql(f"SELECT test_move('{made[0][0]}', 'provision_gave_up')")
    lists = [[beats.request(*one)] * 4 for one in made]
    lists += [[beats.request(str(uuid.uuid4()), 'x')] * 4 for _ in range(50)]
    statuses, _ = beats.beat(api.port, lists)
    equal(collections.Counter(statuses), {200: 49 * 4, 404: 50 * 4, 410: 4})


def spoilt(api, database):
    """A row that the database refuses spoils nobody else's: one by one they go."""
    clean(database)
    made = fleet(database, 40)
    database.sql(f"""ALTER TABLE worker_heartbeats ADD CONSTRAINT test_only
                     CHECK (queue_depth <> 7 OR instance_id <> '{made[5][0]}')""")
    lists = [[beats.request(*one, queue_depth=7)] * 3 for one in made]
    try:
        statuses, _ = beats.beat(api.port, lists)
    finally:
        database.sql('ALTER TABLE worker_heartbeats DROP CONSTRAINT test_only')
    equal(collections.Counter(statuses), {200: 39 * 3, 500: 3})


def overload(api, database):
    """What may wait is bounded: the rest is told to come again."""
    clean(database)
    made = fleet(database, 60)
    ids = ', '.join(f"'{instance}'" for instance, _ in made)
    with open_transaction(database, f'SELECT FROM worker_heartbeats WHERE instance_id IN ({ids}) FOR UPDATE'):
        reply = until(lambda: refused_one(api, made), 'one is refused')
        check(int(reply.headers['Retry-After']) >= 1, 'it says when to come again')


def refused_one(api, made):
    lists = [[beats.request(*one)] for one in made]
    beaters = [beats.Beater(api.port, requests) for requests in lists]
    reply = api.ask('POST', '/internal/worker/heartbeat', {'instance_id': made[0][0], 'status': 'ready'},
                    {'Authorization': 'Bearer ' + made[0][1]}, timeout=2)
    for beater in beaters:
        beater.socket.close()
    return reply if reply is not None and reply.status == 503 else None


class open_transaction:  # pylint: disable=invalid-name
    """Holds locks until it is left."""

    def __init__(self, database, sql, end='ROLLBACK'):
        self.end = end
        self.child = harness.subprocess.Popen(
            ['psql', '-XAtq', '-d', database.url], stdin=harness.subprocess.PIPE,
            stdout=harness.subprocess.PIPE, text=True)
        self.child.stdin.write(f"BEGIN; {sql};\n\\echo held\n")
        self.child.stdin.flush()

    def __enter__(self):
        while self.child.stdout.readline().strip() != 'held':
            check(self.child.poll() is None, 'the transaction is open')

    def __exit__(self, *_):
        self.child.communicate(f'{self.end};\n', timeout=10)


def revoked(api, database):
    """From the moment at which it is: a beat that comes while it happens waits for it."""
    clean(database)
    (instance, token), = fleet(database, 1)
    database.sql(f"SELECT test_token('{instance}', 'second', 'issued')")
    statuses, _ = beats.beat(api.port, [[beats.request(instance, name)] for name in (token, 'second')])
    equal(statuses, [200, 200])
    revoke = f"UPDATE worker_tokens SET revoked_at = fleet_now() WHERE token_hash = encode(sha256('{token}'), 'hex')"
    with open_transaction(database, revoke, end='COMMIT'):
        beater = beats.Beater(api.port, [beats.request(instance, token)])
        until(lambda: database.sql('SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = \'Lock\'') == '1',
              'the beat waits')
    beats.finish([beater], time.monotonic() + 10)
    equal(beater.statuses, [401])
    statuses, _ = beats.beat(api.port, [[beats.request(instance, 'second')]])
    equal(statuses, [200])


def rates(api, database):
    clean(database)
    made = fleet(database, 200)
    told = {'worker_id': 'w', 'model_id': 'tiny', 'agent_info': {'version': '1'}, 'metadata': {
        'system': {'load1': 0.5, 'mem_total_bytes': 1}, 'gpus': [{'gpu_mem_total_mb': 1}] * 4}}
    lists = [[beats.request(*one, **told)] * 50 for one in made]
    statuses, seconds = beats.beat(api.port, lists)
    equal(set(statuses), {200})
    written = json.loads(database.sql("""SELECT json_build_object('hot', n_tup_hot_upd, 'all', n_tup_upd)
        FROM pg_stat_user_tables WHERE relname = 'worker_heartbeats'"""))
    equal(database.sql('SELECT count(*) FROM worker_metadata'), '200')
    print(f'        {len(statuses) / seconds:.0f} heartbeats/s over 200 connections; {written}')


def metadata_ages(api, database):
    """What moves with every beat is no reason to write; it is written now and then all the same."""
    clean(database)
    (instance, token), = fleet(database, 1)
    loads = iter(range(1, 1000000))

    def seen():
        load = next(loads)
        statuses, _ = beats.beat(api.port, [[beats.request(instance, token, metadata={'system': {'load1': load}})]])
        equal(statuses, [200])
        return int(database.sql("SELECT metadata -> 'system' ->> 'load1' FROM worker_metadata"))

    first = seen()
    until(lambda: seen() > first, 'a later figure is on record')
    shown = api.ask_as('viewer', 'GET', f'/instances/{instance}').json
    check(shown['worker_metadata_at'] > shown['created_at'], 'and people see when it was written')


def main():
    with api_with_database() as (api, database):
        failed = harness.run(
            ('a thousand workers at once are all answered, and on record', lambda: a_thousand_at_once(api, database)),
            ('many beats of one worker are all answered, a stolen name is not', lambda: doubles(api, database)),
            ('strangers and the departed among them are told apart', lambda: strangers(api, database)),
            ('a token is refused from the moment at which it is revoked, another is not', lambda: revoked(api, database)),
            ('a row that cannot be written spoils no other', lambda: spoilt(api, database)),
            ('beats of the same workers over many connections', lambda: rates(api, database)))
    with api_with_database(HEARTBEAT_WAITING_MAX='20', HEARTBEAT_BATCH_ROWS='4',
                           METADATA_REFRESH_SECONDS='1') as (api, database):
        return failed | harness.run(
            ('what moves in the metadata is written again after a while', lambda: metadata_ages(api, database)),
            ('what may wait is bounded, and what is refused is told when to come again',
             lambda: overload(api, database)))


if __name__ == '__main__':
    sys.exit(main())
