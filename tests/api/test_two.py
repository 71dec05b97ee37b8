"""Two APIs on one database: they begin together, take beats of the same workers at the same moment, and
what one remembers is no truth for the other."""
import collections
import sys
import threading

import beats
import harness
from harness import equal
from test_heartbeats import fleet

COUNT = 300


def at_once(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def begin_together(database, first, second):
    """two APIs that find an empty database make one schema and one admin"""
    at_once(first.start, second.start)
    equal(database.sql('SELECT count(*) FROM users'), '1', 'users')
    database.run_file('fixtures.sql')


def same_workers(database, first, second):
    """beats of the same workers at both at once are all taken"""
    made = fleet(database, COUNT)
    lists = [[beats.request(*one, queue_depth=number)] * 4 for number, one in enumerate(made)]
    statuses = collections.Counter()
    ports = (first.port, second.port)
    at_once(*(lambda port=port: statuses.update(beats.beat(port, lists)[0]) for port in ports))
    equal(dict(statuses), {200: 2 * 4 * COUNT}, 'what the beats were answered')
    equal(database.sql('SELECT count(*) FROM worker_heartbeats WHERE last_heartbeat IS NULL'), '0')


def metadata_wanders(database, first, second):
    """what a worker tells is on record, though it told the other API something else meanwhile"""
    database.run_file('reset.sql')
    (instance, token), = fleet(database, 1)

    def told(api, worker):
        statuses, _ = beats.beat(api.port, [[beats.request(instance, token, worker_id=worker)]])
        equal(statuses, [200])
        return database.sql('SELECT worker_id FROM worker_metadata')

    equal(told(first, 'a'), 'a')
    equal(told(second, 'b'), 'b')
    told(first, 'a')
    equal(told(first, 'a'), 'a', 'what is on record after two beats at the first')


def main():
    with harness.cluster.cluster() as server:
        database = harness.Database(server.url)
        first, second = (harness.Api(database.url, METADATA_REFRESH_SECONDS='86400') for _ in range(2))
        try:
            return harness.run(*((test.__doc__, lambda test=test: test(database, first, second))
                                 for test in (begin_together, same_workers, metadata_wanders)))
        finally:
            first.kill()
            second.kill()
            database.drop()


if __name__ == '__main__':
    sys.exit(main())
