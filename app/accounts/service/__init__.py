"""What can be done with accounts. Verbs take ``work`` first and never commit; hash passwords before the transaction."""

from __future__ import annotations

from app.accounts.passwords import hash_password
from app.accounts.service.invitations import accept, decline, invite, on_lapse, withdraw
from app.accounts.service.organisations import (
    add_member,
    appoint,
    create_organisation,
    dismiss,
    end_member,
    found_organisation,
    take_role_away,
)
from app.accounts.service.passwords import change_password, renew_hash, request_reset, reset_password, reset_token
from app.accounts.service.people import (
    choose_locale,
    confirm_registration,
    create_user,
    registration_token,
    request_registration,
)
from app.accounts.service.sessions import (
    NewSession,
    end_by_secret,
    end_other_sessions,
    end_session,
    start_session,
    touch_session,
)

__all__ = [
    "NewSession",
    "accept",
    "add_member",
    "appoint",
    "change_password",
    "choose_locale",
    "confirm_registration",
    "create_organisation",
    "create_user",
    "decline",
    "dismiss",
    "end_by_secret",
    "end_member",
    "end_other_sessions",
    "end_session",
    "found_organisation",
    "hash_password",
    "invite",
    "on_lapse",
    "registration_token",
    "renew_hash",
    "request_registration",
    "request_reset",
    "reset_password",
    "reset_token",
    "start_session",
    "take_role_away",
    "touch_session",
    "withdraw",
]
