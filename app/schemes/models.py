"""Proposed and approved revisions, and what agencies read in the text of a standard. Nothing here is ever changed.

Two people for every revision and for every confirmed item, revisions without gaps and never from a day that has begun: the
database refuses everything else.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, JsonText, code_column, one_of, pk
from app.kernel.guards import append_only, trigger

LARGEST_FILE = 300_000  # characters; the largest scheme of the package has 55,000
APPROVED, REFUSED, WITHDRAWN = "approved", "refused", "withdrawn"
CONFIRMED, CORRECTED = "confirmed", "corrected"
AGREED, DISAGREED = "agreed", "disagreed"

_SAME = ("scheme_id", "category", "no", "sha256", "effective_on", "proposed_by")


class SchemeProposal(Base):
    """A corrected file as it was uploaded: the next revision of a scheme, with its first day and the reason."""

    __tablename__ = "scheme_proposal"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    scheme_id: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)  # of the scheme
    no: Mapped[int] = mapped_column(BigInt)  # 2 for r2
    sha256: Mapped[str] = mapped_column(Text)  # of the file's bytes
    effective_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)  # UTF-8 text, byte for byte
    proposed_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    proposed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("id", *_SAME, name="uq_scheme_proposal_as_decided"),
        CheckConstraint("no >= 2", name="first_is_in_the_package"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(reason) BETWEEN 5 AND 500", name="reason_given"),
        CheckConstraint(f"length(file) BETWEEN 1 AND {LARGEST_FILE}", name="file_length"),
    )

    @property
    def revision(self) -> str:
        return f"r{self.no}"

    @property
    def reference(self) -> str:
        return f"{self.scheme_id}/{self.revision}"


append_only(SchemeProposal)


class SchemeDecision(Base):
    """What became of a proposal. An approved one is a published revision for good: ``published_no`` is its number.

    The columns of the proposal are repeated, and tied to it by a key, so that the database itself can see two persons, no gap,
    no day that has begun.
    """

    __tablename__ = "scheme_decision"

    id: Mapped[int] = pk()
    proposal_id: Mapped[int] = mapped_column(BigInt, unique=True)
    scheme_id: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    no: Mapped[int] = mapped_column(BigInt)
    sha256: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date] = mapped_column(Day)
    proposed_by: Mapped[int] = mapped_column(BigInt)
    decision: Mapped[str] = mapped_column(Text)
    published_no: Mapped[int | None] = mapped_column(BigInt)
    reason: Mapped[str] = mapped_column(Text)  # of a refusal; "" for an approval
    decided_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime] = mapped_column(Instant)
    decided_on: Mapped[date] = mapped_column(Day)  # the day of it in Shanghai

    __table_args__ = (
        ForeignKeyConstraint(
            ["proposal_id", *_SAME],
            ["scheme_proposal.id", *(f"scheme_proposal.{name}" for name in _SAME)],
            name="fk_scheme_decision_of_proposal",
        ),
        UniqueConstraint("scheme_id", "published_no"),
        one_of("decision", (APPROVED, REFUSED, WITHDRAWN)),
        CheckConstraint("(decision = 'approved') = (published_no IS NOT NULL)", name="published_when_approved"),
        CheckConstraint("published_no IS NULL OR published_no = no", name="published_as_proposed"),
        CheckConstraint("decision <> 'approved' OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("decision <> 'withdrawn' OR decided_by = proposed_by", name="withdrawn_by_its_proposer"),
        CheckConstraint("decision <> 'approved' OR effective_on > decided_on", name="begins_later"),
        CheckConstraint("decision <> 'refused' OR length(reason) BETWEEN 5 AND 500", name="refusal_has_reason"),
        Index("ix_scheme_decision_in_force", "category", "effective_on"),
    )


append_only(SchemeDecision)

_BEFORE = "SELECT 1 FROM scheme_decision d WHERE d.scheme_id = NEW.scheme_id AND d.published_no IS NOT NULL"
_LATER = "(d.published_no >= NEW.published_no OR d.effective_on >= NEW.effective_on)"
_OUT_OF_ORDER = (
    f"NEW.published_no IS NOT NULL AND (EXISTS ({_BEFORE} AND {_LATER})"
    f" OR (EXISTS ({_BEFORE}) AND NOT EXISTS ({_BEFORE} AND d.published_no = NEW.published_no - 1)))"
)
_IN_ORDER = "revisions of a scheme have no gaps, and each begins on a later day"
trigger(
    "tr_scheme_decision_in_order",
    "scheme_decision",
    sqlite=f"CREATE TRIGGER tr_scheme_decision_in_order BEFORE INSERT ON scheme_decision WHEN {_OUT_OF_ORDER} "
    f"BEGIN SELECT RAISE(ABORT, '{_IN_ORDER}'); END",
    postgresql=(
        "CREATE OR REPLACE FUNCTION scheme_decision_in_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_OUT_OF_ORDER} THEN RAISE EXCEPTION '{_IN_ORDER}' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER tr_scheme_decision_in_order BEFORE INSERT ON scheme_decision "
        "FOR EACH ROW EXECUTE FUNCTION scheme_decision_in_order()",
    ),
)


class SchemeReading(Base):
    """What one person of an agency read about an item in the text of the standard, and on which page.

    ``asked`` is what the scheme says (name and points by answer), ``found`` the points that the text has, ``words`` what else
    is different there. It counts once somebody else of the agency has looked it up again (``SchemeReadingCheck``).
    """

    __tablename__ = "scheme_reading"

    id: Mapped[int] = pk()
    code: Mapped[str] = code_column()
    scheme_id: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)  # of the revision that was compared
    item_code: Mapped[str] = mapped_column(Text)
    name: Mapped[Any] = mapped_column(JsonText)  # {"zh", "en"} as the scheme has it
    asked: Mapped[Any] = mapped_column(JsonText)  # answer -> points as the scheme has them
    found: Mapped[Any] = mapped_column(JsonText)  # answer -> points as the text has them
    words: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(Text)  # page or table of the standard
    read_on: Mapped[date] = mapped_column(Day)
    agency_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reader_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("id", "agency_id", "reader_id"),
        one_of("verdict", (CONFIRMED, CORRECTED)),
        CheckConstraint("(verdict = 'confirmed') = (found = asked AND words = '')", name="verdict_follows"),
        CheckConstraint("length(page) BETWEEN 1 AND 40", name="page_given"),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        CheckConstraint("length(words) <= 500", name="words_length"),
        Index("ix_scheme_reading_item", "scheme_id", "item_code"),
    )


append_only(SchemeReading)


class SchemeReadingCheck(Base):
    """The second person of the agency: looked it up again and found the same, or not."""

    __tablename__ = "scheme_reading_check"

    id: Mapped[int] = pk()
    reading_id: Mapped[int] = mapped_column(BigInt, unique=True)
    agency_id: Mapped[int] = mapped_column(BigInt)
    reader_id: Mapped[int] = mapped_column(BigInt)
    checker_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    verdict: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)  # why not; "" when agreed
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(
            ["reading_id", "agency_id", "reader_id"],
            ["scheme_reading.id", "scheme_reading.agency_id", "scheme_reading.reader_id"],
            name="fk_scheme_reading_check_of_reading",
        ),
        one_of("verdict", (AGREED, DISAGREED)),
        CheckConstraint("checker_id <> reader_id", name="two_people"),
        CheckConstraint("verdict = 'agreed' OR length(note) BETWEEN 3 AND 500", name="says_why_not"),
    )


append_only(SchemeReadingCheck)
