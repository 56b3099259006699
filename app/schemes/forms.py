"""Forms of the schemes room: a file with its first day and reason, a refusal, what an agency read and checked."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import FileField, RadioField
from wtforms.validators import InputRequired

from app.schemes.models import AGREED, CONFIRMED, CORRECTED, DISAGREED
from app.web.forms import Day, Form, Line, Paragraph, Required

_CHOOSE = _l("Please choose one of the answers.")


def _what_it_says() -> dict[str, str]:
    return {CONFIRMED: _("The same as the scheme"), CORRECTED: _("Something else")}


def _found_again() -> dict[str, str]:
    return {AGREED: _("Yes, the same"), DISAGREED: _("No, something else")}


class ProposalForm(Form):
    """A corrected file, the day from which it holds, and why it was made."""

    file = FileField(_l("File of the revision (YAML)"))
    effective_on = Day(_l("First day on which it holds"), [Required()])
    reason = Paragraph(_l("What is corrected and why, readable by everybody"), [Required()], longest=500)

    @property
    def sent(self) -> bytes:
        chosen = self.file.data
        return chosen.stream.read() if isinstance(chosen, FileStorage) and chosen.filename else b""


class RefusalForm(Form):
    reason = Paragraph(_l("Reason"), [Required()], longest=500)


class ReadingForm(Form):
    """What one person found in the standard."""

    verdict = RadioField(
        _l("What does the standard say?"),
        [InputRequired(_CHOOSE)],
        choices=_what_it_says,
    )
    found = Line(_l("Points in the standard"), longest=300)
    words = Paragraph(_l("What else is different there"), longest=500)
    page = Line(_l("Page or table of the standard"), [Required()], longest=40)
    read_on = Day(_l("Looked up on"), [Required()])


class CheckForm(Form):
    """The second person's answer."""

    verdict = RadioField(
        _l("Did you find the same at that place?"),
        [InputRequired(_CHOOSE)],
        choices=_found_again,
    )
    note = Paragraph(_l("What you found instead"), longest=500)
