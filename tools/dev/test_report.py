"""What a person sees of a test run: a line a group, the output of what failed, the sum."""

import os
import sys

from test_build import BUILD_DIR


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self._log_dir = os.path.join(BUILD_DIR, "test-logs")

    def group(self, outcome):
        name, results, seconds, budget = outcome
        passed = sum(result.passed for result in results)
        failed = sum(result.failed for result in results)
        self.passed += passed
        self.failed += failed
        late = f"  (over its budget of {budget} s)" if budget and seconds > budget else ""
        print(f"{'ok  ' if failed == 0 else 'FAIL'} {name:<10} {passed:>5} ok {failed:>3} failed "
              f"{seconds:>7.1f} s{late}", flush=True)
        self._keep(name, results)

    def _keep(self, group, results):
        os.makedirs(self._log_dir, exist_ok=True)
        for result in results:
            path = os.path.join(self._log_dir, f"{group}-{result.name}.log")
            with open(path, "w", encoding="utf-8") as log:
                log.write(result.output)
            if result.failed:
                self._show(result, path)

    @staticmethod
    def _show(result, path):
        print(f"     {result.name}: {result.problem or 'failed'}; all of its output: {path}")
        interesting = [line for line in result.output.splitlines()
                       if not line.startswith("ok") and " passed, " not in line]
        for line in interesting[-40:]:
            print("     | " + line)
        sys.stdout.flush()

    def broken(self, name, message):
        self.failed += 1
        print(f"FAIL {name}: {message}")

    def stopped(self, ceiling):
        self.failed += 1
        print(f"FAIL the tests took longer than {ceiling} s and were stopped")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.failed == 0 else 1
