"""Forms of visits at home: ordering one, moving it, and what is said when somebody was not there."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.web.forms import Form, Paragraph


class HomeForm(Form):
    """When the appraiser shall come, and where to."""

    slot = RadioField(_l("When shall the appraiser come?"), validate_choice=False)
    address = Paragraph(_l("Name, phone number and address of your home"), longest=240)


class MoveForm(Form):
    slot = RadioField(_l("Which time suits you?"), validate_choice=False)


class AbsenceForm(Form):
    words = Paragraph(_l("What happened? The other side reads it."), longest=600)


class ObjectionForm(Form):
    objection = Paragraph(_l("What happened, as you saw it?"), longest=600)
