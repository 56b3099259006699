"""Pure rules of accounts: addresses, passwords, limits of sessions, what is kept about a browser."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from email_validator import EmailNotValidError, validate_email

from app.kernel.text import N_

SHORTEST, LONGEST = 8, 128  # code points of a password
LONGEST_NAME = 40  # code points of a display name
LONGEST_EMAIL = 254  # characters, RFC 5321

REGISTRATION_LIFE = timedelta(hours=24)
RESET_LIFE = timedelta(minutes=30)
INVITATION_LIFE = timedelta(days=14)  # our own choice
INVITATIONS_PER_DAY = 30  # of one organisation; our own choice
LONGEST_ORGANISATION = 80  # code points of an organisation's name
TOUCH_EVERY = timedelta(minutes=5)

# What a program may be allowed to do: the name in a token, and the sentence for the person who allows it.
SCOPES = {
    "listings:read": N_("See your own listings and drafts"),
    "listings:write": N_("Create, change, publish and withdraw your listings, and send photos"),
    "appraisals:read": N_("See your appraisals and those of your agency"),
    "appraisals:write": N_("Request, accept, carry out and sign appraisals in your name"),
    "orders:read": N_("See what you bought and sold, with addresses and meeting codes"),
    "orders:write": N_("Buy, ship, hand over, accept and report problems in your name"),
    "payments:read": N_("See your payments and your money"),
    "payments:write": N_("Pay for your orders"),
    "records:read": N_("See your own record"),
    "notices:read": N_("See your notices"),
    "notices:write": N_("Mark your notices as read"),
}
# Who may offer and take away a role. The operator looks to it that somebody answers for an agency or a dealer; who works there is
# the house's own matter. Officers are named by officers, the first one by command: the marketplace does not choose its overseers.
NAMED_BY = {
    "manager": ("operator", "manager"),
    "appraiser": ("manager",),
    "dealer": ("operator", "dealer"),
    "officer": ("officer",),
    "operator": ("operator",),
}
FOUNDED_BY_STAFF = ("agency", "dealer")  # a regulator, and the operator itself, by command only
NEVER_EMPTY = ("operator", "officer")  # the last one cannot be sent away or leave by a page

TOKEN_PREFIX = "xunyi_"  # noqa: S105 - by this a leaked token is recognised
LONGEST_LABEL = 60  # code points
MOST_TOKENS = 20  # open at the same time, of one person; our own choice
TOKEN_DAYS = 90  # unless the person chooses otherwise
LONGEST_TOKEN_DAYS = 366
TOKENS_PER_DAY = 20

PRODUCT_NAMES = frozenset({"xunyi", "循易", "xunyiwang", "循易网", "xunyicom"})

TOO_SHORT = N_("Please use at least 8 characters. A sentence that only you know is fine.")
TOO_LONG = N_("Please use at most 128 characters.")
TOO_COMMON = N_("Many people use this password, so it is tried first. Please choose another one.")
TOO_NEAR = N_("Please choose a password that is not your e-mail address or your name.")
UNREADABLE = N_("This password has characters that cannot be used. Please type it again.")
CREDIT_CODE_FAULTS = {  # by the reasons of grading.ids.check_credit_code
    "empty": N_("Please fill this in."),
    "credit_code_form": N_("A unified social credit code has 18 digits and capital letters, without I, O, S, V and Z."),
    "credit_code_digit": N_("The last character does not fit the others. Please compare all 18 with the licence."),
}
NOT_AN_EMAIL = N_("This does not look like an e-mail address.")
NAME_LENGTH = N_("Please use a name of 1 to 40 characters.")
NAME_EMPTY = N_("Please use a name with letters or digits that everybody can see.")
NAME_OFFICIAL = N_("This name could be taken for the marketplace itself. Please choose another one.")

# Words by which swindlers pass themselves off as the marketplace (compared without case, width and spaces).
OFFICIAL_WORDS = ("循易", "xunyi", "官方", "客服", "平台", "管理员", "监管", "admin", "support", "official")


def normal_email(typed: str) -> str:
    """The address as it is stored: lower case, domain in its ASCII form.

    Raises ValueError for anything that is not a plain public address. Nothing is looked up.
    """
    try:
        found = validate_email(typed.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as wrong:
        raise ValueError("not an e-mail address") from wrong
    address = (found.ascii_email or "").lower()
    if not 3 <= len(address) <= LONGEST_EMAIL:
        raise ValueError("not an e-mail address")
    return address


def name_fault(name: str) -> str | None:
    """Why a household cannot be shown under this name (a message to translate), or None."""
    if not 1 <= len(name) <= LONGEST_NAME:
        return NAME_LENGTH
    kinds = {unicodedata.category(letter) for letter in name}
    if "Cf" in kinds or not any(kind[0] in "LN" for kind in kinds):  # Cf: letters that nobody can see
        return NAME_EMPTY
    folded = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    return NAME_OFFICIAL if any(word in folded for word in OFFICIAL_WORDS) else None


def password_fault(password: str, *others: str) -> str | None:
    """Why a new password is refused (a message to translate), or None. ``others``: the person's address and name.

    Length and a list of passwords that are tried first; no rules of composition, nothing is cut off or normalised.
    """
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    try:
        password.encode()
    except UnicodeEncodeError:
        return UNREADABLE
    folded = password.casefold()
    if folded in common_passwords() or re.sub(r"[\W\d_]+", "", folded) in PRODUCT_NAMES or len(set(folded)) < 3:
        return TOO_COMMON
    near = {part.casefold() for other in others for part in (other, other.partition("@")[0]) if part}
    return TOO_NEAR if folded in near else None


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Passwords of at least eight characters that are tried first, casefolded: our own list, see the file's head."""
    lines = (Path(__file__).parent / "common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


def secret_hash(secret: str) -> str:
    """SHA-256 of a cookie or link secret: what the database keeps instead of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def session_limits(*, is_staff: bool) -> tuple[timedelta, timedelta]:
    """How long a session may rest, and how long it may last: 30 minutes and 12 hours for staff, 14 and 30 days otherwise."""
    return (timedelta(minutes=30), timedelta(hours=12)) if is_staff else (timedelta(days=14), timedelta(days=30))


# First match wins: Edge and WeChat also call themselves Chrome, Chrome also calls itself Safari.
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("HuaweiBrowser", "Huawei"),
    ("MiuiBrowser", "Mi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A few words by which a person knows a device again ("Chrome · Android"); empty when nothing is known."""
    named = [next((name for mark, name in table if mark in user_agent[:500]), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(name for name in named if name)
