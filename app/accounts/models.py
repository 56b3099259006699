"""Tables of people, organisations and sign-in.

Separation of duties holds in the database: a membership names its organisation's kind and its user's duty through composite
foreign keys, so that no statement, whoever sends it, can make one person an appraiser and an officer. SQLite connections may
have foreign keys switched off, so there the same rules are triggers as well.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.states import INVITATION_FLOW
from app.kernel.db import Base, BigInt, Day, Flag, Instant, JsonText, code_column, one_of, pk
from app.kernel.flow import Machine
from app.kernel.guards import trigger

ORGANISATION_KINDS = ("agency", "dealer", "regulator", "operator")
ROLES = ("appraiser", "manager", "dealer", "officer", "operator")
DUTIES = ("appraisal", "oversight")
KIND_OF_ROLE = {"appraiser": "agency", "manager": "agency", "dealer": "dealer", "officer": "regulator", "operator": "operator"}
DUTY_OF_ROLE = {"appraiser": "appraisal", "officer": "oversight"}
LOCALES = ("zh_CN", "en")
ROLE_FITS_KIND = (
    "(role IN ('appraiser', 'manager') AND org_kind = 'agency') OR (role = 'dealer' AND org_kind = 'dealer') "
    "OR (role = 'officer' AND org_kind = 'regulator') OR (role = 'operator' AND org_kind = 'operator')"
)
ATTEMPT_KINDS = ("sign_in", "register", "reset")


class User(Base):
    """A person with an account. Other people see ``display_name`` and ``code``, never the e-mail address."""

    __tablename__ = "app_user"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    email: Mapped[str] = mapped_column(Text, unique=True)  # lower case
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id, encoded form
    auth_epoch: Mapped[int] = mapped_column(BigInt, default=1)  # one more ends every session of the person
    locale: Mapped[str] = mapped_column(Text, default="zh_CN")  # language of mails
    duty: Mapped[str | None] = mapped_column(Text)  # set with the first membership that carries a duty; never changes side
    verified_at: Mapped[datetime | None] = mapped_column(Instant)  # the address answered
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("id", "duty"),
        CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email_form"),
        CheckConstraint("length(display_name) BETWEEN 1 AND 40", name="display_name_length"),
        CheckConstraint("auth_epoch >= 1", name="auth_epoch_positive"),
        one_of("locale", LOCALES),
        one_of("duty", DUTIES),
    )


class Organisation(Base):
    """An appraisal agency, a dealer, a regulator, or the operator of the marketplace.

    ``credit_code``: its unified social credit code (GB 32100-2015), by which it is the same everywhere and only once here.
    """

    __tablename__ = "organisation"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    credit_code: Mapped[str | None] = mapped_column(Text)  # empty only for those of the demo
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("id", "kind"),
        one_of("kind", ORGANISATION_KINDS),
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name_length"),
        Index("uq_organisation_credit_code", "credit_code", unique=True),
    )


class Membership(Base):
    """A person's role in an organisation, from ``since_at`` until ``until_at`` (empty: still)."""

    __tablename__ = "membership"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[int] = mapped_column(BigInt)
    org_kind: Mapped[str] = mapped_column(Text)  # the organisation's kind, held by the composite key
    role: Mapped[str] = mapped_column(Text)
    duty: Mapped[str | None] = mapped_column(Text)  # the user's duty, held by the composite key
    since_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        ForeignKeyConstraint(["user_id", "duty"], ["app_user.id", "app_user.duty"]),
        one_of("role", ROLES),
        CheckConstraint(ROLE_FITS_KIND, name="role_fits_kind"),
        # "IS NOT NULL" is needed: a CHECK that gives NULL passes.
        CheckConstraint(
            "(role = 'appraiser' AND duty IS NOT NULL AND duty = 'appraisal') "
            "OR (role = 'officer' AND duty IS NOT NULL AND duty = 'oversight') "
            "OR (role NOT IN ('appraiser', 'officer') AND duty IS NULL)",
            name="duty_fits_role",
        ),
        CheckConstraint("until_at IS NULL OR until_at >= since_at", name="until_after_since"),
        Index(
            "uq_membership_active",
            "user_id",
            "organisation_id",
            "role",
            unique=True,
            sqlite_where=text("until_at IS NULL"),
            postgresql_where=text("until_at IS NULL"),
        ),
        Index("ix_membership_organisation", "organisation_id", "role"),
    )


class Invitation(Machine, Base):
    """Somebody is asked, by mail, to take a role in an organisation. Who has the address decides; nobody learns whether it has
    an account here before they have."""

    __tablename__ = "invitation"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    organisation_id: Mapped[int] = mapped_column(BigInt)
    org_kind: Mapped[str] = mapped_column(Text)  # the organisation's kind, held by the composite key
    role: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)  # lower case; forgotten when the invitation has ended
    locale: Mapped[str] = mapped_column(Text)  # of the mail, where the address has no account
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # who accepted or declined
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "org_kind"], ["organisation.id", "organisation.kind"]),
        one_of("state", INVITATION_FLOW.states),
        one_of("role", ROLES),
        one_of("locale", LOCALES),
        CheckConstraint(ROLE_FITS_KIND, name="role_fits_kind"),
        CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email_form"),
        CheckConstraint("state <> 'open' OR email IS NOT NULL", name="goes_somewhere"),
        CheckConstraint("expires_at > created_at", name="expires_after_created"),
        CheckConstraint("state NOT IN ('accepted', 'declined') OR user_id IS NOT NULL", name="answered_by_somebody"),
        Index(
            "uq_invitation_open",
            "organisation_id",
            "role",
            "email",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_invitation_email", "email"),
    )


def _hold_duties_apart_on_sqlite() -> None:
    """The composite keys once more as triggers: they hold on connections that did not switch foreign keys on."""
    same_user = "SELECT 1 FROM app_user AS u WHERE u.id = NEW.user_id AND u.duty = NEW.duty"
    same_kind = "SELECT 1 FROM organisation AS o WHERE o.id = NEW.organisation_id AND o.kind = NEW.org_kind"
    rules = {
        "membership": f"(NEW.duty IS NOT NULL AND NOT EXISTS ({same_user})) OR NOT EXISTS ({same_kind})",
        "app_user": "EXISTS (SELECT 1 FROM membership WHERE membership.user_id = NEW.id "
        "AND membership.duty IS NOT NULL AND membership.duty IS NOT NEW.duty)",
        "organisation": "EXISTS (SELECT 1 FROM membership WHERE membership.organisation_id = NEW.id "
        "AND membership.org_kind IS NOT NEW.kind)",
    }
    for table, broken in rules.items():
        for verb in ("INSERT", "UPDATE"):
            name = f"tr_{table}_duties_{verb.lower()}"
            trigger(
                name,
                table,
                sqlite=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {broken} "
                "BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END",
            )


_hold_duties_apart_on_sqlite()


class LoginSession(Base):
    """One signed-in browser. The cookie holds the secret, the row only its SHA-256; the row is deleted when it ends."""

    __tablename__ = "login_session"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    sid_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)  # at most five minutes behind the last request
    expires_at: Mapped[datetime] = mapped_column(Instant)
    idle_minutes: Mapped[int] = mapped_column(BigInt)
    auth_epoch: Mapped[int] = mapped_column(BigInt)  # the user's epoch at sign-in
    user_agent: Mapped[str] = mapped_column(Text)  # short words such as "Chrome · Android"
    ip_prefix: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_login_session_user", "user_id"),
        CheckConstraint("idle_minutes > 0 AND expires_at > created_at", name="limits"),
    )


class ApiToken(Base):
    """What a program of the person sends instead of a password. Only the SHA-256 of the secret is kept.

    It ends with ``expires_at``, with ``revoked_at``, and when the person's password or roles change.
    """

    __tablename__ = "api_token"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    secret_hash: Mapped[str] = mapped_column(Text, unique=True)
    hint: Mapped[str] = mapped_column(Text)  # the last letters of the secret: to know it again in a program's settings
    label: Mapped[str] = mapped_column(Text)  # what the person calls it
    scopes: Mapped[Any] = mapped_column(JsonText)  # a list of names of rules.SCOPES
    auth_epoch: Mapped[int] = mapped_column(BigInt)  # the user's epoch when it was issued
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    last_used_on: Mapped[date | None] = mapped_column(Day)  # Shanghai day, noted at most once a day

    __table_args__ = (
        CheckConstraint("length(label) BETWEEN 1 AND 60", name="label_length"),
        CheckConstraint("length(secret_hash) = 64", name="secret_hash_length"),
        CheckConstraint("expires_at > created_at", name="expires_after_created"),
        Index("ix_api_token_user", "user_id"),
    )


class Registration(Base):
    """Somebody typed this address; it becomes a user when the mail's link is confirmed."""

    __tablename__ = "registration"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    email: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (one_of("locale", LOCALES),)


class PasswordReset(Base):
    """Somebody asked for a new password. ``user_id`` is empty when the address has no account (nothing is sent then)."""

    __tablename__ = "password_reset"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class LoginAttempt(Base):
    """A try that is counted for limits. ``account`` is a keyed hash of the address, so unknown addresses are not collected."""

    __tablename__ = "login_attempt"

    id: Mapped[int] = pk()
    kind: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    ip_prefix: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    succeeded: Mapped[bool] = mapped_column(Flag, default=False)

    __table_args__ = (
        one_of("kind", ATTEMPT_KINDS),
        Index("ix_login_attempt_at", "kind", "at"),
        Index("ix_login_attempt_account", "kind", "account", "at"),
        Index("ix_login_attempt_ip_prefix", "kind", "ip_prefix", "at"),
    )
