"""The command line, `python -m grading --help`: for appraisers, authors of schemes and anybody who recomputes a grade.

Exit code 0: done; 1: a report does not follow from its own findings; 2: the input was refused (reasons as JSON on the
error output). Each command lives in `grading.commands`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from grading.commands import grade, schemes, sign, verify
from grading.commands.console import BadInput, refuse
from grading.errors import FindingsError, SchemeError
from grading.report import ReportError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m grading", description="Grade findings by an appraisal scheme.")
    commands = parser.add_subparsers(dest="command", required=True)
    for theme in (schemes, grade, sign, verify):
        theme.add(commands)
    given = parser.parse_args(arguments)
    try:
        code: int = given.run(given)
        sys.stdout.flush()
    except FindingsError as error:
        return refuse({"error": "findings", "errors": error.errors})
    except SchemeError as error:
        return refuse({"error": "scheme", "file": error.file, "problems": [str(p) for p in error.problems]})
    except ReportError as error:
        return refuse({"error": "report", "problems": [error.problem.to_plain()]})
    except BadInput as error:
        return refuse({"error": "input", "message": str(error)})
    except BrokenPipeError:  # who read the output has seen enough (| head); nothing more can be written, not even at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    raise SystemExit(main())
