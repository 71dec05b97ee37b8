#!/usr/bin/env python3
"""show_logs.py FOLDER NAME...: follows FOLDER/NAME.log and prints their JSON lines readably, from now
on, until it is ended.  A Ctrl-C is left to ./dev, so that the last words are shown too."""

import json
import os
import signal
import sys
import time

COLOURS = {"error": "31", "warn": "33", "debug": "2"}
PLAIN = ("ts", "level", "component", "msg")


def value_text(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text) if " " in text else text


def readable(name, line, colour):
    try:
        event = json.loads(line)
        clock = str(event["ts"])[11:19]
        level = event["level"]
    except (ValueError, KeyError, TypeError):
        return f"         {name:<13} {line}"
    rest = " ".join(f"{key}={value_text(value)}" for key, value in event.items() if key not in PLAIN)
    text = f"{clock} {name:<13} {level:<5} {event.get('msg', '')}  {rest}".rstrip()
    return f"\033[{COLOURS[level]}m{text}\033[0m" if colour and level in COLOURS else text


class Follower:
    def __init__(self, folder, name):
        self.name = name
        self.path = os.path.join(folder, name + ".log")
        self.file = None
        self.rest = ""
        self._open(at_end=True)

    def _open(self, at_end):
        try:
            self.file = open(self.path, encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return
        if at_end:
            self.file.seek(0, os.SEEK_END)

    def _reopen_if_renamed(self):
        try:
            if self.file is None or os.fstat(self.file.fileno()).st_ino != os.stat(self.path).st_ino:
                self._open(at_end=False)
        except FileNotFoundError:
            pass

    def lines(self):
        self._reopen_if_renamed()
        text = self.rest + (self.file.read() if self.file else "")
        *whole, self.rest = text.split("\n")
        return whole


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    followers = [Follower(sys.argv[1], name) for name in sys.argv[2:]]
    colour = sys.stdout.isatty()
    while os.getppid() == parent:
        shown = [readable(f.name, line, colour) for f in followers for line in f.lines() if line]
        if shown:
            print("\n".join(sorted(shown, key=lambda text: text[:14])), flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        pass
