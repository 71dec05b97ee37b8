"""The fake engine speaks as vLLM does."""
import json
import os
import signal
import subprocess
import tempfile

from harness import BINARY, LIMIT, ask, check, equal, free_port, run, until


class Engine:
    def __init__(self, load='0', arguments=('--model', 'm')):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        environment = {'PATH': os.environ['PATH'], 'MOCKCLOUD_MODEL_LOAD_SECONDS': load}
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS'):
            if name in os.environ:
                environment[name] = os.environ[name]
        self.child = subprocess.Popen(
            [BINARY, '--fake-engine', *arguments, '--host', '127.0.0.1', '--port', str(self.port),
             '--dtype', 'float16'], env=environment, stderr=self.log)

    def __enter__(self):
        until(lambda: self.get('/health'), 'the engine answers')
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        equal(self.child.wait(LIMIT), 0, 'it ends')
        self.log.seek(0)
        text = self.log.read().decode()
        check('Sanitizer' not in text and 'runtime error' not in text, text)
        self.log.close()

    def get(self, path):
        return ask('127.0.0.1', self.port, 'GET', path)

    def post(self, path, body):
        return ask('127.0.0.1', self.port, 'POST', path, json.dumps(body),
                   {'Content-Type': 'application/json'})


def user(text):
    return {'messages': [{'role': 'system', 'content': 's'}, {'role': 'user', 'content': text}]}


def answers():
    with Engine() as engine:
        reply = engine.post('/v1/chat/completions', {'model': 'm', **user('hello')}).json
        equal(reply['choices'][0]['message'],
              {'role': 'assistant', 'content': 'mock-vllm ok (echo): hello'})
        equal(reply['usage'], {'prompt_tokens': 1, 'completion_tokens': 6, 'total_tokens': 7})
        long = engine.post('/v1/chat/completions', user('é' * 300)).json
        equal(long['choices'][0]['message']['content'], 'mock-vllm ok (echo): ' + 'é' * 200)
        parts = engine.post('/v1/chat/completions', user([{'type': 'text', 'text': 'a'},
                                                         {'type': 'text', 'text': 'b'}])).json
        equal(parts['choices'][0]['message']['content'], 'mock-vllm ok (echo): ab')
        plain = engine.post('/v1/completions', {'model': 'm', 'prompt': 'p'}).json
        equal(plain['choices'][0]['text'], 'mock-vllm ok (echo): p')
        vectors = engine.post('/v1/embeddings', {'model': 'm', 'input': ['a', 'b']}).json['data']
        equal([v['embedding'] for v in vectors], [[0.0, 0.0, 0.0]] * 2)


def streams():
    with Engine() as engine:
        reply = engine.post('/v1/chat/completions', {'model': 'm', 'stream': True, **user('hello')})
        equal(reply.headers['Content-Type'], 'text/event-stream')
        events = [event.removeprefix('data: ') for event in reply.text.strip().split('\n\n')]
        equal(len(events), 3)
        content, usage = json.loads(events[0]), json.loads(events[1])
        equal(content['choices'][0]['delta']['content'], 'mock-vllm ok (echo): hello')
        equal((usage['choices'], usage['usage']['total_tokens']), ([], 7))
        equal(events[2], '[DONE]')


def refuses():
    with Engine() as engine:
        wrong = engine.post('/v1/chat/completions', {'model': 'other', **user('x')})
        equal((wrong.status, wrong.json['error']['type']), (404, 'NotFoundError'))
        equal(ask('127.0.0.1', engine.port, 'POST', '/v1/completions', '{').status, 400)
        equal(engine.get('/v1/completions').status, 405)
        equal(engine.get('/nothing').status, 404)


def tells():
    with Engine(arguments=('serve', 'x', '--model=named')) as engine:
        models = engine.get('/v1/models').json['data']
        equal([model['id'] for model in models], ['named'])
        engine.post('/v1/completions', {'prompt': 'abcdefgh'})
        text = engine.get('/metrics').text
        for line in ('vllm:num_requests_running{model_name="named"} 0.0',
                     'vllm:num_requests_waiting{model_name="named"} 0.0',
                     'vllm:prompt_tokens_total{model_name="named"} 2.0',
                     'vllm:generation_tokens_total{model_name="named"} 7.0'):
            check(line in text.splitlines(), f'{line} in {text}')


def catches_sigterm(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        caught = next(line for line in status if line.startswith('SigCgt')).split()[1]
    return int(caught, 16) >> (signal.SIGTERM - 1) & 1


def loads():
    engine = Engine(load='3600')
    until(lambda: catches_sigterm(engine.child.pid), 'it has started')
    equal(engine.get('/v1/models'), None, 'nobody answers while it loads')
    engine.__exit__()
    with Engine(load='0.3') as loaded:
        equal(loaded.get('/v1/models').status, 200)


run({
    'it echoes what it is asked': answers,
    'a stream is one piece of content, the usage and an end': streams,
    'another model, bad JSON and unknown paths are refused': refuses,
    'it tells its model and its figures in vLLM\'s names': tells,
    'nobody answers before the model is loaded': loads,
})
