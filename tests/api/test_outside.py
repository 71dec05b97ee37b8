"""Who is outside: proxies in front of the API, workers known by their address, engines that are asked."""
import concurrent.futures
import contextlib
import http.server
import json
import sys
import threading
import uuid

import harness
from harness import api_with_database, check, equal

PROXIES = '127.0.0.1, 10.0.0.1'


def booting(database, address):
    instance = str(uuid.uuid4())
    database.sql(f"""SELECT test_instance('{instance}', 'booting');
                     UPDATE instances SET ip_address = '{address}' WHERE id = '{instance}'""")
    return instance


def register(api, instance, hops):
    return api.ask('POST', '/internal/worker/register', {'instance_id': instance, 'worker_id': 'w'},
                   {'X-Forwarded-For': hops})


def by_address(api, database):
    instance = booting(database, '10.0.0.5')
    for hops in ('10.0.0.6', '10.0.0.5, 10.0.0.6', '10.0.0.5, nonsense', '127.0.0.1'):
        equal(register(api, instance, hops).status, 401, hops)
    reply = register(api, instance, '10.0.0.6, 10.0.0.5, 10.0.0.1')
    equal(reply.status, 200, 'the last hop that is not trusted')
    token = reply.json['bootstrap_token']
    equal(token[:12], reply.json['bootstrap_token_prefix'])
    beat = api.ask('POST', '/internal/worker/heartbeat', {'instance_id': instance, 'status': 'ready'},
                   {'Authorization': 'Bearer ' + token})
    equal(beat.status, 200)
    again = register(api, instance, '10.0.0.5')
    equal((again.status, again.json['error']), (409, 'token_already_exists_or_race'))


def one_of_many(api, database):
    instance = booting(database, '10.0.0.7')
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: register(api, instance, '10.0.0.7').status, range(16)))
    equal(sorted(replies), [200] + [409] * 15)
    equal(database.sql(f"SELECT count(*) FROM worker_tokens WHERE instance_id = '{instance}'"), '1')


def secure_cookie(api):
    body = {'email': 'viewer', 'password': harness.ADMIN_PASSWORD}
    plain = api.ask('POST', '/auth/login', body).headers['Set-Cookie']
    https = api.ask('POST', '/auth/login', body, {'X-Forwarded-Proto': 'https'}).headers['Set-Cookie']
    check('Secure' not in plain and https.endswith('; Secure'), (plain, https))


def address_of_login(api, database):
    for _ in range(3):
        api.ask('POST', '/auth/login', {'email': 'x', 'password': 'x'}, {'X-Forwarded-For': '6.6.6.6, 10.9.9.9'})
    equal(database.sql("SELECT failures FROM login_failures WHERE subject = 'address:10.9.9.9'"), '3')


class Engine(http.server.BaseHTTPRequestHandler):
    """Answers a chat request with what it was asked."""

    def do_POST(self):  # pylint: disable=invalid-name
        asked = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        prompt = asked['messages'][0]['content']
        reply = {'choices': [{'message': {'role': 'assistant', 'content': f'{asked["model"]}: {prompt}'}}],
                 'usage': {'total_tokens': asked['max_tokens']}}
        body = b'no' if prompt == 'nonsense' else json.dumps(reply).encode()
        self.send_response(500 if prompt == 'fail' else 200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@contextlib.contextmanager
def engine():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Engine)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def asked(api, database):
    instance = str(uuid.uuid4())
    with engine() as port:
        database.sql(f"""SELECT test_instance('{instance}', 'ready');
                         UPDATE instances SET ip_address = '127.0.0.1' WHERE id = '{instance}';
                         UPDATE providers SET engine_port = {port}""")
        path = f'/instances/{instance}/ask'
        reply = api.ask_as('operator', 'POST', path, {'prompt': 'who are you? "ü"'})
        equal(reply.json, {'instance_id': instance, 'model': 'tiny', 'answer': 'tiny: who are you? "ü"',
                           'usage': {'total_tokens': 256}})
        for prompt in ('fail', 'nonsense'):
            reply = api.ask_as('operator', 'POST', path, {'prompt': prompt})
            equal((reply.status, reply.json['error']), (502, 'upstream_error'))


def main():
    settings = {'TRUSTED_PROXIES': PROXIES, 'WORKER_BOOTSTRAP_BY_ADDRESS': 'true'}
    with api_with_database(**settings) as (api, database):
        return harness.run(
            ('behind proxies a worker is known by the last hop that is not trusted', lambda: by_address(api, database)),
            ('of many that come at once from one address one is let in', lambda: one_of_many(api, database)),
            ('a cookie is Secure where the proxy says https', lambda: secure_cookie(api)),
            ('failed logins count for the address behind the proxies', lambda: address_of_login(api, database)),
            ('a ready instance is asked on its own engine', lambda: asked(api, database)))


if __name__ == '__main__':
    sys.exit(main())
