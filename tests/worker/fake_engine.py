"""A stand-in for an inference engine: serves /v1/models and /metrics.  What it says is set through
POST /_set; GET /_env tells its environment."""
import argparse
import json
import os
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

arguments = argparse.ArgumentParser()
arguments.add_argument('--host', default='127.0.0.1')
arguments.add_argument('--port', type=int, required=True)
arguments.add_argument('--model', required=True)
arguments.add_argument('--ignore-term', action='store_true')
options = arguments.parse_args()
facts = {'model': options.model, 'running': 0, 'waiting': 0, 'tokens': 5}


def metrics():
    return (f'# TYPE vllm:num_requests_running gauge\n'
            f'vllm:num_requests_running{{model_name="{facts["model"]}"}} {facts["running"]}\n'
            f'vllm:num_requests_waiting{{model_name="{facts["model"]}"}} {facts["waiting"]}.0\n'
            f'vllm:prompt_tokens_total{{model_name="{facts["model"]}"}} 12.0\n'
            f'vllm:generation_tokens_total{{model_name="{facts["model"]}"}} {facts["tokens"]}\n')


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def reply(self, text, kind='application/json'):
        data = text.encode()
        self.send_response(200)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == '/metrics':
            self.reply(metrics(), 'text/plain')
        elif self.path == '/_env':
            self.reply(json.dumps(dict(os.environ)))
        else:
            self.reply(json.dumps({'object': 'list', 'data': [{'id': facts['model']}]}))

    def do_POST(self):
        facts.update(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        self.reply('{}')

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, signal.SIG_IGN if options.ignore_term else signal.SIG_DFL)
print('fake engine starts', flush=True)
ThreadingHTTPServer((options.host, options.port), Handler).serve_forever()
