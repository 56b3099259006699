"""Forms of the appraisal room. The inspection itself is generated from the scheme and read here item by item."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField

from app.kernel.ids import is_code
from app.web.forms import Form, Line, Paragraph, Required

PREFIX = "item-"
MOST_MARKS = 40


class RequestForm(Form):
    """Which agency is asked."""

    agency = RadioField(_l("Which agency should appraise it?"), [Required(_l("Please choose one of the agencies."))])


class DeclineForm(Form):
    reason = Paragraph(_l("Why can the agency not do it?"), [Required()], longest=500)


class GiveUpForm(Form):
    reason = Paragraph(_l("Why can the appraisal not be finished?"), [Required()], longest=500)


class InspectionForm(Form):
    """Carries the count of saves that the page was made from; the answers are read by ``answers``."""

    rev = HiddenField()


class SignForm(Form):
    """The appraiser's own name, typed."""

    rev = HiddenField()
    name = Line(_l("Your name, as it stands in your account"), [Required()], longest=60)


class FindReportForm(Form):
    """The number of a report, as printed on it."""

    class Meta(Form.Meta):
        csrf = False  # a GET that only looks something up

    number = Line(_l("Number of the report"), [Required()], longest=200)


def answers(posted: MultiDict[str, str]) -> dict[str, str]:
    """Item or fact key -> typed answer, from fields named ``item-<key>``; marks and words beside an answer win over it.

    ``marks-<key>`` says that the form shows boxes ``mark-<key>`` for a part, ``text-<key>`` holds words about it.
    """
    given = {name[len(PREFIX) :]: value for name, value in posted.items() if name.startswith(PREFIX)}
    for name in posted:
        kind, _, key = name.partition("-")
        if kind == "marks":
            found = posted.getlist(f"mark-{key}")
            given[key] = " ".join(found[:MOST_MARKS]) or given.get(key, "")
        elif kind == "text" and key:
            given[key] = posted[name].strip() or given.get(key, "")
    return given


def read_rev(text: str | None) -> int:
    """The count of saves from the form; -1 (never right) when it is not a number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def read_number(text: str | None) -> str | None:
    """A report's number out of what was typed: spaces, capitals, or the whole address of the report; None when it is none."""
    number = "".join((text or "").lower().split()).split("?")[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".json")
    return number if is_code(number) else None
