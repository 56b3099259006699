"""What a member of staff types about an anomaly, and about paying an agency that nobody manages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.web.forms import Form, Paragraph, Required


class NoteForm(Form):
    """What was found out about something the provider said that does not fit."""

    note = Paragraph(_l("What was it, and what was done?"), [Required()], longest=500)


class PayAllTheSameForm(Form):
    """Why an agency that nobody manages is paid."""

    reason = Paragraph(_l("Why is it paid all the same? Write whom you asked."), [Required()], longest=500)
