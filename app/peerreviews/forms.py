"""Forms of peer reviews. The blind form itself is generated from the scheme and read here item by item."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, RadioField

from app.peerreviews.models import LOOK_AGAIN, STANDS
from app.web.forms import Form, Line, Paragraph, Required

PREFIX = "item-"
MOST_MARKS = 40
LONGEST = 2000


class BlindForm(Form):
    """Carries the count of saves that the page was made from; the answers are read by ``answers``."""

    rev = HiddenField()

    @property
    def seen(self) -> int:
        """The count of saves; -1 (never right) when it is not a number."""
        text = self.rev.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class PassForm(Form):
    reason = Paragraph(_l("Why can you not do it?"), [Required()], longest=500)


class DecideForm(Form):
    """A senior's word on two grades."""

    decision = RadioField(_l("What do you decide?"), validate_choice=False)
    reason = Paragraph(_l("The reason, for both of them and for the record"), longest=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decision.choices = [
            (STANDS, _l("The first grade stands; the report is issued")),
            (LOOK_AGAIN, _l("The appraiser looks again")),
        ]


class NameForm(Form):
    """Whom staff ask."""

    person = Line(_l("Number of the appraiser, or the address of their page in the register"), [Required()], longest=300)

    @property
    def code(self) -> str:
        """The number, also out of an address."""
        return (self.person.data or "").split("?")[0].rstrip("/").rsplit("/", 1)[-1].lower()


def answers(posted: MultiDict[str, str]) -> dict[str, str]:
    """Key -> answer, from fields ``item-<key>``; marks (``mark-<key>``) and words (``text-<key>``) beside an answer win."""
    given = {name[len(PREFIX) :]: value[:LONGEST] for name, value in posted.items() if name.startswith(PREFIX)}
    for name in posted:
        kind, _dash, key = name.partition("-")
        if kind == "marks":
            given[key] = " ".join(posted.getlist(f"mark-{key}")[:MOST_MARKS]) or given.get(key, "")
        elif kind == "text" and key:
            given[key] = posted[name].strip()[:LONGEST] or given.get(key, "")
    return given
