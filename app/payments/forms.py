"""What a member of staff types about an anomaly, about paying an agency that nobody manages, and about rows of a statement."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import FileField, SelectField

from app.web.forms import Form, Line, Paragraph, Required, ValidationError


class NoteForm(Form):
    """What was found out about something the provider said that does not fit."""

    note = Paragraph(_l("What was it, and what was done?"), [Required()], longest=500)


class PayAllTheSameForm(Form):
    """Why an agency that nobody manages is paid."""

    reason = Paragraph(_l("Why is it paid all the same? Write whom you asked."), [Required()], longest=500)


class StatementForm(Form):
    """A statement of the bank."""

    file = FileField(_l("Statement (CSV)"))

    @property
    def sent(self) -> bytes:
        """The file's bytes; none when nothing was chosen."""
        chosen = self.file.data
        return chosen.stream.read() if isinstance(chosen, FileStorage) and chosen.filename else b""

    def validate_file(self, field: FileField) -> None:
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError(gettext("Please choose a file."))


class AssignForm(Form):
    """What a row of a statement is, by our reference."""

    reference = Line(_l("Our reference of it"), [Required()], longest=40)


class BookForm(Form):
    """What money was that left the account without an order of ours."""

    what = SelectField(_l("What was it?"))

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)
        self.what.choices = [("fee", gettext("A fee of the bank")), ("loss", gettext("A loss of the platform"))]


class RefuseForm(Form):
    """Why the bank did not send a transfer."""

    reason = Line(_l("What did the bank say?"), [Required()], longest=200)
