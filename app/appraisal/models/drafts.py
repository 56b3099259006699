"""Frozen drafts of reports, and the signatures over their bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, trigger

APPRAISER, REVIEWER, OPERATOR = "appraiser", "reviewer", "operator"
ROLES = (APPRAISER, REVIEWER, OPERATOR)


class ReportDraft(Base):
    """What will be signed, byte for byte. A draft that is taken back stays as it was; the next one is a new row."""

    __tablename__ = "report_draft"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()  # also the number of the report that it becomes
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    appraiser_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # the senior who also signs
    content: Mapped[Any] = mapped_column(JsonText)  # RFC 8785 text: these bytes are signed
    sha256: Mapped[str] = mapped_column(Text, unique=True)  # of that text
    findings_rev: Mapped[int] = mapped_column(BigInt)
    frozen_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("reviewer_id <> appraiser_id", name="reviewer_is_another"),
        Index("ix_report_draft_appraisal_id", "appraisal_id", "id"),
    )


class ReportSignature(Base):
    """One signature over a draft. The database asks that the key is that of the person, and not revoked."""

    __tablename__ = "report_signature"

    id: Mapped[int] = pk()
    draft_id: Mapped[int] = mapped_column(ForeignKey("report_draft.id"))
    role: Mapped[str] = mapped_column(Text)
    key_id: Mapped[int] = mapped_column(ForeignKey("signing_key.id"))
    value: Mapped[str] = mapped_column(Text)  # 64 bytes as 128 hexadecimal digits
    received_at: Mapped[datetime] = mapped_column(Instant)  # by our clock

    __table_args__ = (
        UniqueConstraint("draft_id", "role"),
        one_of("role", ROLES),
        CheckConstraint("length(value) = 128", name="value_length"),
    )


append_only(ReportDraft)
append_only(ReportSignature)

_FITTING = (
    "SELECT 1 FROM report_draft d, signing_key k WHERE d.id = NEW.draft_id AND k.id = NEW.key_id AND "
    "((NEW.role = 'appraiser' AND k.holder_id = d.appraiser_id) OR (NEW.role = 'reviewer' AND k.holder_id = d.reviewer_id) "
    "OR (NEW.role = 'operator' AND k.holder_id IS NULL)) "
    "AND NOT EXISTS (SELECT 1 FROM key_revocation r WHERE r.key_id = k.id)"
)
trigger(
    "tr_report_signature_own_key",
    "report_signature",
    sqlite=f"CREATE TRIGGER tr_report_signature_own_key BEFORE INSERT ON report_signature WHEN NOT EXISTS ({_FITTING}) "
    "BEGIN SELECT RAISE(ABORT, 'sealed: a signature needs the own, unrevoked key of its person'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION report_signature_own_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NOT EXISTS ({_FITTING}) THEN "
        "RAISE EXCEPTION 'sealed: a signature needs the own, unrevoked key of its person' USING ERRCODE = '23514'; "
        "END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_report_signature_own_key BEFORE INSERT ON report_signature "
        "FOR EACH ROW EXECUTE FUNCTION report_signature_own_key()",
    ),
)
