"""Forms of visits: what an agency offers, and what staff decide."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField

from app.goods import catalogue
from app.kernel.time import SHANGHAI
from app.web.forms import Form, Line, Paragraph, Required, Whole, Yuan
from app.web.rendering import in_language


class AreaForm(Form):
    """A district, the fee for the way (empty: nothing), and whether the instruments of a workshop come along."""

    district = SelectField(_l("District"), validate_choice=False)
    fee = Yuan(_l("Fee for the way"))
    brings_bench = BooleanField(_l("We bring the instruments of a workshop along"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.district.choices = district_choices()


class SlotsForm(Form):
    """Times on one day: from, to, each so long."""

    area = SelectField(_l("District"), validate_choice=False)
    day = Line(_l("Day"), [Required()], longest=20)
    first = Line(_l("From"), [Required()], longest=10)
    last = Line(_l("Until"), [Required()], longest=10)
    minutes = Whole(_l("Minutes for each"), [Required()], least=10, most=480, default=120)

    def starts(self) -> list[datetime]:
        """The beginnings of the times, in Shanghai; empty when day or hours cannot be read."""
        try:
            day = date.fromisoformat(self.day.data or "")
            first, last = (time.fromisoformat(f"{text:0>5}") for text in (self.first.data or "", self.last.data or ""))
        except ValueError:
            return []
        step = timedelta(minutes=int(self.minutes.data or 0))
        at, end = (datetime.combine(day, hour, tzinfo=SHANGHAI) for hour in (first, last))
        found = []
        while step and at + step <= end and len(found) < 100:
            found.append(at.astimezone(UTC))
            at += step
        return found


class DecideForm(Form):
    """Who was not there, with the reason that both sides read."""

    absent = RadioField(_l("Who was not there?"), validate_choice=False)
    reason = Paragraph(_l("Reason, for both sides"), [Required()], longest=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absent.choices = [("owner", _l("The owner")), ("agency", _l("The appraiser"))]


def district_choices() -> list[tuple[str, Any]]:
    return [
        ("", _l("Please choose one of the answers.")),
        *((each.code, in_language(each.name.model_dump())) for each in catalogue.districts()),
    ]
