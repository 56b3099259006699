"""The next revision as a draft: the newest file with its number, its first day and everything that was confirmed written in.

A draft is made for reading and correcting by hand and is uploaded like any other file. Nothing is kept of it.
"""

from __future__ import annotations

import re
from datetime import date

from app.kernel.work import Work
from app.schemes.queries import bytes_of, newest_scheme, progress
from app.schemes.queries.confirming import ItemStanding, is_as_read
from grading import Scheme
from grading.schemes.confirming import points, points_text

_UNSURE = re.compile(r"[，,]\s*[^，,{}\"]*(?:尚未核实|not confirmed)")
_CONFIRMED = re.compile(r"^(?:# Compared with .*\n)?confirmed:\n(?:[ #-].*\n|\n)*", re.MULTILINE)


def draft_of_next(work: Work, scheme_id: str, effective_on: date) -> tuple[str, bytes]:
    """Name and bytes of the draft. What two people read otherwise is listed in it, for whoever corrects it.

    Raises SchemeNotFound. The label drops its "not confirmed" when every item is confirmed.
    """
    newest = newest_scheme(work, scheme_id)
    standing = progress(work, newest)
    text = bytes_of(work, newest).decode()
    number = newest.number + 1
    ending = newest.version.partition("/")[0]
    text = _line(text, "version", f'"{ending}/r{number}"')
    text = _line(text, "effective_from", effective_on.isoformat())
    decided = [one for one in standing.items if one.deciding is not None]
    if standing.items and all(one.deciding is not None and not one.deciding.reading.words for one in standing.items):
        text = re.sub(r"^  label: .*$", lambda line: _UNSURE.sub("", line[0]), text, count=1, flags=re.MULTILINE)
    if decided:
        text = _CONFIRMED.sub("", text).rstrip("\n") + "\n\n" + _block(newest, decided)
    return f"{newest.id}_r{number}.yaml", text.encode()


def _line(text: str, name: str, value: str) -> str:
    """The head's line of this name with another value; a comment behind it stays."""
    return re.sub(rf"^(  {name}: *)(?:\"[^\"]*\"|[^ #\n]+)", lambda found: found[1] + value, text, count=1, flags=re.MULTILINE)


def _block(scheme: Scheme, decided: list[ItemStanding]) -> str:
    lines = ["# Compared with the text of the standard, each by two people of an agency.", "confirmed:"]
    lines += [f"  standard: {_standard(scheme)}", "  items:"]
    for one in decided:
        seen = one.deciding
        assert seen is not None
        if not is_as_read(one.item, seen):
            lines += [f"    # {each}" for each in _correction(one)]
        if not seen.reading.words:
            page, by = _quoted(seen.reading.page), _quoted(seen.agency.name)
            lines.append(f'    "{one.item.code}": {{page: {page}, day: {seen.reading.read_on.isoformat()}, by: {by}}}')
    return "\n".join(lines) + "\n"


def _correction(one: ItemStanding) -> list[str]:
    seen = one.deciding
    assert seen is not None
    order = points(one.item)
    read = {answer: seen.reading.found[answer] for answer in order if answer in seen.reading.found}
    said = [f"CORRECT item {one.item.code}: the standard has {points_text(read)}; the scheme {points_text(order)}"]
    return said + [f"  {line}" for line in seen.reading.words.splitlines()]


def _standard(scheme: Scheme) -> str:
    """The source that is the standard itself: one that was not known from memory, if there is one."""
    kinds = [code for code, source in scheme.sources.items() if source.kind.endswith("standard")]
    read = [code for code in kinds if scheme.sources[code].detail.get("read") != "from_memory"]
    return (read or kinds or list(scheme.sources))[0]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
