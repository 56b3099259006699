"""Forms of sign-in, registration and the account page. Passwords are never cleaned, cut off or shown again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts.models import LOCALES
from app.accounts.rules import (
    FOUNDED_BY_STAFF,
    LONGEST_EMAIL,
    LONGEST_LABEL,
    LONGEST_ORGANISATION,
    LONGEST_TOKEN_DAYS,
    NOT_AN_EMAIL,
    SCOPES,
    TOKEN_DAYS,
    name_fault,
    normal_email,
    password_fault,
)
from app.accounts.wording import KIND_WORDS, ROLE_WORDS
from app.web.forms import Figures, Form, Line, Paragraph, Required, ValidationError
from app.web.languages import LANGUAGES


class Secret(PasswordField):
    """A password as it was typed: no strip, no normalisation."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, [_Typed()], **kwargs)


class _Typed(Required):
    """Something must be typed; spaces count."""

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data:
            super().__call__(form, field)


def email_field() -> Line:
    return Line(_l("E-mail address"), [Required()], longest=LONGEST_EMAIL)


class SignInForm(Form):
    email = email_field()
    password = Secret(_l("Password"))


class ForgotForm(Form):
    email = email_field()

    def validate_email(self, field: Line) -> None:
        _check_email(field)


class RegisterForm(Form):
    email = email_field()
    display_name = Line(_l("Name that others see"), [Required()], longest=40)
    password = Secret(_l("Password"))

    def validate_email(self, field: Line) -> None:
        _check_email(field)

    def validate_display_name(self, field: Line) -> None:
        fault = name_fault(field.data or "")
        if fault:
            raise ValidationError(_(fault))

    def validate_password(self, field: Secret) -> None:
        _check_new(field, self.email.data or "", self.display_name.data or "")


class ConfirmForm(Form):
    """Confirming in another browser than the one that registered needs the password as well."""

    password = PasswordField(_l("Password"))


class ResetForm(Form):
    """``others``: the person's address and name, which make poor passwords."""

    password = Secret(_l("New password"))

    def __init__(self, *args: Any, others: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = others

    def validate_password(self, field: Secret) -> None:
        _check_new(field, *self.others)


class PasswordForm(Form):
    current = Secret(_l("Present password"))
    new = Secret(_l("New password"))

    def __init__(self, *args: Any, others: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = others

    def validate_new(self, field: Secret) -> None:
        _check_new(field, *self.others)


class TokenForm(Form):
    """A new access token. The password is asked for, because a token is as good as one."""

    label = Line(_l("Name of the program"), [Required()], longest=LONGEST_LABEL)
    scopes = SelectMultipleField(
        _l("What it may do"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False
    )
    days = SelectField(_l("How long it works"))
    password = Secret(_l("Your password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes.choices = [(name, _(sentence)) for name, sentence in SCOPES.items()]
        self.days.choices = [(str(days), _("%(days)s days", days=str(days))) for days in (30, TOKEN_DAYS, LONGEST_TOKEN_DAYS)]


class FoundForm(Form):
    """A new agency or dealer."""

    kind = SelectField(_l("Kind of organisation"))
    name = Line(_l("Full name, as registered"), [Required()], longest=LONGEST_ORGANISATION)
    credit_code = Figures(_l("Unified social credit code"), [Required()], longest=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind, _(KIND_WORDS[kind])) for kind in FOUNDED_BY_STAFF]


class InviteForm(Form):
    """A role for whoever has an e-mail address. ``roles``: those that the reader may give."""

    role = SelectField(_l("Role"))
    email = email_field()

    def __init__(self, *args: Any, roles: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(role, _(ROLE_WORDS[role])) for role in roles]

    def validate_email(self, field: Line) -> None:
        _check_email(field)


class RoleEndForm(Form):
    """A role ends. Whoever takes it from somebody else says why."""

    reason = Paragraph(_l("Reason"), longest=500)

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs_reason = needs_reason

    def validate_reason(self, field: Paragraph) -> None:
        if self.needs_reason and len((field.data or "").strip()) < 2:
            raise ValidationError(_("Please give the reason in 2 to 500 characters. The person reads it."))


class PlainForm(Form):
    """Nothing but the button."""


class LocaleForm(Form):
    locale = SelectField(_l("Language of mails"), choices={locale: LANGUAGES[locale] for locale in LOCALES})


def _check_email(field: Line) -> None:
    try:
        normal_email(field.data or "")
    except ValueError:
        raise ValidationError(_(NOT_AN_EMAIL)) from None


def _check_new(field: Secret, *others: str) -> None:
    fault = password_fault(field.data or "", *others)
    if fault:
        raise ValidationError(_(fault))
