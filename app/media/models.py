"""Photos and how much each person has sent today."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, code_column, one_of, pk
from app.kernel.guards import trigger
from app.media.errors import FAILURES

AUDIENCES = ("owner", "parties", "public")
STATES = ("received", "ready", "failed")


class Photo(Base):
    """One photo. ``sha256`` is that of the cleaned zoom file, which reports and listings pin; it never changes once set."""

    __tablename__ = "photo"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    audience: Mapped[str] = mapped_column(Text, default="owner")  # parties: served by the owning room to those concerned
    state: Mapped[str] = mapped_column(Text, default="received")
    width: Mapped[int | None] = mapped_column(BigInt)  # pixels of the zoom file
    height: Mapped[int | None] = mapped_column(BigInt)
    byte_count: Mapped[int] = mapped_column(BigInt)  # of the upload
    sha256: Mapped[str | None] = mapped_column(Text)
    upload_sha256: Mapped[str] = mapped_column(Text)  # of the bytes as they came
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("audience", AUDIENCES),
        one_of("state", STATES),
        one_of("error", FAILURES),
        CheckConstraint("byte_count > 0", name="bytes_positive"),
        CheckConstraint("(state = 'failed') = (error IS NOT NULL)", name="failed_says_why"),
        CheckConstraint(
            "(state = 'ready') = (sha256 IS NOT NULL AND width IS NOT NULL AND height IS NOT NULL)", name="ready_is_whole"
        ),
        CheckConstraint("audience <> 'public' OR state = 'ready'", name="public_is_ready"),
        Index("ix_photo_owner_id", "owner_id", "id"),
        Index("ix_photo_upload_sha256", "upload_sha256"),
    )

    @property
    def sentence(self) -> str:
        """Why it failed, as a message to translate; empty when it has not."""
        return failure_sentence(self.error)


def failure_sentence(error: str | None) -> str:
    """The message of a failure's code; empty without one."""
    return FAILURES[error] if error else ""


class UploadDay(Base):
    """What one person has sent on one Shanghai day; deleted photos still count, so deleting is no way round the limit."""

    __tablename__ = "upload_day"

    id: Mapped[int] = pk()
    owner_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    sent_on: Mapped[date] = mapped_column(Day)
    photos: Mapped[int] = mapped_column(BigInt)
    byte_count: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (Index("uq_upload_day", "owner_id", "sent_on", unique=True),)


_FIXED = ("code", "owner_id", "byte_count", "upload_sha256", "created_at")
_SETTLED = ("state", "sha256", "width", "height", "error")


def _changed(columns: tuple[str, ...], word: str) -> str:
    return " OR ".join(f"NEW.{column} {word} OLD.{column}" for column in columns)


trigger(
    "tr_photo_settled_is_fixed",
    "photo",
    sqlite="CREATE TRIGGER tr_photo_settled_is_fixed BEFORE UPDATE ON photo "
    f"WHEN {_changed(_FIXED, 'IS NOT')} OR (OLD.state <> 'received' AND ({_changed(_SETTLED, 'IS NOT')})) "
    "BEGIN SELECT RAISE(ABORT, 'a settled photo does not change'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION photo_settled_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_changed(_FIXED, 'IS DISTINCT FROM')} "
        f"OR (OLD.state <> 'received' AND ({_changed(_SETTLED, 'IS DISTINCT FROM')})) THEN "
        "RAISE EXCEPTION 'a settled photo does not change' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_photo_settled_is_fixed BEFORE UPDATE ON photo FOR EACH ROW EXECUTE FUNCTION photo_settled_is_fixed()",
    ),
)
trigger(
    "tr_photo_shared_stays",
    "photo",
    sqlite="CREATE TRIGGER tr_photo_shared_stays BEFORE DELETE ON photo WHEN OLD.audience <> 'owner' "
    "BEGIN SELECT RAISE(ABORT, 'a shared photo stays'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION photo_shared_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.audience <> 'owner' THEN "
        "RAISE EXCEPTION 'a shared photo stays' USING ERRCODE = '23514'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER tr_photo_shared_stays BEFORE DELETE ON photo FOR EACH ROW EXECUTE FUNCTION photo_shared_stays()",
    ),
)
