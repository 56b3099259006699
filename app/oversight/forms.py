"""Why an officer reads."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.web.forms import Form, Line, Paragraph, Required


class ReasonForm(Form):
    """Why an agency is suspended or may work again."""

    reason = Paragraph(_("Reason, readable by everybody"), [Required()], longest=500)


class KeyForm(Form):
    """The public key of the authority."""

    vkey = Line(_("Public key"), [Required()], longest=200)


class FindingForm(Form):
    """A note that the authority signed."""

    note = Paragraph(_("Signed note"), [Required()], longest=4000)


class PurposeForm(Form):
    """Case number and reason of a new purpose."""

    case_no = Line(_("Case number"), [Required()], longest=60)
    reason = Paragraph(_("Why you need to read"), [Required()], longest=500)
