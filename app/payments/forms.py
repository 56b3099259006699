"""What a member of staff types about an anomaly."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.web.forms import Form, Paragraph, Required


class NoteForm(Form):
    """What was found out about something the provider said that does not fit."""

    note = Paragraph(_l("What was it, and what was done?"), [Required()], longest=500)
