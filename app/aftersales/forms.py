"""What buyers, sellers and arbitrators type about claims. Rules about the values lie in the verbs; here is only their reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, MultipleFileField, RadioField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from app.aftersales.rules import LONGEST, LONGEST_REASONS, MOST_ITEMS, NOT_AS_DESCRIBED, REASONS, Item
from app.aftersales.states import PARTIAL, RETURN
from app.aftersales.wording import FAULT_WORDS, NOTHING_WORDS, REMEDY_WORDS
from app.trades.models import OrderCheckLine
from app.trades.queries import carriers
from app.web.forms import Figures, Form, Line, Paragraph, Required, Whole, Yuan
from app.web.rendering import in_language

NOTHING = "nothing"  # an answer of its own: an empty form decides nothing


def _ticks(label: Any) -> SelectMultipleField:
    return SelectMultipleField(
        label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False, choices=()
    )


class ClaimForm(Form):
    """The buyer points at items and shows what arrived."""

    reason = RadioField(_l("What is wrong?"), [Required(_l("Please choose what is wrong."))], validate_choice=False)
    items = _ticks(_l("What differs from what was promised?"))
    text = Paragraph(_l("What do you see, and what was promised?"), [Required()], longest=LONGEST)
    photos = MultipleFileField(_l("Photos"))
    remedy = RadioField(_l("What do you ask for?"), [Required(_l("Please choose what you ask for."))], validate_choice=False)
    amount = Yuan(_l("How much of the price do you ask back?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [(code, _(words)) for code, words in REASONS.items()]
        self.remedy.choices = [(code, _(REMEDY_WORDS[code])) for code in (PARTIAL, RETURN)]

    def show_items(self, items: Iterable[Item]) -> None:
        self.items.choices = [
            (item.key, _("%(name)s: %(promised)s", name=in_language(item.name), promised=in_language(item.promised)))
            for item in items
        ]

    def fill_in(self, differing: Sequence[OrderCheckLine]) -> None:
        """What the buyer's list at delivery found otherwise: its items, and a text that the buyer can change."""
        if not differing:
            return
        self.items.data = [line.item_key for line in differing][:MOST_ITEMS]
        self.reason.data = NOT_AS_DESCRIBED
        told = [
            _(
                "%(name)s: promised “%(promised)s”, seen “%(seen)s”",
                name=in_language(line.name),
                promised=in_language(line.promised),
                seen=_(", ").join(part for part in (in_language(line.seen) if line.seen else "", line.words) if part),
            )
            for line in differing
        ]
        self.text.data = "\n".join(told)[:LONGEST]

    def only(self, remedies: Iterable[str]) -> None:
        """The remedies that this order can have."""
        self.remedy.choices = [choice for choice in self.remedy.choices if choice[0] in set(remedies)]

    @property
    def files(self) -> list[FileStorage]:
        """The photos that were chosen; a browser sends an empty part when there are none."""
        return [file for file in self.photos.data or () if isinstance(file, FileStorage) and file.filename]


class StepForm(Form):
    """A step that must not be taken on an old page: it carries the claim's version."""

    expected_version = Whole(_l("Version"), widget=HiddenInput())

    @property
    def version(self) -> int:
        """The version that the page was made from; -1 (never right) when the field is missing or was tampered with."""
        return -1 if self.expected_version.data is None else int(self.expected_version.data)

    def show_version(self, version: int) -> None:
        self.expected_version.raw_data, self.expected_version.data = None, version


class WordsForm(StepForm):
    """Reasons of a refusal."""

    words = Paragraph(_l("Your reasons, for the other side and for an arbitrator"), longest=LONGEST)


class ProposalForm(WordsForm):
    """What a side proposes."""

    remedy = RadioField(_l("What do you propose?"), validate_choice=False)
    amount = Yuan(_l("How much of the price goes back?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remedy.choices = [(code, _(REMEDY_WORDS[code])) for code in (PARTIAL, RETURN)]

    def only(self, remedies: Iterable[str]) -> None:
        self.remedy.choices = [choice for choice in self.remedy.choices if choice[0] in set(remedies)]


class AddressForm(StepForm):
    """Where the thing goes back to. The verb looks at all the fields and names everything that is wrong at once."""

    name = Line(_l("Who receives the parcel"), longest=100)
    phone = Figures(_l("Phone number for the carrier"), longest=40)
    address = Paragraph(_l("Address for sending it back"), longest=400)


class SendForm(StepForm):
    """With which parcel."""

    carrier = SelectField(_l("Carrier"), validate_choice=False)
    tracking_no = Figures(_l("Tracking number"), longest=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carrier.choices = [
            ("", _l("Please choose the carrier.")),
            *((each.code, in_language({str(language): name for language, name in each.name.items()})) for each in carriers()),
        ]


class NothingForm(StepForm):
    """The seller has got no parcel."""

    words = Paragraph(_l("Where did you look and ask?"), longest=LONGEST)


class ReceiveForm(StepForm):
    """What the seller reads off the thing that came back."""

    number = Figures(_l("Number on the item"), longest=60)
    seal_no = Figures(_l("Number on the seal"), longest=60)
    is_altered = BooleanField(_l("It is not as it was when I sent it"))
    words = Paragraph(_l("What is altered?"), longest=LONGEST)


class AppealForm(StepForm):
    """Why another arbitrator shall decide."""

    words = Paragraph(_l("What is wrong with the ruling?"), longest=LONGEST)


class PassForm(StepForm):
    reason = Paragraph(_l("Why can you not decide it?"), longest=500)


class RulingForm(StepForm):
    """A ruling with its reasons. What can be named is set from what lies before the arbitrator."""

    remedy = RadioField(_l("What does the buyer get?"), validate_choice=False)
    amount = Yuan(_l("How much of the price goes back?"))
    fault = RadioField(_l("Who caused it?"), validate_choice=False)
    clauses = _ticks(_l("On which rules does it rest?"))
    evidence = _ticks(_l("On which evidence?"))
    reasons = Paragraph(_l("The reasons, for both sides"), longest=LONGEST_REASONS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fault.choices = [(code, _(words)) for code, words in FAULT_WORDS.items()]

    def show(self, remedies: Iterable[str], clauses: Iterable[tuple[str, str]], evidence: Iterable[tuple[str, str]]) -> None:
        """What this ruling can give and name: (value, words)."""
        words = {**REMEDY_WORDS, NOTHING: NOTHING_WORDS}
        self.remedy.choices = [(code, _(words[code])) for code in (*remedies, NOTHING)]
        self.clauses.choices, self.evidence.choices = list(clauses), list(evidence)
