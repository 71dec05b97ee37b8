"""The PostgreSQL and the Redis of one test run: started through ./dev in a folder of their own,
thrown away afterwards.  TEST_DATABASE_URL is a superuser's: each test makes its own database."""

import os
import shutil
import subprocess
import tempfile

from test_build import ROOT


class Services:
    def __init__(self):
        self.environment = dict(os.environ)
        self._run_dir = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._run_dir:
            self._dev("discard")
            shutil.rmtree(self._run_dir, ignore_errors=True)

    def start(self):
        self._run_dir = tempfile.mkdtemp(prefix="inventiv-test-")
        self._dev("start", "postgres", "redis")
        with open(os.path.join(self._run_dir, "test_urls"), encoding="utf-8") as urls:
            self.environment.update(line.rstrip("\n").split("=", 1) for line in urls)

    def _dev(self, *arguments):
        environment = dict(os.environ, RUN_DIR=self._run_dir, DEV_POSTGRES_FSYNC="off")
        subprocess.run([os.path.join(ROOT, "dev"), *arguments], env=environment, check=True)
