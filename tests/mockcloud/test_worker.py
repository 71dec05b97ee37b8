"""The real installer puts the real worker and the image's engine on a machine, by user data alone."""
import hashlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import ask, check, equal, free_port, run, until, with_cloud

WORKER = sys.argv[2]
INSTALLER = sys.argv[3]
INSTANCE = '11111111-2222-4333-8444-555555555555'


class Plane:
    """As much of the API as a worker needs: the agent's file, and yes to everything."""

    def __init__(self):
        with open(WORKER, 'rb') as file:
            self.agent = file.read()
        self.sha256 = hashlib.sha256(self.agent).hexdigest()
        self.beats = []
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self, status, data):
                self.send_response(status)
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                wanted = self.path == f'/agent/{plane.sha256}'
                self.reply(200 if wanted else 404, plane.agent if wanted else b'')

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                if self.path.endswith('/heartbeat'):
                    plane.beats.append(body)
                self.reply(200, b'{"status":"ok"}')

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def user_data(self, generation, health_port, vllm_port):
        values = {
            'PLANE_URL': f'http://127.0.0.1:{self.server.server_port}', 'INSTANCE_ID': INSTANCE,
            'GENERATION': generation, 'ENROLMENT_TOKEN': 'once', 'AGENT_SHA256': self.sha256,
            'MODEL_ID': 'mock-echo-model', 'HEALTH_PORT': health_port, 'VLLM_PORT': vllm_port,
            'HEARTBEAT_SECONDS': '0.2', 'PLANE_TOKEN': 'plane',
            'ENGINE_COMMAND': 'exec inventiv-fake-engine --host "$WORKER_LISTEN_ADDRESS" '
                              '--port "$WORKER_VLLM_PORT" --model "$MODEL_ID"',
        }
        with open(INSTALLER, encoding='utf-8') as file:
            script = file.read()
        return '#!/bin/sh\n' + ''.join(f"{k}='{v}'\n" for k, v in values.items()) + script

    def beat_of(self, generation):
        return next((beat for beat in self.beats if beat.get('generation') == generation), None)


def becomes_ready(cloud):
    plane = Plane()
    health_port, vllm_port = free_port(), free_port()
    server_id = cloud.boot(plane.user_data(1, health_port, vllm_port))
    address = cloud.address(server_id)

    def ready():
        return (reply := ask(address, health_port, 'GET', '/readyz')) and reply.status == 200

    try:
        until(ready, 'the worker is ready')
        until(lambda: plane.beat_of(1), 'it beats')
        body = json.dumps({'messages': [{'role': 'user', 'content': 'hello'}]})
        answer = ask(address, vllm_port, 'POST', '/v1/chat/completions', body).json
        equal(answer['choices'][0]['message']['content'], 'mock-vllm ok (echo): hello')
        pids = cloud.machine(server_id)['pids']
        check(all(pids.values()) and len(set(pids.values())) == 3, pids)
        cloud.own('POST', f'/_machines/{server_id}/kill', {'part': 'engine'})
        until(lambda: (p := cloud.machine(server_id)['pids']['engine']) and p != pids['engine'],
              'the worker starts its engine again')
        cloud.set_user_data(server_id, plane.user_data(2, health_port, vllm_port))
        cloud.act(server_id, 'reboot')
        until(lambda: plane.beat_of(2), 'the hook has installed the next generation')
        until(ready, 'and it is ready')
        cloud.act(server_id, 'poweroff', 'stopped')
        equal(cloud.processes(server_id), [])
    except AssertionError:
        for name in ('var/log/cloud-init-output.log', 'var/log/console.log'):
            print(f'-- {name}\n{cloud.read(server_id, name)[-3000:]}')
        raise
    finally:
        plane.server.shutdown()
        plane.server.server_close()


assert os.path.exists(INSTALLER)
run({'a machine installs worker and engine, serves, and installs again at a boot':
     with_cloud(becomes_ready)})
