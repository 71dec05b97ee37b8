"""The program that machines install: whoever was told of one still gets it after an upgrade."""
import hashlib
import os
import sys

from harness import api_with_database, check, equal, run, until


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def install(path, text):
    """As an upgrade does: the new file takes the old one's name."""
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.rename(path + '.new', path)


def is_served(api, text):
    reply = api.ask('GET', '/agent/' + sha256(text))
    return reply.status == 200 and reply.data.decode() == text


def upgraded(api, path):
    check(is_served(api, 'agent 1'), 'the first agent is served')
    install(path, 'agent 2')
    until(lambda: is_served(api, 'agent 2'), 'the new agent is served')
    check(is_served(api, 'agent 1'), 'whoever was told of the first still gets it')
    install(path, 'agent 3')
    until(lambda: is_served(api, 'agent 3'), 'the third agent is served')
    check(is_served(api, 'agent 2'), 'the newest copies are kept')
    check(not is_served(api, 'agent 1'), 'those before them are not')


def restarted(api, path):
    equal(api.stop(), 0)
    install(path, 'agent 4')
    with open(os.path.join(api.settings['AGENT_STORE_DIR'], 'new-left-behind'), 'w', encoding='utf-8') as file:
        file.write('by a crash')
    api.start()
    check(is_served(api, 'agent 4'), 'what is there at the start is served')
    kept = os.listdir(api.settings['AGENT_STORE_DIR'])
    check(sha256('agent 4') in kept and len(kept) == 2, f'two files are kept: {kept}')


def names(api, _):
    secret = os.path.join(api.settings['AGENT_STORE_DIR'], 'secret')
    install(secret, 'no agent')
    for name in ('secret', '..%2fagent', '.', '..', sha256('agent 4')[:-1], sha256('agent 4') + '0', 'g' * 64):
        equal(api.ask('GET', '/agent/' + name).status, 404, name)
    equal(api.ask('GET', '/agent/' + sha256('agent 4').upper()).status, 200)


def without_folder(api, path):
    equal(api.stop(), 0)
    with open(path + '.file', 'w', encoding='utf-8'):
        api.settings['AGENT_STORE_DIR'] = path + '.file'
    api.start()
    check(is_served(api, 'agent 4'), 'the present one is served where no copy can be kept')


def main():
    with api_with_database(AGENT_STORE_KEEP='2', AGENT_LOOK_SECONDS='0.05') as (api, _):
        path = os.path.join(api.directory, 'agent')
        install(path, 'agent 1')
        equal(api.stop(), 0)
        api.settings.update(AGENT_BINARY=path, AGENT_STORE_DIR=os.path.join(api.directory, 'agents'))
        api.start()
        return run_all(api, path)


def run_all(api, path):
    return run(*((sentence, lambda test=test: test(api, path)) for sentence, test in (
        ('an upgrade leaves nobody behind who was told of the agent before', upgraded),
        ('an agent that changed while the API was away is kept, a half copy goes', restarted),
        ('nothing but a hash names an agent', names),
        ('a folder that cannot be written to costs the older agents alone', without_folder))))


if __name__ == '__main__':
    sys.exit(main())
