"""`make mutate`: plants mutmut's faults in the engine one after another and says which of them no test notices.

mutmut writes the faults. They are run here: the tests are collected once, and each fault gets a process of its own that
runs only the tests that reach it, fastest first, until one fails. mutmut itself collects the tests again for each fault,
which takes an hour. `mutmut show NAME` and `mutmut results` in build/mutate/tree read what this leaves behind.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from mutmut import __main__ as mutmut
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

WORKERS = 2
KILLED, SURVIVED, NO_TESTS, TIMEOUT = 1, 0, 33, 36
CPU_SECONDS = 90
SLOW = 0.15  # seconds: what takes longer (above all properties over random things) is not run against a fault


class Planting:
    """In the place of pytest's own loop: once without a fault, then once for each of them."""

    def __init__(self, files: list[SourceFileMutationData], folder: Path) -> None:
        self.files = files
        self.folder = folder
        self.verdicts: Counter[str] = Counter()
        self.reached: dict[str, list[tuple[float, int]]] = defaultdict(list)
        self.children: dict[int, tuple[SourceFileMutationData, str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run everything; pytest's exit code stays 0."""
        self._without_fault(session.items)
        for data in self.files:
            print(data.path, len(data.exit_code_by_key), flush=True)
            for number, name in enumerate(data.exit_code_by_key):
                if number and number % 50 == 0:
                    print(f"    {number}", flush=True)
                tests = self.reached.get(mangled_name_from_mutant_name(name.replace("__init__.", "")))
                if not tests:
                    data.exit_code_by_key[name] = NO_TESTS
                    continue
                if len(self.children) == WORKERS:
                    self._one_ends()
                child = os.fork()
                if not child:
                    self._with_fault(name, [session.items[place] for _, place in sorted(tests)])
                self.children[child] = data, name
            while self.children:
                self._one_ends()
            self._tell(data)
        return True

    def _tell(self, data: SourceFileMutationData) -> None:
        os.chdir(self.folder)
        data.save()
        os.chdir("mutants")
        verdicts = {name: mutmut.status_by_exit_code[found] for name, found in data.exit_code_by_key.items()}
        self.verdicts.update(verdicts.values())
        print(data.path, dict(Counter(verdicts.values())), flush=True)
        for name, verdict in verdicts.items():
            if verdict in ("survived", "no tests"):
                print(f"    {verdict} {name}", flush=True)

    def _without_fault(self, items: list[pytest.Item]) -> None:
        set_mutant_under_test("stats")
        for place, item in enumerate(items):
            state()._stats.clear()
            begun = time.process_time()
            if not passes(item, items[place + 1] if place + 1 < len(items) else None):
                raise pytest.UsageError(f"{item.nodeid} fails without a fault")
            taken = time.process_time() - begun
            for function in state()._stats if taken < SLOW else ():
                self.reached[function].append((taken, place))

    def _with_fault(self, name: str, items: list[pytest.Item]) -> None:
        """In a child: ends it with what happened."""
        from grading.engine.looking import looking

        code = SURVIVED
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
            sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            set_mutant_under_test(name.replace("__init__.", ""))
            looking.cache_clear()  # what was kept before the fault was planted would hide it
            for place, item in enumerate(items):
                if not passes(item, items[place + 1] if place + 1 < len(items) else None):
                    code = KILLED
                    break
        except BaseException:
            code = KILLED
        finally:
            os._exit(code)

    def _one_ends(self) -> None:
        child, status = os.wait()
        data, name = self.children.pop(child)
        data.exit_code_by_key[name] = os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else TIMEOUT


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Run one test."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def main(names: list[str]) -> int:
    """Write the faults, run them, say what survived. `names`: only these modules."""
    settings.register_profile("mutate", deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    settings.load_profile("mutate")
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(WORKERS)
    files = [SourceFileMutationData(path=path) for path in walk_mutatable_files()]
    for data in files:
        data.load()
    files = sorted((data for data in files if data.exit_code_by_key), key=lambda data: len(data.exit_code_by_key))
    files = [data for data in files if not names or data.path.stem in names]
    print(f"{sum(len(data.exit_code_by_key) for data in files)} faults", flush=True)
    here = Path.cwd()
    os.chdir("mutants")  # where grading/ is the one with faults
    begun = time.monotonic()
    options = ["--rootdir=.", "-q", "-s", "--tb=native", "-p", "no:cacheprovider", "-m", "not slow", "tests/grading"]
    planting = Planting(files, here)
    code = pytest.main(options, plugins=[planting])
    if code:
        return int(code)
    total, noticed = planting.verdicts.total(), planting.verdicts["killed"] + planting.verdicts["timeout"]
    took = time.monotonic() - begun
    print(f"{noticed} of {total} noticed: {100 * noticed / total:.1f} %; {dict(planting.verdicts)}; {took:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
