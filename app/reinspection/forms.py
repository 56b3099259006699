"""Forms of re-inspections."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reinspection.models import LONGEST_REASON
from app.web.forms import Form, Paragraph, Required


class ContestForm(Form):
    """Why the grade is doubted; the photos are read from the request."""

    reason = Paragraph(_l("What does the report say, and what do you see instead?"), [Required()], longest=LONGEST_REASON)


class CloseForm(Form):
    reason = Paragraph(_l("Why does it end without a result?"), [Required()], longest=500)
