"""Reads of public keys: a person's own, those that sign now, and the public list by which anybody verifies."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.accounts import queries as accounts
from app.appraisal.models import KeyRevocation, SigningKey
from app.kernel.time import iso_seconds
from app.kernel.work import Work
from grading.report import Key

OPERATOR_HOLDER = "循易演示签名器（平台运营方持有，非鉴定人本人） / Xunyi demo signer, held by the operator"


def key_by_kid(work: Work, kid: str) -> SigningKey | None:
    """The key with this number."""
    return work.session.scalars(select(SigningKey).where(SigningKey.kid == kid)).first()


def revocation_of(work: Work, key_id: int) -> KeyRevocation | None:
    """Why and when the key ended, None while it has not."""
    return work.session.scalars(select(KeyRevocation).where(KeyRevocation.key_id == key_id)).first()


def keys_of(work: Work, user_id: int) -> list[tuple[SigningKey, KeyRevocation | None]]:
    """A person's keys, newest first, each with its revocation."""
    rows = _with_revocations().where(SigningKey.holder_id == user_id).order_by(SigningKey.id.desc())
    return [(key, ended) for key, ended in work.session.execute(rows)]


def keys_that_sign(work: Work, user_ids: Iterable[int]) -> dict[int, list[SigningKey]]:
    """The keys with which each of these people can sign now; people without one are left out."""
    rows = _with_revocations().where(SigningKey.holder_id.in_(list(user_ids)), KeyRevocation.id.is_(None))
    found: dict[int, list[SigningKey]] = {}
    for key, _ended in work.session.execute(rows.order_by(SigningKey.id)):
        if key.holder_id is not None and (key.until_at is None or key.until_at > work.now):
            found.setdefault(key.holder_id, []).append(key)
    return found


def public_keys(work: Work) -> list[Key]:
    """Every key that ever signed here, with its holder: what readers keep to verify reports without us."""
    rows = [(key, ended) for key, ended in work.session.execute(_with_revocations().order_by(SigningKey.id))]
    people = accounts.users_by_id(work, {key.holder_id for key, _ended in rows if key.holder_id is not None})
    found = []
    for key, ended in rows:
        holder = people.get(key.holder_id) if key.holder_id is not None else None
        found.append(
            Key(
                public_key=bytes.fromhex(key.public_key),
                valid_from=iso_seconds(key.registered_at),
                valid_until=iso_seconds(key.until_at) if key.until_at else None,
                holder=holder.display_name if holder else OPERATOR_HOLDER,
                person=holder.code if holder else "operator",
                revoked_at=iso_seconds(ended.revoked_at) if ended else None,
                reason=ended.reason if ended else "",
            )
        )
    return found


def _with_revocations():  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own type of a select of two tables
    return select(SigningKey, KeyRevocation).outerjoin(KeyRevocation, KeyRevocation.key_id == SigningKey.id)
