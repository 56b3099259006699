"""What buyers, sellers and operators type. Rules about the values lie in the verbs; here is only their reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, FileField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from app.trades import choices
from app.trades.wording import CHANGE_REASONS, CHECK_WORDS, HIDDEN_WORDS
from app.web.forms import Figures, Form, Line, Paragraph, Required, Whole, Yuan
from app.web.rendering import in_language


def _named(rows: tuple[Any, ...]) -> list[tuple[str, str]]:
    return [(row.code, in_language({str(language): name for language, name in row.name.items()})) for row in rows]


class DeliveryForm(Form):
    """How a thing comes to its buyer, and where to."""

    delivery = RadioField(_l("How do you get it?"), [Required(_l("Please choose how you get the item."))], validate_choice=False)
    name = Line(_l("Who receives the parcel"), longest=100)
    phone = Figures(_l("Phone number for the carrier"), longest=40)
    address = Paragraph(_l("Delivery address"), longest=400)
    # Bringing an appliance into the room: asked for appliances only.
    floor = Figures(_l("Floor"), longest=40)
    lift = RadioField(_l("Is there a lift?"), validate_choice=False)
    remarks = Paragraph(_l("What else must be known for carrying it in?"), longest=400)
    door_cm = Figures(_l("Narrowest door on the way, in centimetres"), longest=10)
    old_unit = BooleanField(_l("Take the old one away"))
    installing = RadioField(_l("Who installs it?"), validate_choice=False)
    slot = SelectField(_l("When shall it be brought?"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.installing.choices, self.slot.choices = [], []

    def offer_room(self, installs: bool, slots: Iterable[str], parts: Iterable[Any]) -> None:
        """What can be chosen about bringing an appliance; ``slots``: 2026-12-01 am."""
        words = {part.code: in_language(dict(part.name)) for part in parts}
        days = [(slot, f"{slot.partition(' ')[0]} {words[slot.partition(' ')[2]]}") for slot in slots]
        self.slot.choices = [("", _l("Any time that we agree on")), *days]
        nobody, own = ("none", _l("It need not be installed")), ("own", _l("I have it installed"))
        self.installing.choices = [nobody, *([("seller", _l("The seller installs it"))] if installs else []), own]
        self.installing.data = self.installing.data or "none"

    def offer(self, by_parcel: bool, by_meeting: bool, category: str = "phone") -> None:
        """Show the ways that the seller offers."""
        sent = _l("Have it sent by parcel") if category == "phone" else _l("Have it brought into the room")
        met = _l("Meet the seller in person") if category == "phone" else _l("Look at it and take it along")
        ways = [("parcel", sent, by_parcel), ("meet", met, by_meeting)]
        self.lift.choices = lift_choices()
        self.delivery.choices = [(value, label) for value, label, offered in ways if offered]
        if self.delivery.data is None and len(self.delivery.choices) == 1:
            self.delivery.data = self.delivery.choices[0][0]

    def typed_address(self) -> dict[str, str]:
        fields = (
            self.name,
            self.phone,
            self.address,
            self.floor,
            self.lift,
            self.remarks,
            self.door_cm,
            self.installing,
            self.slot,
        )
        return {field.name: field.data or "" for field in fields} | {"old_unit": "yes" if self.old_unit.data else ""}


class BuyForm(DeliveryForm):
    """The confirmation of a purchase. The price is the one that the buyer saw; the server compares it."""

    expected_price_fen = Whole(_l("Price"), least=1, most=99_999_999_999, widget=HiddenInput())
    expected_delivery_fen = Whole(_l("Delivery cost"), least=0, most=1_000_000, widget=HiddenInput())
    # Never chosen beforehand; an exception counts only when it was chosen by hand for this order.
    confirmed = SelectMultipleField(
        _l("Confirm separately, if you agree"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
        choices=(),
    )

    def ask_to_confirm(self, exceptions: Iterable[Any]) -> None:
        """The exceptions of this offer, in the words that the buyer confirms."""
        self.confirmed.choices = [(each.code, in_language(each.confirm.names)) for each in exceptions]

    def show_price(self, price_fen: int) -> None:
        """The hidden price is always the one that the page shows, also after a refusal."""
        self.expected_price_fen.raw_data, self.expected_price_fen.data = None, price_fen

    def show_delivery(self, delivery_fen: int) -> None:
        """The same for what bringing it costs."""
        self.expected_delivery_fen.raw_data, self.expected_delivery_fen.data = None, delivery_fen


def lift_choices() -> list[tuple[str, Any]]:
    return [("yes", _l("Yes")), ("small", _l("Yes, but it does not fit in")), ("no", _l("No, by the stairs"))]


class VersionForm(Form):
    """A step that must not be taken on an old page: it carries the order's version."""

    expected_version = Whole(_l("Version"), widget=HiddenInput())

    @property
    def version(self) -> int:
        """The version that the page was made from; -1 (never right) when the field is missing or was tampered with."""
        return -1 if self.expected_version.data is None else int(self.expected_version.data)

    def show_version(self, version: int) -> None:
        self.expected_version.raw_data, self.expected_version.data = None, version


class ParcelForm(Form):
    """With which parcel something travels."""

    carrier = SelectField(_l("Carrier"), validate_choice=False)
    # Not "required" here: the verb looks at all the fields and names everything that is wrong at once.
    tracking_no = Figures(_l("Tracking number"), longest=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carrier.choices = [("", _l("Please choose the carrier.")), *_named(choices.carriers())]

    def without_own_delivery(self) -> None:
        """For what fits into a parcel."""
        self.carrier.choices = [choice for choice in self.carrier.choices if choice[0] != choices.OWN]


class ShipForm(ParcelForm):
    erased = BooleanField(_l("Its data are erased, and its accounts and lock are signed out"))


class ReturnForm(Form):
    """Where a refunded thing goes back to. The verb looks at all the fields and names everything that is wrong at once."""

    name = Line(_l("Who receives the parcel"), longest=100)
    phone = Figures(_l("Phone number for the carrier"), longest=40)
    address = Paragraph(_l("Address for sending it back"), longest=400)


class MeetingForm(Form):
    place = Line(_l("Place and time of the meeting"), longest=200)
    erased = BooleanField(_l("Its data are erased, and its accounts and lock are signed out"))


class CodeForm(Form):
    digits = Figures(_l("The buyer's six digits"), [Required()], longest=20)


class CancelForm(VersionForm):
    """The buyer needs no reason; the seller gives one."""

    reason = RadioField(_l("Why do you not sell?"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _named(choices.seller_cancel_reasons())


class ProblemForm(Form):
    reason = RadioField(_l("What is wrong?"), [Required(_l("Please choose what kind of problem it is."))], validate_choice=False)
    text = Paragraph(_l("What do you see, and what was promised?"), [Required()], longest=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _named(choices.buyer_reasons())


class WordsForm(Form):
    """An answer to a case, or what speaks against a cancellation."""

    text = Paragraph(_l("What do you say to it?"), longest=1000)


class ReviewForm(Form):
    """One side's review of the other."""

    stars = RadioField(_l("How did it go?"), [Required(_l("Please choose one to five stars."))], validate_choice=False)
    text = Paragraph(_l("What should others know?"), longest=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stars.choices = [
            ("5", _l("5 stars: very good")),
            ("4", _l("4 stars: good")),
            ("3", _l("3 stars: middling")),
            ("2", _l("2 stars: poor")),
            ("1", _l("1 star: very poor")),
        ]

    @property
    def chosen_stars(self) -> int:
        """0 for what is no number of stars: the verb says so."""
        typed = self.stars.data or ""
        return int(typed) if typed in ("1", "2", "3", "4", "5") else 0


class HideForm(Form):
    """Why the text of a review is hidden."""

    reason = RadioField(
        _l("Why is the text hidden?"), [Required(_l("Please choose why the text is hidden."))], validate_choice=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [(code, _l(words)) for code, words in HIDDEN_WORDS.items()]


class RulingForm(VersionForm):
    ruling = RadioField(_l("Who gets the money?"), [Required(_l("Please choose who gets the money."))], validate_choice=False)
    fault = RadioField(_l("Who caused it?"), [Required(_l("Please choose who caused it."))], validate_choice=False)
    reason_text = Paragraph(_l("Reasons, for both sides"), [Required()], longest=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ruling.choices = [
            ("release", _l("The seller: the sale is completed")),
            ("refund", _l("The buyer: everything goes back")),
        ]
        self.fault.choices = [
            ("seller_fault", _l("The seller")),
            ("buyer_fault", _l("The buyer")),
            ("none", _l("Nobody, or it cannot be known")),
        ]


class StopForm(Form):
    """An operator ends an order before the thing is sent."""

    order_code = Line(_l("Order number"), [Required()], longest=60)
    reason = Paragraph(_l("Reason, for both sides"), [Required()], longest=500)


class RefundForm(Form):
    """An operator gives the buyer of a completed sale money back. What went back before is the one that was looked at."""

    amount = Yuan(_l("How much goes back to the buyer?"), [Required()])
    reason = Paragraph(_l("Reason, for both sides"), [Required()], longest=500)
    refunded_fen = Whole(_l("Went back before"), least=0, most=99_999_999_999, widget=HiddenInput())

    def show_refunded(self, fen: int) -> None:
        """The hidden amount is always the one that the page shows, also after a refusal."""
        self.refunded_fen.raw_data, self.refunded_fen.data = None, fen


class OfferForm(DeliveryForm):
    """A first offer, with how the thing would come."""

    price = Yuan(_l("What do you offer?"))
    further = SelectMultipleField(
        _l("Together with"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
        choices=(),
    )


class CounterForm(VersionForm):
    """Another price."""

    price = Yuan(_l("Your price"))


class FloorForm(Form):
    """A seller's lowest price; empty for none."""

    floor = Yuan(_l("Your lowest price"))


class ChangeForm(Form):
    """What costs more on site. The verb looks at all the fields and names everything that is wrong at once."""

    reason = RadioField(_l("What is not as it was said?"), validate_choice=False)
    words = Line(_l("What exactly?"), longest=300)
    amount = Yuan(_l("How much more does it cost?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [(code, _l(words)) for code, words in CHANGE_REASONS.items()]


class CheckForm(Form):
    """What the buyer compared, line by line: ``of`` makes the form of one order's checklist."""

    rest = BooleanField(_l("Everything that I have not marked is as described"))

    @classmethod
    def of(cls, lines: Sequence[Any]) -> CheckForm:
        """A form with four fields for every line (``trades.queries.checking.Ask``), named by its number."""
        fields: dict[str, Any] = {}
        for no, line in enumerate(lines):
            fields[f"answer_{no}"] = RadioField(in_language(line.item.name), validate_choice=False)
            seen = _l("What do you see?")
            fields[f"seen_{no}"] = SelectField(seen, validate_choice=False) if line.others else Figures(seen, longest=40)
            fields[f"words_{no}"] = Line(_l("In your own words"), longest=300)
            fields[f"photo_{no}"] = FileField(_l("Photo of it"))
        made: CheckForm = type("CheckFormOf", (cls,), fields)()
        for no, line in enumerate(lines):
            made[f"answer_{no}"].choices = list(CHECK_WORDS.items())
            if line.others:
                others = [(value, in_language(dict(words))) for value, words in line.others.items()]
                made[f"seen_{no}"].choices = [("", _l("Please choose, or describe it below")), *others]
        return made

    def given(self, no: int) -> tuple[str, str, str, bytes]:
        """Answer, what is seen, words and photo of one line."""
        answer, seen, words, photo = (self[f"{part}_{no}"].data for part in ("answer", "seen", "words", "photo"))
        data = photo.read() if isinstance(photo, FileStorage) and photo.filename else b""
        return answer or ("same" if self.rest.data else ""), seen or "", words or "", data
