"""Who was asked for a second look stays: the guard names the column "by" in quotes, which PL/pgSQL takes for its own word."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FIXED = ("id", "review_id", "no", "role", "person_id", "agency_id", "by", "considered", "asked_at")
SENTENCE = "who was asked stays; an answer is given once"


def upgrade() -> None:
    _guard('"by"')


def downgrade() -> None:
    _guard("by")


def _guard(by: str) -> None:
    """Write the guard anew, with this way of naming the column."""
    run = op.get_bind().exec_driver_sql
    columns = [by if column == "by" else column for column in FIXED]
    if op.get_bind().dialect.name == "sqlite":
        changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in columns)
        run("DROP TRIGGER tr_peer_review_asking_is_fixed")
        run(
            "CREATE TRIGGER tr_peer_review_asking_is_fixed BEFORE UPDATE ON peer_review_asking "
            f"WHEN {changed} OR OLD.answered_at IS NOT NULL BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
        )
        return
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    run(
        "CREATE OR REPLACE FUNCTION peer_review_asking_is_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {changed} OR OLD.answered_at IS NOT NULL THEN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = '23514'; END IF; "
        "RETURN NEW; END $$"
    )
