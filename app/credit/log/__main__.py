"""``python -m app.credit.log CASE.zip --trust FILE``: the audit of a case file with Python, cryptography and rfc8785 alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app.credit.log.auditing import audit
from app.credit.log.errors import LogError
from app.credit.log.policies import read_policy
from app.credit.log.verdicts import in_words, printable


def main(words: Sequence[str] | None = None) -> int:
    """Check, say what was found, and return the exit code: 0 sound, 1 findings, 2 evidence invalid."""
    parser = argparse.ArgumentParser(prog="audit verify", description="Check a case file without its server.")
    parser.add_argument("case", type=Path)
    parser.add_argument("--trust", type=Path, required=True, help="the keys of the log and of witnesses (C2SP tlog-policy)")
    parser.add_argument("--last", type=Path, help="the checkpoint of your last visit")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--report", type=Path, help="write a page to print")
    chosen = parser.parse_args(words)
    try:
        trust = read_policy(chosen.trust.read_text())
        last = chosen.last.read_text() if chosen.last else None
        report = audit(chosen.case.read_bytes(), trust, last)
    except (LogError, OSError, UnicodeDecodeError) as trouble:
        print(f"{trouble}", file=sys.stderr)
        return 2
    said = report.as_data()
    print(json.dumps(said, ensure_ascii=False, indent=1) if chosen.json else in_words(said))
    if chosen.report:
        chosen.report.write_text(printable(said))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
