"""Long lists come in pages: each row once, in one order, and the last page says that it is the last."""
import sys
import uuid

import harness
from harness import equal


def walk(api, path, field):
    """(the pages' lengths, the field of all rows)"""
    lengths, seen, after = [], [], ''
    while len(lengths) < 9:
        reply = api.ask_as('viewer', 'GET', path + after)
        equal(reply.status, 200, f'{path}{after}')
        lengths.append(len(reply.json))
        seen += [row[field] for row in reply.json]
        following = reply.headers.get('X-Next-After')
        if following is None:
            return lengths, seen
        after = '&after=' + following
    raise AssertionError(f'{path} has no end: {lengths}')


def instances(api, database):
    ids = [str(uuid.UUID(int=number)) for number in range(1, 6)]
    for instance in ids:
        database.sql(f"SELECT test_instance('{instance}', 'ready')")
    # Three of one instant: the id tells them apart.
    database.sql("UPDATE instances SET created_at = fleet_now() - interval '1 hour'"
                 f" WHERE id IN ('{ids[1]}', '{ids[2]}', '{ids[3]}')")
    equal(walk(api, '/instances?archived=false', 'id'), ([2, 2, 1], [ids[4], ids[0], *ids[1:4]]))


def alerts(api, database):
    database.sql("INSERT INTO alerts (name, fingerprint, severity, summary, opened_at)"
                 " SELECT 'MassVanish', 'MassVanish:' || n, 'critical', n::text, fleet_now() - n * interval '1 minute'"
                 "   FROM generate_series(1, 4) AS n")
    equal(walk(api, '/alerts?status=open', 'summary'), ([2, 2, 0], ['1', '2', '3', '4']))


def main():
    with harness.api_with_database(API_LIST_ROWS_MAX='2') as (api, database):
        return harness.run(('instances come in pages', lambda: instances(api, database)),
                           ('alerts come in pages', lambda: alerts(api, database)))


if __name__ == '__main__':
    sys.exit(main())
