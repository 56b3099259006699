"""Mails and notices about roles: somebody is invited, joins, declines, leaves. Run after the commit; twice tells once."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.accounts.events import InvitationDeclined, InvitationMade, MemberJoined, MemberLeft
from app.accounts.models import Organisation
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.jobs import place_of
from app.notices.service import GREETING, notify, queue_mail
from app.notices.texts import say

INVITED_SUBJECT = N_("You are invited to a role")
INVITED_BODY = N_(
    "%(inviter)s invites you on Xunyi to the role “%(role)s” at %(organisation)s. Open the link within 14 days, sign in with "
    "this e-mail address (or open an account with it), and accept or decline there. If you do not know the organisation, do "
    "nothing."
)
HELLO = N_("Hello,")
JOINED = N_("%(name)s is now %(role)s at %(organisation)s.")
DECLINED = N_("%(name)s has declined the role “%(role)s” at %(organisation)s.")
LEFT = N_("%(name)s is no longer %(role)s at %(organisation)s.")
SENT_AWAY = N_("You are no longer %(role)s at %(organisation)s. Reason: %(reason)s")
LEFT_SUBJECT = N_("A role of yours has ended")


def mail_invitation(hub: Hub, event: InvitationMade) -> None:
    """Mail the invitation to its address, in the language of its account, else in that of whoever invites."""
    with hub.begin() as work:
        asked = accounts.invitation_by_id(work, event.invitation_id)
        if asked.email is None or asked.expires_at <= work.now:  # without an address it has ended
            return
        known = accounts.find_user_by_email(work, asked.email)
        locale = known.locale if known else asked.locale
        house = accounts.organisation_by_id(work, asked.organisation_id)
        inviter = accounts.user_by_id(work, asked.invited_by_id)
        greeting = say(locale, GREETING, {"name": known.display_name}) if known else say(locale, HELLO)
        words = {
            "inviter": inviter.display_name,
            "role": say(locale, accounts.role_words(asked.role)),
            "organisation": house.name,
        }
        code = new_code()
        queue_mail(
            work,
            key=f"invitation:{asked.code}",
            code=code,
            to_sealed=hub.sealer.seal(asked.email, place_of(code)),
            locale=locale,
            subject=say(locale, INVITED_SUBJECT),
            body=f"{greeting}\n\n{say(locale, INVITED_BODY, words)}",
            link=f"/invitations/{asked.code}",
        )


def tell_declined(hub: Hub, event: InvitationDeclined) -> None:
    """Tell whoever had invited."""
    with hub.begin() as work:
        asked = accounts.invitation_by_id(work, event.invitation_id)
        assert asked.user_id is not None  # who declined
        house = accounts.organisation_by_id(work, asked.organisation_id)
        inviter = accounts.user_by_id(work, asked.invited_by_id)
        _tell(work, inviter.id, DECLINED, asked.user_id, asked.role, house, f"invitation.declined:{asked.code}")


def tell_joined(hub: Hub, event: MemberJoined) -> None:
    """Tell those who may name people for this role in the house."""
    with hub.begin() as work:
        joined = accounts.membership_by_id(work, event.membership_id)
        house = accounts.organisation_by_id(work, joined.organisation_id)
        for reader in accounts.those_who_name(work, house.id, joined.role) - {joined.user_id}:
            _tell(work, reader, JOINED, joined.user_id, joined.role, house, f"member.joined:{joined.code}")


def tell_left(hub: Hub, event: MemberLeft) -> None:
    """Tell the person who was sent away, with the reason, and those who may name people for this role in the house."""
    with hub.begin() as work:
        left = accounts.membership_by_id(work, event.membership_id)
        house = accounts.organisation_by_id(work, left.organisation_id)
        for reader in accounts.those_who_name(work, house.id, left.role) - {left.user_id}:
            _tell(work, reader, LEFT, left.user_id, left.role, house, f"member.left:{left.code}")
        if event.reason:
            person = accounts.user_by_id(work, left.user_id)
            notify(
                work,
                person.id,
                text=SENT_AWAY,
                values={
                    "role": say(person.locale, accounts.role_words(left.role)),
                    "organisation": house.name,
                    "reason": event.reason,
                },
                subject=LEFT_SUBJECT,
                link="/account",
                key=f"member.sent_away:{left.code}",
            )


def _tell(work: Work, reader_id: int, text: str, about_id: int, role: str, house: Organisation, key: str) -> None:
    reader, about = accounts.user_by_id(work, reader_id), accounts.user_by_id(work, about_id)
    words = {"name": about.display_name, "role": say(reader.locale, accounts.role_words(role)), "organisation": house.name}
    notify(work, reader.id, text=text, values=words, link=f"/organisations/{house.code}", key=key, mail=False)
