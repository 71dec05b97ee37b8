"""Cases as data files (cases/*.txt).

    ## a sentence that holds when the case passes
    @ SQL, which may go on in the next lines
    > METHOD PATH [as ROLE | with bearer TOKEN]
    Header: value
    {"body": "JSON"}
    < STATUS
    Header: a piece of its value
    {"what": "the reply holds"}
    ? SQL
    expected|rows

Every case begins with the fixtures and nothing else.  $1 .. $9 are ids, new in each case; $NAME is
what "=NAME" took from a reply.  In an expected reply "*" is anything, an object holds at least the
members named, null also stands for a missing member."""
import json
import re
import uuid

MARKS = '@><?'


class Step:
    def __init__(self, mark, first, line):
        self.mark = mark
        self.first = first
        self.line = line
        self.lines = []


class Case:
    def __init__(self, sentence, line):
        self.sentence = sentence
        self.line = line
        self.steps = []


def parse(text):
    cases = []
    for number, line in enumerate(text.split('\n'), 1):
        if line.startswith('## '):
            cases.append(Case(line[3:].strip(), number))
        elif line.startswith('#') or not line.strip():
            continue
        elif line[0] in MARKS and line[1:2] == ' ':
            cases[-1].steps.append(Step(line[0], line[2:].strip(), number))
        else:
            cases[-1].steps[-1].lines.append(line)
    return cases


class Names:
    """What $NAME stands for in one case."""

    def __init__(self):
        self.values = {str(number): str(uuid.uuid4()) for number in range(1, 10)}

    def fill(self, text):
        return re.sub(r'\$(\d|[a-z_]+)(?![\w$])', lambda found: self.values.get(found[1], found[0]), text)


def headers_and_body(lines):
    headers = {}
    for index, line in enumerate(lines):
        found = re.match(r'([A-Za-z-]+): (.*)$', line)
        if not found:
            return headers, '\n'.join(lines[index:])
        headers[found[1]] = found[2]
    return headers, ''


def mismatch(got, wanted, names, path='reply'):
    """Where the reply differs from what is expected; None where it does not."""
    if isinstance(wanted, str) and wanted.startswith('='):
        names.values[wanted[1:]] = got
        return None
    if wanted == '*':
        return None
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = (mismatch(got.get(name), value, names, f'{path}.{name}') for name, value in wanted.items())
        return next((problem for problem in found if problem), None)
    if isinstance(wanted, list) and isinstance(got, list) and len(got) == len(wanted):
        found = (mismatch(a, b, names, f'{path}[{i}]') for i, (a, b) in enumerate(zip(got, wanted)))
        return next((problem for problem in found if problem), None)
    return None if got == wanted else f'{path} is {json.dumps(got)}, wanted {json.dumps(wanted)}'
