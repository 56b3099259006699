"""Base of every form: CSRF by Flask-WTF, text cleaned once, errors per field, nothing typed is lost."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length
from wtforms.widgets import DateInput

from app.kernel.errors import DomainError, InvalidInput
from app.kernel.money import MAX_FEN, parse_yuan, yuan_text
from app.kernel.text import N_

_BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
# What programs put around a copied number, nobody sees it; and every kind of space, so that one strip takes both: taking
# them in turns is a round through the whole text for each, minutes for a text made of nothing else.
_MARKS = "".join(chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0x200B, 0x2010), 0xFEFF))
_AROUND = _MARKS + "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
_MOST_MARKS = (
    30  # combining marks on one letter; Unicode's Stream-Safe Text Format (UAX #15) takes this to be more than any script needs
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # the ASCII signs as Chinese keyboards type them
_DAY = re.compile(r"([12][0-9]{3})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?", re.ASCII)
_FULL_WIDTH_DIGITS = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)}


def trimmed(text: str) -> str:
    """Without the spaces and the invisible direction marks around it."""
    return text.strip(_AROUND)


def plain(text: str) -> str:
    """A number or code as it was meant: trimmed, full-width signs as ASCII. Other forms stay (a ² is no 2)."""
    return trimmed(text).translate(_FULL_WIDTH)


def clean(text: str, *, lines: bool = False) -> str:
    """NFC text without the spaces around it; in one line full-width digits become the usual ones.

    Raises ValueError on control characters, lone surrogates, bidirectional controls (they can make a name read as another)
    and heaps of combining marks (they cover the lines around them, and NFC sorts them in the square of their number);
    line breaks are kept only when ``lines`` is set.
    """
    _refuse_heaps(text)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not lines:
        text = text.translate(_FULL_WIDTH_DIGITS)
    for letter in text:
        if letter == "\n" and lines:
            continue
        if letter == "\t":
            continue
        if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") or letter in _BIDI:
            raise ValueError("unusable character")
    return text if lines else " ".join(text.split())


def _refuse_heaps(text: str) -> None:
    marks = 0
    for letter in text:
        if letter < "\u0300" or unicodedata.category(letter)[0] != "M":
            marks = 0
            continue
        marks += 1
        if marks > _MOST_MARKS:
            raise ValueError("unusable heap of marks")


class Required(InputRequired):
    """The field must not be empty; the message says it plainly in the reader's language."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or lazy_gettext("Please fill this in."))

    def __call__(self, form: Any, field: Field) -> None:
        if field.data is None or (isinstance(field.data, str) and not field.data.strip()):
            from wtforms.validators import StopValidation

            if field.errors and any(str(each).strip() for each in field.raw_data or ()):
                raise StopValidation()  # something was typed that could not be read, and that is said already
            field.errors[:] = []
            raise StopValidation(str(self.message))


class _Cleaned:
    lines = False
    data: str | None

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = valuelist[0]
        try:
            self.data = clean(valuelist[0], lines=self.lines)
        except ValueError:
            raise ValueError(gettext("This text has characters that cannot be used here. Please type it again.")) from None


class Line(_Cleaned, StringField):
    """One line of text, at most ``longest`` characters (code points)."""

    def __init__(self, label: Any = None, validators: list[Any] | None = None, *, longest: int = 100, **kwargs: Any) -> None:
        super().__init__(label, [*(validators or []), _longest(longest)], **kwargs)


class Figures(Line):
    """A line for a number or code: a phone number, a tracking number, six digits."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([plain(valuelist[0])] if valuelist else [])


class Paragraph(_Cleaned, TextAreaField):
    """Several lines of text, at most ``longest`` characters."""

    lines = True

    def __init__(self, label: Any = None, validators: list[Any] | None = None, *, longest: int = 2000, **kwargs: Any) -> None:
        super().__init__(label, [*(validators or []), _longest(longest)], **kwargs)


class Yuan(StringField):
    """An amount typed in yuan; ``data`` is fen (int) when it could be read, else None. What was typed is kept."""

    def __init__(
        self, label: Any = None, validators: list[Any] | None = None, *, least: int = 1, most: int = MAX_FEN, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else yuan_text(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        typed = plain(valuelist[0] if valuelist else "")
        if not typed:
            return
        try:
            amount = parse_yuan(typed)
        except ValueError:
            raise ValueError(gettext("Please type the amount in yuan with digits only, for example 2380 or 2380.50.")) from None
        if not self.least <= amount <= self.most:
            raise ValueError(
                gettext(
                    "The amount must be between %(least)s and %(most)s yuan.",
                    least=yuan_text(self.least),
                    most=yuan_text(self.most),
                )
            )
        self.data = amount


class Whole(StringField):
    """A whole number; ``data`` is int when it could be read, else None. What was typed is kept."""

    def __init__(
        self, label: Any = None, validators: list[Any] | None = None, *, least: int = 0, most: int = 2**31, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        typed = plain(valuelist[0] if valuelist else "")
        if not typed:
            return
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 12):
            raise ValueError(gettext("Please type a whole number with digits only."))
        if not self.least <= int(typed) <= self.most:
            raise ValueError(
                gettext("The number must be between %(least)s and %(most)s.", least=str(self.least), most=str(self.most))
            )
        self.data = int(typed)


class Day(StringField):
    """A calendar day, typed as 2026-11-28, 2026/11/28 or 2026年11月28日; ``data`` is a date when it could be read, else None."""

    widget = DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.data.isoformat()

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        typed = plain(valuelist[0] if valuelist else "")
        if not typed:
            return
        found = _DAY.fullmatch(typed)
        try:
            if found is None:
                raise ValueError
            self.data = date(*(int(part) for part in found.groups()))
        except ValueError:
            raise ValueError(gettext("Please type the day as year-month-day, for example 2026-11-28.")) from None


def _longest(most: int) -> Length:
    return Length(max=most, message=lazy_gettext("This is too long: at most %(max)d characters."))


class Form(FlaskForm):
    """Base form. ``take`` puts a verb's InvalidInput beside its fields."""

    class Meta:
        locales = ("zh_CN",)

        @staticmethod
        def get_translations(_form: Any) -> Any:
            return _Messages()

    problems: list[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems = []

    def take(self, refusal: DomainError) -> None:
        """Show a refusal in the form: by field where it names fields, above the form otherwise."""
        if isinstance(refusal, InvalidInput) and refusal.errors:
            for name, message in refusal.errors.items():
                text = gettext(message) % refusal.values
                if name in self._fields:
                    self._fields[name].errors = [*self._fields[name].errors, text]
                else:
                    self.problems.append(text)
        else:
            self.problems.append(gettext(type(refusal).message) % refusal.values)

    @property
    def error_list(self) -> list[tuple[str, str]]:
        """(field id or "", message) in the order of the fields, for the summary above the form."""
        listed = [(field.id, str(message)) for field in self for message in field.errors if not isinstance(message, dict)]
        return [("", problem) for problem in self.problems] + listed


CHOICE_MESSAGE = N_("Please choose one of the answers.")


class _Messages:
    """WTForms' own messages in our words."""

    own = {  # noqa: RUF012 - a constant table
        "Not a valid choice.": CHOICE_MESSAGE,
        "Not a valid choice": CHOICE_MESSAGE,
        "Invalid Choice: could not coerce.": CHOICE_MESSAGE,
        "This field is required.": N_("Please fill this in."),
        "Invalid email address.": N_("This does not look like an e-mail address."),
    }

    def gettext(self, string: str) -> str:
        return gettext(self.own.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)


__all__ = ["Day", "Figures", "Form", "Line", "Paragraph", "Required", "ValidationError", "Whole", "Yuan", "clean"]
