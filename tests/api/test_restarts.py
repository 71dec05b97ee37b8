"""PostgreSQL or Redis away, at the start and in the middle; the end of the program; its first start."""
import contextlib
import re
import sys
import time
import uuid

import beats
import cluster
import harness
from harness import Api, Database, api_with_database, check, equal, until

NOWHERE = 'unix:///nonexistent/redis.sock'


def worker(database):
    instance = str(uuid.uuid4())
    database.sql(f"SELECT test_instance('{instance}', 'starting'), test_token('{instance}', 'w', 'secret')")
    return instance


def beat_status(api, instance):
    return api.ask('POST', '/internal/worker/heartbeat', {'instance_id': instance, 'status': 'ready'},
                   {'Authorization': 'Bearer w'}).status


def away_at_start(server):
    database = Database(server.url)
    server.stop()
    api = Api(database.url)
    try:
        api.start(ready=False)
        equal(api.ask('GET', '/healthz').status, 200)
        equal(api.ask('GET', '/readyz').status, 503)
        reply = api.ask('POST', '/auth/login', {'email': 'a', 'password': 'b'})
        equal(reply.status, 503)
        check(int(reply.headers['Retry-After']) >= 1, 'it says when to come again')
        equal(beat_status(api, str(uuid.uuid4())), 503)
        server.start()
        until(api.is_ready, 'it is ready once the database is there')
        equal(api.stop(), 0)
    finally:
        api.kill()
        if not server.runs():
            server.start()
        database.drop()


def away_in_the_middle(server):
    with api_with_database(server) as (api, database):
        instance = worker(database)
        api.token('operator')
        equal(beat_status(api, instance), 200)
        server.stop('immediate')
        until(lambda: beat_status(api, instance) == 503, 'beats are put off')
        equal(api.ask_as('operator', 'GET', '/instances').status, 503)
        equal(api.ask('GET', '/readyz').status, 503)
        equal(api.ask('GET', '/healthz').status, 200)
        server.start()
        until(lambda: beat_status(api, instance) == 200, 'beats are taken again')
        until(lambda: api.ask_as('operator', 'GET', '/instances').status == 200, 'requests are served again')
        until(api.is_ready, 'it is ready again')


def restarted_while_idle(server):
    """Every connection has died unseen; nobody who asks after that may notice."""
    with api_with_database(server) as (api, database):
        instance = worker(database)
        for _ in range(16):
            equal(api.ask_as('viewer', 'GET', '/instances').status, 200)
        server.stop()
        server.start()
        until(lambda: beat_status(api, instance) == 200, 'beats are taken again')
        for _ in range(16):
            equal(api.ask_as('viewer', 'GET', '/instances').status, 200)
        equal(api.ask('POST', '/auth/login', {'email': 'viewer', 'password': 'x'}).status, 401)


def without_redis(server):
    with api_with_database(server) as (api, database):
        api.stop()
        api.settings['REDIS_URL'] = NOWHERE
        api.start(ready=False)
        until(lambda: api.ask('GET', '/readyz').json['database'], 'the database is there')
        reply = api.ask('GET', '/readyz')
        equal((reply.status, reply.json['database'], reply.json['redis']), (503, True, False))
        body = {'zone': 'here-1', 'instance_type': 'SMALL', 'model_id': 'tiny'}
        reply = api.ask_as('operator', 'POST', '/deployments', body)
        equal(reply.status, 202)
        equal(api.ask_as('operator', 'DELETE', '/instances/' + reply.json['instance_id']).status, 202)
        equal(beat_status(api, worker(database)), 200)


@contextlib.contextmanager
def api_alone(server, **settings):
    database = Database(server.url)
    api = Api(database.url, **settings)
    try:
        yield api
    finally:
        api.kill()
        database.drop()


def ends_in_time(server):
    with api_with_database(server) as (api, database):
        made = worker(database)
        beaters = [beats.Beater(api.port, [beats.request(made, 'w')]) for _ in range(20)]
        started = time.monotonic()
        equal(api.stop(), 0)
        check(time.monotonic() - started < 10, 'it ends within 10 s')
        check('"msg":"ended"' in api.log(), 'of its own will')
        for beater in beaters:
            beater.socket.close()


def killed(server):
    with api_with_database(server) as (api, database):
        instance = worker(database)
        equal(beat_status(api, instance), 200)
        api.child.kill()
        api.child.wait()
        api.start()
        equal(beat_status(api, instance), 200)
        equal(api.ask_as('viewer', 'GET', '/instances').status, 200, 'sessions outlive the program')


def made_password(server):
    with api_alone(server, ADMIN_PASSWORD='', ADMIN_EMAIL='first@inventiv.test') as api:
        api.start()
        printed = until(lambda: re.search(r'^First admin: first@inventiv\.test, password: (\S+) ', api.log(), re.M),
                        'the password is printed')
        equal(api.ask('POST', '/auth/login', {'email': 'admin', 'password': printed[1]}).status, 200)
        equal(api.log().count(printed[1]), 1, 'once')
        api.stop()
        api.start()
        api.stop()
        equal(api.log().count('First admin:'), 1, 'at the first start alone')


def two_at_once(server):
    database = Database(server.url)
    apis = [Api(database.url) for _ in range(3)]
    try:
        for api in apis:
            api.start(ready=False)
        for api in apis:
            until(api.is_ready, 'each is ready')
        equal(database.sql('SELECT count(*) FROM users'), '1')
        for api in apis:
            equal(api.stop(), 0)
    finally:
        for api in apis:
            api.kill()
        database.drop()


def foreign_database(server):
    with api_alone(server) as api:
        api.start()
        api.stop()
        harness.Database._run(api.settings['DATABASE_URL'],  # pylint: disable=protected-access
                              'ALTER TABLE sessions DROP COLUMN user_agent')
        api.start(ready=False)
        equal(api.child.wait(timeout=10), 1)
        check('does not prepare' in api.log(), 'it says what is wrong')


def bad_settings(server):
    with api_alone(server, JWT_SECRET='short') as api:
        refused = harness.subprocess.run([harness.BINARY], env={**api.settings}, capture_output=True, text=True,
                                         timeout=10, check=False)
        equal(refused.returncode, 2)
        check('JWT_SECRET' in refused.stderr and 'short' not in refused.stderr, refused.stderr)
        del api.settings['JWT_SECRET']
        refused = harness.subprocess.run([harness.BINARY], env={**api.settings}, capture_output=True, text=True,
                                         timeout=10, check=False)
        equal(refused.returncode, 2)
        check('JWT_SECRET' in refused.stderr, refused.stderr)


def main():
    with cluster.own() as server:
        tests = [
            ('without a database it is alive, not ready, and puts everybody off', away_at_start),
            ('a database that goes is waited for', away_in_the_middle),
            ('connections that died while idle are made again unseen', restarted_while_idle),
            ('without Redis everything is done', without_redis),
            ('SIGTERM ends it in time, with what was asked before answered', ends_in_time),
            ('after SIGKILL it starts clean', killed),
            ('a made password is printed once and logged never', made_password),
            ('three that start at once migrate once', two_at_once),
            ('a schema that its queries do not fit ends it', foreign_database),
            ('a wrong or missing setting is named', bad_settings),
        ]
        return harness.run(*((sentence, lambda test=test: test(server)) for sentence, test in tests))


if __name__ == '__main__':
    sys.exit(main())
