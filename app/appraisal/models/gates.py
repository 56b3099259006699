"""What stands between an inspection and a report of a thing that stores data: proof of erasure, its re-check, the seal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only

PASSED, FAILED = "passed", "failed"
OUTCOMES = (PASSED, FAILED)


class ErasureCertificate(Base):
    """Proof that a thing's data were erased: every field that the scheme asks for, canonical, with its SHA-256.

    A thing that is erased again gets a new certificate; the newest one counts.
    """

    __tablename__ = "erasure_certificate"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)
    operator_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[Any] = mapped_column(JsonText)  # RFC 8785 text of the whole certificate
    sha256: Mapped[str] = mapped_column(Text)  # of that text

    __table_args__ = (UniqueConstraint("appraisal_id", "no"), CheckConstraint("length(sha256) = 64", name="sha256_length"))


class ErasureCheck(Base):
    """A second person looked whether the data are really gone."""

    __tablename__ = "erasure_check"

    id: Mapped[int] = pk()
    certificate_id: Mapped[int] = mapped_column(ForeignKey("erasure_certificate.id"))
    operator_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))  # who had erased
    checker_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    checked_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)  # what was done, in a few words

    __table_args__ = (
        one_of("outcome", OUTCOMES),
        CheckConstraint("checker_id <> operator_id", name="second_person"),
        UniqueConstraint("certificate_id"),
    )


class InspectionSeal(Base):
    """The number of the seal that closes a thing after it was tested and erased."""

    __tablename__ = "inspection_seal"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("erasure_certificate.id"))
    seal_no: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
    sealed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (UniqueConstraint("agency_id", "seal_no"), UniqueConstraint("certificate_id"))


for _model in (ErasureCertificate, ErasureCheck, InspectionSeal):
    append_only(_model)
