"""Forms of the appraisal room. The inspection itself is generated from the scheme and read here item by item."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import FileField, HiddenField, PasswordField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.appraisal.rules import OFFERED_KINDS
from app.appraisal.service import Box, Given
from app.goods import catalogue
from app.kernel.errors import InvalidInput
from app.kernel.ids import is_code
from app.kernel.text import N_
from app.kernel.time import SHANGHAI
from app.web.forms import Figures, Form, Line, Paragraph, Required, Whole, Yuan
from app.web.rendering import in_language
from grading import PLACES

PREFIX = "item-"
MOST_MARKS = 40
MOST_GIVEN = 200  # answers of a device in one go
LONGEST_ANSWER = 2000
UNREADABLE = N_("This device sent something that cannot be read. Please reload the page; what waits on the device stays there.")


class RequestForm(Form):
    """Which agency is asked."""

    agency = RadioField(_l("Which agency should appraise it?"), [Required(_l("Please choose one of the agencies."))])


class DeclineForm(Form):
    reason = Paragraph(_l("Why can the agency not do it?"), [Required()], longest=500)


class GiveUpForm(Form):
    """Why it cannot be finished: a reason of the terms, which decides about the fee, and words for the owner."""

    kind = RadioField(_l("What is it?"), default="other", validate_choice=False)
    reason = Paragraph(_l("Why can the appraisal not be finished?"), [Required()], longest=500)


class CancelForm(Form):
    """Taking an order back; a thing that the agency holds needs its way back."""

    back_way = RadioField(_l("How does your item come back?"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.back_way.choices = back_ways()


class BookForm(Form):
    slot = RadioField(_l("Which time suits you?"), validate_choice=False)


class BringForm(Form):
    """Bringing or sending the thing in."""

    way = RadioField(_l("How does your item get there?"), validate_choice=False)
    place = RadioField(_l("To which place?"), validate_choice=False)
    address = Paragraph(_l("Name, phone number and address for the way back"), longest=240)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.way.choices = [("bring", _l("I bring it and leave it there")), ("send", _l("I send it by parcel"))]


class ParcelForm(Form):
    carrier = Line(_l("Carrier"), longest=40)
    tracking_no = Figures(_l("Tracking number"), longest=60)


class HandOverForm(Form):
    """What the agency notes when a thing changes hands across the table."""

    digits = Figures(_l("The owner's six digits"), longest=20)
    seal_no = Figures(_l("Number of the seal"), longest=40)
    discrepancy = Paragraph(_l("What is not as it should be"), longest=500)


class BackForm(Form):
    back_way = RadioField(_l("How does your item come back?"), validate_choice=False)
    address = Paragraph(_l("Name, phone number and address for the way back"), longest=240)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.back_way.choices = back_ways()


class TakeBackForm(Form):
    discrepancy = Paragraph(_l("Is something not as it should be?"), longest=500)


class PriceForm(Form):
    """What the agency asks for one category; an empty fee: nothing."""

    fee = Yuan(_l("Fee"))
    wait_days = Whole(_l("Days from the fee to the report"), [Required()], least=1, most=60)


class PlaceForm(Form):
    name = Line(_l("Name of the place"), longest=60)
    district = SelectField(_l("District"), validate_choice=False)
    address = Line(_l("Address"), longest=160)
    kinds = SelectMultipleField(
        _l("What there is"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.district.choices = [
            ("", _l("Please choose one of the answers.")),
            *((each.code, in_language(each.name.model_dump())) for each in catalogue.districts()),
        ]
        self.kinds.choices = [(kind, in_language({"zh": PLACES[kind].zh, "en": PLACES[kind].en})) for kind in OFFERED_KINDS]


class TimesForm(Form):
    """Times on one day: from, to, each so long."""

    place = SelectField(_l("Place"), validate_choice=False)
    day = Line(_l("Day"), [Required()], longest=20)
    first = Line(_l("From"), [Required()], longest=10)
    last = Line(_l("Until"), [Required()], longest=10)
    minutes = Whole(_l("Minutes for each"), [Required()], least=10, most=480, default=60)

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


class StaffForm(Form):
    """What staff decide about an order that nobody takes."""

    appraiser = RadioField(_l("Which appraiser?"), validate_choice=False)
    absent = RadioField(_l("Who was not there?"), validate_choice=False)
    reason = Paragraph(_l("Reason"), longest=600)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.absent.choices = [
            ("agency", _l("The agency: the whole fee goes back")),
            ("owner", _l("The owner: of the fee goes back what the terms say")),
        ]

    def ask_of_parcel(self, percent: int) -> None:
        """A parcel did not arrive: whether there was one. ``percent``: of the fee, which goes back where there was none."""
        self.absent.label.text = _l("What became of the parcel?")
        self.absent.choices = [
            ("agency", _l("It was sent, and is lost or with the agency: the whole fee goes back")),
            ("owner", _l("The carrier knows no such parcel: %(percent)s %% of the fee goes back", percent=percent)),
        ]


def back_ways() -> list[tuple[str, Any]]:
    return [("fetch", _l("I fetch it there")), ("parcel", _l("The agency sends it to me"))]


class InspectionForm(Form):
    """Carries the count of saves that the page was made from; the answers are read by ``answers``."""

    rev = HiddenField()


class SignForm(Form):
    """The appraiser's own name, typed; for a car also who signs as the senior."""

    rev = HiddenField()
    reviewer = RadioField(_l("Which senior appraiser signs it too?"), validate_choice=False)
    name = Line(_l("Your name, as it stands in your account"), [Required()], longest=60)


class FreezeForm(Form):
    """Makes the draft that is signed with a key."""

    rev = HiddenField()
    reviewer = RadioField(_l("Which senior appraiser signs it too?"), validate_choice=False)


class SignatureForm(Form):
    """A signature: the text that this page's script made, or the file that a command made."""

    signature = HiddenField()
    file = FileField(_l("Signature file"))

    @property
    def sent(self) -> bytes:
        """What was sent, whichever way; b"" when nothing was."""
        return sent_file(self.file.data) or (self.signature.data or "").encode()


class ConfirmForm(Form):
    """The senior's own name, typed; and which draft the page showed."""

    sha256 = HiddenField()
    name = Line(_l("Your name, as it stands in your account"), [Required()], longest=60)


class ReferBackForm(Form):
    reason = Paragraph(_l("What should the appraiser look at again?"), [Required()], longest=500)


class ReasonForm(Form):
    """Why a report is corrected or withdrawn."""

    reason = Paragraph(_l("Why, in words that everybody can read?"), [Required()], longest=500)


class KeyForm(Form):
    """A public key with the proof that its private half is there, and the password once more."""

    proof = HiddenField()
    file = FileField(_l("Proof file"))
    label = Line(_l("What do you call this key?"), [Required()], longest=60)
    password = PasswordField(_l("Your password"), [Required(_l("Please type your password."))])

    @property
    def sent(self) -> bytes:
        return sent_file(self.file.data) or (self.proof.data or "").encode()


def _why_keys_end() -> dict[str, str]:
    return {
        "replaced": _("I have a new key"),
        "lost": _("I have lost it, or its passphrase"),
        "stolen": _("Somebody else may have it"),
        "left": _("I no longer work for the agency"),
        "other": _("Another reason"),
    }


class RevokeKeyForm(Form):
    reason = RadioField(_l("Why does this key end?"), [Required(_l("Please choose one of the answers."))], choices=_why_keys_end)
    words = Paragraph(_l("What happened?"), longest=300)


class CheckFileForm(Form):
    """A report file to be checked; it is read and forgotten."""

    file = FileField(_l("Report file (JSON)"))

    @property
    def sent(self) -> bytes:
        return sent_file(self.file.data)


class FindReportForm(Form):
    """The number of a report, as printed on it."""

    class Meta(Form.Meta):
        csrf = False  # a GET that only looks something up

    number = Line(_l("Number of the report"), [Required()], longest=200)


class ErasureForm(Form):
    """What a person writes into the certificate of erasure; the rest follows from thing, agency and actor."""

    storage_type = Line(_l("Kind of storage, such as UFS or NVMe"), [Required()], longest=80)
    storage_capacity_gb = Line(_l("Capacity in GB"), [Required()], longest=6)
    owner_consent_at = Line(_l("When the owner agreed"), [Required()], longest=16)
    consent_evidence_ref = Line(_l("Where the consent is kept: number or file"), [Required()], longest=120)
    sanitisation_level = RadioField(_l("Level"), [Required()])
    method = RadioField(_l("Method"), [Required()])
    tool_name = Line(_l("Tool"), [Required()], longest=80)
    tool_version = Line(_l("Its version"), [Required()], longest=40)
    started_at = Line(_l("Begun at"), [Required()], longest=16)
    finished_at = Line(_l("Ended at"), [Required()], longest=16)
    verification_method = RadioField(_l("How the result was verified"), [Required()])
    verification_coverage_pct = Line(_l("How much of it was verified, percent"), [Required()], longest=3)
    operator_title = Line(_l("Your function at the agency"), [Required()], longest=60)
    verifier_name = Line(_l("Who verified"), [Required()], longest=60)
    verified_at = Line(_l("Verified at"), [Required()], longest=16)
    location = Line(_l("Place"), [Required()], longest=120)
    destination = Line(_l("Where the thing goes next"), [Required()], longest=120)
    log_sha256 = Line(_l("SHA-256 of the tool's log"), [Required()], longest=64)
    name = Line(_l("Your name, as it stands in your account"), [Required()], longest=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sanitisation_level.choices = {"purge": _("Purged: cannot be brought back"), "destroy": _("Storage destroyed")}
        self.verification_method.choices = {
            "full": _("The whole storage"),
            "sample": _("A sample of it"),
            "tool": _("By the tool's own result"),
        }

    def typed(self) -> dict[str, str]:
        """Field -> text, without the name, which is the signature."""
        return {field.name: str(field.data or "") for field in self if field.name not in ("name", "csrf_token")}


class CheckForm(Form):
    """What the second person found."""

    outcome = RadioField(_l("What you found"), [Required()])
    method = Line(_l("How you looked, and with which tool"), [Required()], longest=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome.choices = {"passed": _("No data are left"), "failed": _("Data can still be found")}


class SealForm(Form):
    """The number on the seal."""

    seal_no = Line(_l("Number of the seal"), [Required()], longest=40)


def answers(posted: MultiDict[str, str]) -> dict[str, str]:
    """Item or fact key -> typed answer, from fields named ``item-<key>``; marks and words beside an answer win over it.

    ``marks-<key>`` says that the form shows boxes ``mark-<key>`` for a part, ``text-<key>`` holds words about it.
    """
    given = {name[len(PREFIX) :]: value for name, value in posted.items() if name.startswith(PREFIX)}
    for name in posted:
        kind, _dash, key = name.partition("-")
        if kind == "marks":
            found = posted.getlist(f"mark-{key}")
            given[key] = " ".join(found[:MOST_MARKS]) or given.get(key, "")
        elif kind == "text" and key:
            given[key] = posted[name].strip() or given.get(key, "")
    return given


def instruments(posted: MultiDict[str, str]) -> dict[str, str]:
    """Key of a number -> the instrument named beside it, from fields named ``instrument-<key>``."""
    start = "instrument-"
    return {name[len(start) :]: value for name, value in posted.items() if name.startswith(start) and value.strip()}


def read_given(body: Any) -> tuple[list[Given], str | None]:
    """The answers that a device sends, and its key for them: {"key", "answers": [{"key", "value", "seen", "instrument"}]}.

    Raises InvalidInput for anything else.
    """
    rows = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_GIVEN:
        raise InvalidInput({"": UNREADABLE})
    given = []
    for row in rows:
        words = [row.get(name, "") for name in ("key", "value", "seen", "instrument")] if isinstance(row, dict) else [None]
        if not all(isinstance(word, str) and len(word) <= LONGEST_ANSWER for word in words) or not words[0]:
            raise InvalidInput({"": UNREADABLE})
        given.append(Given(*words))  # type: ignore[arg-type]
    device_key = body.get("key")
    if device_key is not None and not (isinstance(device_key, str) and 8 <= len(device_key) <= 64 and device_key.isascii()):
        raise InvalidInput({"": UNREADABLE})
    return given, device_key


def read_boxes(posted: MultiDict[str, str]) -> list[Box]:
    """Boxes from fields ``box`` as ``item|code|x|y|width|height`` in thousandths (drawn), or from number fields in percent.

    What is no number becomes a box that lies outside, which the verb refuses by its own words.
    """
    drawn = [box for text in posted.getlist("box") if (box := _box(text.split("|"), 1)) is not None]
    typed = _box([posted.get(f"mark-{part}", "") for part in ("item", "code", "x", "y", "width", "height")], 10)
    return [*drawn, typed] if typed is not None else drawn


def _box(parts: list[str], factor: int) -> Box | None:
    if len(parts) != 6:
        return Box("", "", 0, 0, 0, 0)
    if not any(part.strip() for part in parts[2:]):
        return None  # nothing was drawn or typed
    figures = [_thousandths(part, factor) for part in parts[2:]]
    return Box(parts[0], parts[1].strip(), *figures)


def _thousandths(text: str, factor: int) -> int:
    text = text.strip()
    plain = text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 8
    return round(float(text) * factor) if plain else -1


def read_rev(text: str | None) -> int:
    """The count of saves from the form; -1 (never right) when it is not a number."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def read_number(text: str | None) -> str | None:
    """A report's number out of what was typed: spaces, capitals, or the whole address of the report; None when it is none."""
    number = "".join((text or "").lower().split()).split("?")[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".json")
    return number if is_code(number) else None


def sent_file(file: object, most: int = 1_000_000) -> bytes:
    """The bytes of an uploaded file, at most one more than ``most``; b"" when none was chosen."""
    if not isinstance(file, FileStorage) or not file.filename:
        return b""
    return file.stream.read(most + 1)
