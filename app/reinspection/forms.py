"""Forms of re-inspections."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from app.reinspection.models import LONGEST_REASON
from app.web.forms import Form, Paragraph, Required


class ContestForm(Form):
    """Why the grade is doubted, and photos that show it."""

    reason = Paragraph(_l("What does the report say, and what do you see instead?"), [Required()], longest=LONGEST_REASON)
    photos = MultipleFileField(_l("Photos"))

    @property
    def files(self) -> list[FileStorage]:
        """The photos that were chosen; a browser sends an empty part when there are none."""
        return [file for file in self.photos.data or () if isinstance(file, FileStorage) and file.filename]


class CloseForm(Form):
    reason = Paragraph(_l("Why does it end without a result?"), [Required()], longest=500)
