"""What a person at a terminal sees and is asked."""
import json
import os
import pty
import re
import signal
import subprocess
import termios

from harness import (BINARY, EMAIL, ONE, OTHER, TWO, Raw, check, check_in, check_is, check_not_in,
                     instance, run)
from test_commands import entry, lists
from test_wait import BIRTH, PATH, wait_for

ESCAPE = re.compile(r'\033\[[0-9;]*[mK]')


def widths(text):
    return [len(ESCAPE.sub('', line)) for line in text.splitlines()]


def test_ls_fits(api, cli):
    """ls fits a terminal of any width, with ids as short as tells them apart"""
    long = instance('provisioning_failed', 0, OTHER, model_code='organisation/a-model-with-a-long-name-13B',
                    instance_type_code='GPU-3070-EXTRA-LARGE', zone_code='fr-par-2')
    lists(api, instance(), long)
    cli.script()
    for width in (200, 120, 100, 80, 60, 40, 30):
        out = cli.on_terminal('ls', width=width).out
        check(max(widths(out)) <= width, f'{width}: {out}')
        check_in('b0b0cafe ', out)
        check_in('provisioning_failed', out)
        check_not_in(OTHER, out)
    lists(api, instance(), instance(instance_id=TWO))
    check_in(ONE, cli.on_terminal('ls').out)


def test_colour(api, cli):
    """states have colours on a terminal, and none with NO_COLOR or a dumb one"""
    lists(api, instance())
    api.on('GET', PATH, instance())
    cli.script()
    check_in('\033[32mready\033[0m', cli.on_terminal('ls').out)
    check_in('\033[32mready\033[0m', cli.on_terminal('show', ONE).out)
    for settings in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
        check_not_in('\033', cli.on_terminal('ls', **settings).out)
        check_not_in('\033', cli.on_terminal('show', ONE, **settings).out)


def test_controls_in_json(api, cli):
    """JSON on a terminal means the same and moves nothing"""
    api.on('GET', PATH, Raw('{"id": "\u009b2J\u202e\u00e9"}'.encode()))
    out = cli.script().on_terminal('show', ONE, '--json').out
    check_is(json.loads(out), {'id': '\u009b2J\u202e\u00e9'})
    check_is(out, '{"id": "\\u009b2J\\u202e\u00e9"}\n')


def test_bar(api, cli):
    """wait draws one bar, anew at each look, within the width of the terminal"""
    api.on('GET', PATH, *[look for look in BIRTH for _ in range(3)])
    cli.script()
    for width in (80, 40, 20):
        api.on('GET', PATH, *BIRTH)
        out = cli.on_terminal('wait', ONE, width=width).out
        bars = [part for part in re.split('[\r\n]', out) if '\033[K' in part]
        check(len(bars) == len(BIRTH), f'{len(bars)} bars: {out!r}')
        check(max(widths('\n'.join(bars))) < width, out)
        check_is(out.count('\n'), 2)
    check_in('is ready after', out)


def test_bar_glyphs(api, cli):
    """the bar is of ASCII where the locale is not UTF-8"""
    api.on('GET', PATH, *BIRTH)
    check_in('[####', cli.script().on_terminal('wait', ONE, LC_ALL='C').out)
    api.on('GET', PATH, *BIRTH)
    check_in('\u2588\u2591', cli.on_terminal('wait', ONE).out)


def test_dumb(api, cli):
    """a dumb terminal gets a line a change"""
    api.on('GET', PATH, *BIRTH)
    out = cli.script().on_terminal('wait', ONE, TERM='dumb').out
    check_not_in('\033', out)
    check_is(out.count(' %  '), len(BIRTH))


def test_bar_and_trouble(api, cli):
    """an error comes on a line of its own, below the bar"""
    api.on('GET', PATH, instance('booting', 30), instance('failed', 0))
    result = cli.script().on_terminal('wait', ONE)
    check_is(result.status, 1)
    check_in('\ninventiv: 3f2a9c1e is failed', result.out)


def test_confirm(api, cli):
    """terminate on a terminal shows what goes and asks; only a yes does it"""
    api.on('GET', PATH, instance())
    api.on('DELETE', PATH, (202, {'status': 'accepted', 'message': 'being given back'}))
    cli.script()
    for answer in ('n', '', 'yeah', '\x04'):
        result = cli.on_terminal('terminate', ONE, answers=[('[y/N] ', answer + ('' if answer == '\x04' else '\n'))])
        check_is(result.status, 1)
        check_in('3f2a9c1e: ready, echo-1 on GPU-S in local, 0.4200 EUR an hour', result.out)
        check_in('nothing was done', result.out)
    check_is(api.asked('DELETE', PATH), [])
    check_is(cli.on_terminal('terminate', ONE, answers=[('[y/N] ', 'y\n')]).status, 0)
    check_is(cli.on_terminal('terminate', ONE, '--yes').status, 0)
    check_is(len(api.asked('DELETE', PATH)), 2)


def test_logs_fit(api, cli):
    """logs fits the terminal too"""
    api.on('GET', f'/action_logs?instance_id={ONE}&limit=100', [entry(
        '01.000', 'PROVIDER_SECURITY_GROUP', 'failed', duration_ms=12345, rule='heartbeat_timeout',
        instance_status_before='provisioning', instance_status_after='provisioning_failed',
        error_message='a long story ' * 20)])
    cli.script()
    for width in (80, 120):
        check(max(widths(cli.on_terminal('logs', ONE, width=width).out)) <= width, str(width))


def test_interrupted_password(api, cli):
    """Ctrl-C at the password leaves a terminal that shows what is typed"""
    side, child_side = pty.openpty()
    child = subprocess.Popen([BINARY, 'login', '--url', api.url, '--email', EMAIL], env=cli.environment,
                             stdin=child_side, stdout=child_side, stderr=child_side, start_new_session=True)
    try:
        wait_for(lambda: not termios.tcgetattr(child_side)[3] & termios.ECHO)
        child.send_signal(signal.SIGINT)
        check_is(child.wait(20), -signal.SIGINT)
        check(termios.tcgetattr(child_side)[3] & termios.ECHO, 'the terminal shows nothing any more')
    finally:
        child.kill()
        child.wait()
        os.close(side)
        os.close(child_side)


if __name__ == '__main__':
    run([test for name, test in list(globals().items()) if name.startswith('test_')])
