"""What is kept beside the answers of an inspection: who changed what, with which instrument, photos and the marks on them.

The answers themselves stand in ``Appraisal.findings``. Photos, marks and readings follow the inspection: the database takes none
before it has begun or after it has ended.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, BigInt, Day, Instant, JsonText, one_of, pk
from app.kernel.guards import append_only, trigger

HAND, BY_CODE, NO_FINDING, UNDO, PROGRAM, CERTIFICATE = "hand", "code", "no_finding", "undo", "program", "certificate"
HOWS = (HAND, BY_CODE, NO_FINDING, UNDO, PROGRAM, CERTIFICATE)
WHOLE = 1000  # boxes are measured in thousandths of the picture's width and height


class InspectionChange(Base):
    """One save of answers: what each key was before and after. The last change of a key says how its answer came about.

    ``device_key`` is chosen by the device that sends: the same change sent again has no second effect.
    """

    __tablename__ = "inspection_change"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    no: Mapped[int] = mapped_column(BigInt)  # Appraisal.findings_rev after this save
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    how: Mapped[str] = mapped_column(Text)
    device_key: Mapped[str | None] = mapped_column(Text)
    undoes: Mapped[int | None] = mapped_column(BigInt)  # ``no`` of the change that this one takes back
    changes: Mapped[Any] = mapped_column(JsonText)  # key -> [before, after], "" for no answer

    __table_args__ = (
        one_of("how", HOWS),
        CheckConstraint("(how = 'undo') = (undoes IS NOT NULL)", name="undo_names_its_change"),
        UniqueConstraint("appraisal_id", "no"),
        UniqueConstraint("appraisal_id", "device_key"),
        UniqueConstraint("appraisal_id", "undoes"),
    )


append_only(InspectionChange)


class InspectionReading(Base):
    """With what a number was measured: ``key`` is that of an item or fact, or item.measure for what supports a finding."""

    __tablename__ = "inspection_reading"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    key: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)  # the number as it was kept
    instrument: Mapped[str] = mapped_column(Text)  # number or name, as it stands on the instrument
    calibrated_until: Mapped[date | None] = mapped_column(Day)  # None where the register does not know the instrument
    read_at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (UniqueConstraint("appraisal_id", "key"),)


class InspectionPhoto(Base):
    """One photo of an inspection: of one item, or one of the shots that a section asks for (``section.shot``)."""

    __tablename__ = "inspection_photo"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id"))
    no: Mapped[int] = mapped_column(BigInt)  # 1, 2, 3 ... in the order of arrival
    item_key: Mapped[str | None] = mapped_column(Text)
    shot: Mapped[str | None] = mapped_column(Text)
    device_key: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[int] = mapped_column(ForeignKey("app_user.id"))

    __table_args__ = (
        CheckConstraint("(item_key IS NULL) <> (shot IS NULL)", name="of_an_item_or_a_shot"),
        UniqueConstraint("photo_id"),
        UniqueConstraint("appraisal_id", "no"),
        UniqueConstraint("appraisal_id", "device_key"),
    )


class InspectionMark(Base):
    """A defect drawn on a photo: a box in thousandths of the picture, and what it is."""

    __tablename__ = "inspection_mark"

    id: Mapped[int] = pk()
    appraisal_id: Mapped[int] = mapped_column(ForeignKey("appraisal.id"))
    inspection_photo_id: Mapped[int] = mapped_column(ForeignKey("inspection_photo.id"))
    item_key: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)  # an answer or mark of the item, such as XS2 or visible
    degree: Mapped[int | None] = mapped_column(BigInt)
    x: Mapped[int] = mapped_column(BigInt)
    y: Mapped[int] = mapped_column(BigInt)
    width: Mapped[int] = mapped_column(BigInt)
    height: Mapped[int] = mapped_column(BigInt)

    __table_args__ = (
        CheckConstraint(
            f"x >= 0 AND y >= 0 AND width > 0 AND height > 0 AND x + width <= {WHOLE} AND y + height <= {WHOLE}",
            name="box_inside_picture",
        ),
        CheckConstraint("degree IS NULL OR degree BETWEEN 1 AND 9", name="degree_is_one_digit"),
        Index("ix_inspection_mark_photo", "inspection_photo_id"),
    )


def _only_while_inspecting(table: str) -> None:
    """What belongs to an inspection is neither added, changed nor removed once the report is in work."""
    for verb, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        name = f"tr_{table}_{verb.lower()}_in_time"
        ended = f"(SELECT state FROM appraisal WHERE id = {row}.appraisal_id) NOT IN ('accepted', 'inspecting', 'correcting')"  # noqa: S608 - our own names
        trigger(
            name,
            table,
            sqlite=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {ended} "
            "BEGIN SELECT RAISE(ABORT, 'the inspection has ended'); END",
            postgresql=(
                "CREATE OR REPLACE FUNCTION inspection_in_time() RETURNS trigger LANGUAGE plpgsql AS $$ "
                "DECLARE place bigint; BEGIN "
                "IF TG_OP = 'DELETE' THEN place := OLD.appraisal_id; ELSE place := NEW.appraisal_id; END IF; "
                "IF (SELECT state FROM appraisal WHERE id = place) NOT IN ('accepted', 'inspecting', 'correcting') THEN "
                "RAISE EXCEPTION 'the inspection has ended' USING ERRCODE = '23514'; END IF; "
                "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION inspection_in_time()",
            ),
        )


for _table in ("inspection_reading", "inspection_photo", "inspection_mark"):
    _only_while_inspecting(_table)
