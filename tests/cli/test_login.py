"""Logging in and out, and whose session is used where."""
import json
import os
import stat

from harness import (EMAIL, ONE, PASSWORD, Api, check, check_in, check_is, check_not_in, run)


def test_login_by_input(api, cli):
    """login takes the password from standard input and keeps a session that others use"""
    result = cli.run_ok('login', '--email', EMAIL, '--url', api.url + '/', stdin=PASSWORD + '\n')
    check_in(f'{EMAIL} (operator) at {api.url}, until 20', result.out)
    check_is(api.asked('POST', '/auth/login')[0][3], {'email': EMAIL, 'password': PASSWORD})
    check_in(f'{EMAIL} (operator)', cli.run_ok('whoami').out)
    check_is(api.asked('GET', '/auth/me')[-1][2]['Authorization'], 'Bearer token-1')


def test_session_file(api, cli):
    """the session's file is for its owner alone, even where a wide one stood, and holds no password"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    os.chmod(cli.session_path, 0o644)
    cli.run_ok('login', '--email', EMAIL, stdin=PASSWORD)
    check_is(stat.S_IMODE(os.stat(cli.session_path).st_mode), 0o600)
    check_is(stat.S_IMODE(os.stat(os.path.dirname(cli.session_path)).st_mode), 0o700)
    check_is(os.listdir(os.path.dirname(cli.session_path)), ['session.json'])
    with open(cli.session_path, encoding='utf-8') as file:
        check_not_in(PASSWORD, file.read())


def test_home(api, cli):
    """without INVENTIV_CONFIG_DIR the session is kept below the home folder"""
    del cli.environment['INVENTIV_CONFIG_DIR']
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    check(os.path.exists(os.path.join(cli.folder, '.config', 'inventiv', 'session.json')), 'no file')


def test_login_on_terminal(api, cli):
    """login asks on a terminal, and does not show the password"""
    result = cli.on_terminal('login', '--url', api.url,
                             answers=[('E-mail: ', EMAIL + '\n'), ('Password: ', PASSWORD + '\n')])
    check_is(result.status, 0)
    check_in(f'{EMAIL} (operator)', result.out)
    check_not_in(PASSWORD, result.out)


def test_wrong_password(api, cli):
    """a wrong password ends with 3 and keeps no session"""
    result = cli.run('login', '--email', EMAIL, '--url', api.url, stdin='wrong\n')
    check_is(result.status, 3)
    check_in('knows no such e-mail and password', result.err)
    check(not os.path.exists(cli.session_path), 'a session was kept')


def test_missing_credentials(api, cli):
    """login without e-mail or password says what to give"""
    result = cli.run('login', '--url', api.url)
    check_is(result.status, 2)
    check_in('--email', result.err)
    check_is(cli.run('login', '--url', api.url, '--email', EMAIL).status, 2)
    result = cli.run('login', '--url', 'nonsense', '--email', EMAIL, stdin=PASSWORD)
    check_is(result.status, 2)
    check_in('http://127.0.0.1:8003', result.err)


def test_too_many_logins(api, cli):
    """a refused login says when to try again"""
    api.on('POST', '/auth/login', (429, {'error': 'too_many_attempts', 'message': 'too many failed logins'},
                                   {'Retry-After': '17'}))
    result = cli.run('login', '--url', api.url, '--email', EMAIL, stdin=PASSWORD)
    check_is(result.status, 1)
    check_in('too many failed logins; try again in 17 s', result.err)


def test_not_logged_in(api, cli):
    """without a session it ends with 3 and says how to get one"""
    result = cli.run('ls')
    check_is((result.status, result.out), (3, ''))
    check_in('`inventiv login --url URL`', result.err)
    result = cli.run('ls', INVENTIV_API_URL=api.url)
    check_is(result.status, 3)
    check_in('run `inventiv login`', result.err)
    check_is(api.requests, [])


def test_expired(api, cli):
    """an ended session ends with 3; a broken file counts as none"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    api.sessions.clear()
    result = cli.run('ls')
    check_is(result.status, 3)
    check_in('the session has ended', result.err)
    with open(cli.session_path, 'w', encoding='utf-8') as file:
        file.write('{"current": ')
    check_is(cli.run('ls').status, 3)
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)


def test_by_itself(api, cli):
    """a script that sets address, e-mail and password logs in by itself, once"""
    api.on('GET', '/instances?archived=false', [])
    cli.script()
    cli.run_ok('ls')
    cli.run_ok('ls')
    check_is(len(api.asked('POST', '/auth/login')), 1)


def test_again_by_itself(api, cli):
    """such a script logs in again when its session has ended, and repeats what was refused"""
    api.on('DELETE', f'/instances/{ONE}', (202, {'status': 'accepted', 'message': 'being given back'}))
    cli.script()
    cli.run_ok('whoami')
    api.sessions.clear()
    check_in('being given back', cli.run_ok('terminate', ONE).out)
    check_is(len(api.asked('POST', '/auth/login')), 2)
    check_is(len(api.asked('DELETE', f'/instances/{ONE}')), 2)


def test_wrong_script(api, cli):
    """a script with a wrong password tries once and ends with 3"""
    cli.script()
    check_is(cli.run('ls', INVENTIV_PASSWORD='wrong').status, 3)
    check_is(len(api.requests), 1)


def test_no_place_to_write(api, cli):
    """a script without a place for the session works all the same"""
    api.on('GET', '/instances?archived=false', [])
    cli.script()
    cli.run_ok('ls', INVENTIV_CONFIG_DIR='/proc/nowhere')
    check_is(cli.run('login', INVENTIV_CONFIG_DIR='/proc/nowhere').status, 1)


def test_password_file(api, cli):
    """the password may stand in a file"""
    path = os.path.join(cli.folder, 'password')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(PASSWORD + '\n')
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, INVENTIV_PASSWORD_FILE=path)


def test_other_api(api, cli):
    """a session is never sent to another API than the one that gave it"""
    other = Api()
    try:
        other.sessions.add('token-1')
        cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
        check_is(cli.run('whoami', INVENTIV_API_URL=other.url).status, 3)
        check_is(other.requests, [])
        cli.run_ok('whoami')
    finally:
        other.stop()


def test_two_apis(api, cli):
    """a script's own session replaces neither a person's nor what is meant by default"""
    other = Api()
    try:
        cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
        cli.run_ok('whoami', INVENTIV_API_URL=other.url, INVENTIV_EMAIL=EMAIL, INVENTIV_PASSWORD=PASSWORD)
        check_in(api.url, cli.run_ok('whoami').out)
        check_in(other.url, cli.run_ok('whoami', INVENTIV_API_URL=other.url).out)
    finally:
        other.stop()


def test_somebody_else(api, cli):
    """a script for one person does not act as another who is logged in"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    result = cli.run('whoami', INVENTIV_API_URL=api.url, INVENTIV_EMAIL='bob@example.org',
                     INVENTIV_PASSWORD='his')
    check_is(result.status, 3)
    check_is(api.asked('POST', '/auth/login')[-1][3]['email'], 'bob@example.org')


def test_logout(api, cli):
    """logout ends the session at the API and here"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    check_in('logged out', cli.run_ok('logout').out)
    check_is(len(api.asked('POST', '/auth/logout')), 1)
    check_is(cli.run('whoami').status, 3)
    check_is(cli.run('logout').status, 3)


def test_logout_unheard(api, cli):
    """logout forgets the session even when the API does not answer, and says so"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    api.on('POST', '/auth/logout', (503, {'error': 'unavailable', 'message': 'not now'}))
    result = cli.run('logout')
    check_is(result.status, 6)
    check_in('forgotten here', result.err)
    with open(cli.session_path, encoding='utf-8') as file:
        check_is(json.load(file)['sessions'], {})


def test_json(api, cli):
    """login, whoami and logout with --json give one document each"""
    cli.run_ok('login', '--email', EMAIL, '--url', api.url, stdin=PASSWORD)
    me = json.loads(cli.run_ok('--json', 'whoami').out)
    check_is(me['email'], EMAIL)
    result = cli.run_ok('login', '--email', EMAIL, '--json', stdin=PASSWORD)
    check_is(json.loads(result.out), me)
    check_is(json.loads(cli.run_ok('logout', '--json').out), {'status': 'ok'})
    result = cli.run('whoami', '--json')
    check_is((result.status, json.loads(result.out)['error']), (3, 'denied'))


def test_plain_warning(api, cli):
    """a password for a distant machine without encryption is warned about"""
    result = cli.run('login', '--url', 'http://nowhere.invalid:1', '--email', EMAIL, stdin=PASSWORD)
    check_is(result.status, 6)
    check_in('is not encrypted', result.err)
    check_not_in('encrypted', cli.run('login', '--url', api.url, '--email', EMAIL, stdin=PASSWORD).err)


if __name__ == '__main__':
    run([test for name, test in list(globals().items()) if name.startswith('test_')])
