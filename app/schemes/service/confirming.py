"""An agency that holds a standard compares the scheme with its text, item by item, by two people."""

from __future__ import annotations

from datetime import date

from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.kernel import audit
from app.kernel.errors import InvalidInput
from app.kernel.text import N_
from app.kernel.time import shanghai_day
from app.kernel.work import Work
from app.notices.service import notify
from app.schemes.errors import AlreadyChecked, OwnReading, SchemeNotFound
from app.schemes.models import AGREED, CONFIRMED, CORRECTED, DISAGREED, SchemeReading, SchemeReadingCheck
from app.schemes.policy import require_reader
from app.schemes.queries import get_scheme, newest_scheme, progress, reading_of_agency
from grading import Item, Scheme
from grading.schemes.confirming import points, read_points, to_confirm


def read_item(
    work: Work, scheme_id: str, item_code: str, *, page: str, read_on: date, found: str | None = None, words: str = ""
) -> SchemeReading:
    """One person's word for what the standard says about an item, on which page; somebody else of the agency checks it.

    ``found``: the points that the text has, as "B 1.5, C 3", for every answer; None: those of the scheme. ``words``: what else
    is different there. With neither the item is confirmed, else corrected. Raises ReadersOnly, the register's refusals,
    SchemeNotFound for an item that need not be confirmed, InvalidInput.
    """
    scheme = newest_scheme(work, scheme_id)
    agency_id = require_reader(work, scheme.category)
    item = item_to_confirm(scheme, item_code)
    asked = points(item)
    said = asked if found is None else read_points(found, asked)
    if said is None:
        raise InvalidInput({"found": N_("Please write the points of every answer as in “B 1.5, C 3”.")})
    if not 1 <= len(page) <= 40:
        raise InvalidInput({"page": N_("Please name the page or table of the standard.")})
    if read_on > shanghai_day(work.now):
        raise InvalidInput({"read_on": N_("This day has not come yet.")})
    reading = SchemeReading(
        scheme_id=scheme.id,
        sha256=scheme.sha256,
        item_code=item.code,
        name=dict(item.name),
        asked=asked,
        found=said,
        words=words,
        verdict=CONFIRMED if said == asked and not words else CORRECTED,
        page=page,
        read_on=read_on,
        agency_id=agency_id,
        reader_id=work.actor.id,
        at=work.now,
    )
    work.session.add(reading)
    work.session.flush()
    audit.record(
        work,
        "scheme.read_item",
        "scheme_reading",
        reading.id,
        {"scheme": scheme.reference, "item": item.code, "verdict": reading.verdict, "page": page},
    )
    return reading


def check_reading(work: Work, code: str, *, agrees: bool, note: str = "") -> SchemeReadingCheck:
    """The second person's answer: the same was found at that place, or not and why.

    Raises ReadersOnly, ReadingNotFound, OwnReading, AlreadyChecked, InvalidInput without a reason for "no".
    """
    reading = reading_of_agency(work, code)
    scheme = get_scheme(work, reading.scheme_id)
    require_reader(work, scheme.category)
    if reading.reader_id == work.actor.id:
        raise OwnReading()
    if not agrees and len(note) < 3:
        raise InvalidInput({"note": N_("Please say what you found instead.")})
    check = SchemeReadingCheck(
        reading_id=reading.id,
        agency_id=reading.agency_id,
        reader_id=reading.reader_id,
        checker_id=work.actor.id,
        verdict=AGREED if agrees else DISAGREED,
        note="" if agrees else note,
        at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(check)
    except IntegrityError as taken:
        raise AlreadyChecked() from taken
    audit.record(
        work, "scheme.check_reading", "scheme_reading", reading.id, {"item": reading.item_code, "verdict": check.verdict}
    )
    _tell_operators(work, reading)
    return check


def item_to_confirm(scheme: Scheme, code: str) -> Item:
    """The item with this code, if it is one that has to be confirmed. Raises SchemeNotFound."""
    found = next((item for item in to_confirm(scheme) if item.code == code), None)
    if found is None:
        raise SchemeNotFound()
    return found


def _tell_operators(work: Work, reading: SchemeReading) -> None:
    """Once everything is confirmed, the next revision can say so."""
    scheme = newest_scheme(work, reading.scheme_id)
    if not progress(work, scheme).is_complete:
        return
    for operator in accounts.people_with_role(work, "operator"):
        notify(
            work,
            operator.id,
            text=N_("Every item of the scheme %(scheme)s is confirmed. The next revision can drop the words “not confirmed”."),
            values={"scheme": scheme.id},
            link="/operator/schemes",
            key=f"scheme.confirmed:{scheme.reference}",
            mail=False,
        )
