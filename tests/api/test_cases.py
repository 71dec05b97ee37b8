"""Runs cases/*.txt against a real API and a real PostgreSQL."""
import glob
import json
import os
import sys

import harness
from case_file import Names, headers_and_body, mismatch, parse
from harness import check, equal

AGENT = '#!/bin/sh\necho agent\n'


class Runner:
    def __init__(self, api, database):
        self.api = api
        self.database = database
        self.names = None
        self.reply = None

    def case(self, case):
        self.database.run_file('reset.sql')
        self.names = Names()
        for step in case.steps:
            try:
                {'@': self.prepare, '>': self.send, '<': self.expect, '?': self.look}[step.mark](step)
            except AssertionError as error:
                raise AssertionError(f'line {step.line}: {error}') from None

    def sql_of(self, step):
        return self.names.fill('\n'.join([step.first, *step.lines]))

    def prepare(self, step):
        self.database.sql(self.sql_of(step))

    def send(self, step):
        request, _, who = self.names.fill(step.first).partition(' as ')
        request, _, bearer = request.partition(' with bearer ')
        method, path = request.split()
        headers, body = headers_and_body([self.names.fill(line) for line in step.lines])
        bearer = self.api.token(who.strip()) if who else bearer
        if bearer:
            headers.setdefault('Authorization', 'Bearer ' + bearer)
        headers = {name: value.replace('{port}', str(self.api.port)).replace(
            '{token}', bearer or '') for name, value in headers.items()}
        if 'Cookie' in headers:
            headers.pop('Authorization', None)
        self.reply = self.api.ask(method, path, body.encode() if body else None, headers)

    def expect(self, step):
        check(self.reply is not None, 'nobody answered')
        equal(self.reply.status, int(step.first), f'status of {self.reply}')
        headers, body = headers_and_body([self.names.fill(line) for line in step.lines])
        for name, value in headers.items():
            check(value in self.reply.headers.get(name, ''), f'{name}: {self.reply.headers.get(name)}')
        if body.startswith('text '):
            equal(self.reply.data.decode(), body[5:].replace('\\n', '\n'))
        elif body:
            problem = mismatch(self.reply.json, json.loads(body), self.names)
            check(problem is None, f'{problem}\n{self.reply}')

    def look(self, step):
        lines = [self.names.fill(line) for line in step.lines]
        equal(self.database.sql(self.names.fill(step.first)).split('\n'), lines or [''], step.first)


def main():
    with harness.api_with_database(LOGIN_ATTEMPTS_MAX='5', LOGIN_ACCOUNT_ATTEMPTS_MAX='50',
                                   METADATA_REFRESH_SECONDS='86400') as (api, database):
        agent = os.path.join(api.directory, 'agent')
        with open(agent, 'w', encoding='utf-8') as file:
            file.write(AGENT)
        api.stop()
        api.settings['AGENT_BINARY'] = agent
        api.start()
        runner = Runner(api, database)
        tests = []
        for path in sorted(glob.glob(os.path.join(harness.HERE, 'cases', '*.txt'))):
            with open(path, encoding='utf-8') as file:
                for case in parse(file.read()):
                    name = f'{os.path.basename(path)}: {case.sentence}'
                    tests.append((name, lambda case=case: runner.case(case)))
        failed = harness.run(*tests)
        if failed:
            print(api.log()[-4000:])
        return failed


if __name__ == '__main__':
    sys.exit(main())
