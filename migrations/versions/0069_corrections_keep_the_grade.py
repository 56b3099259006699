"""A correction keeps the grade, and does not come between a second look's report and its decision."""

from __future__ import annotations

from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

SQLITE = (
    r"""CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report WHEN NEW.no > 1 AND (EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.kind = 'contest' AND l.ended_at IS NULL) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) BEGIN SELECT RAISE(ABORT, 'sealed: a correction overturns no withdrawal, contest or later inspection'); END""",
    r"""CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report WHEN NEW.no > 1 AND (EXISTS (SELECT 1 FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1 AND (p.status <> NEW.status OR COALESCE(p.tier, '') <> COALESCE(NEW.tier, ''))) OR EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.ended_at IS NULL AND (l.kind = 'contest' OR EXISTS (SELECT 1 FROM second_look_order q JOIN appraisal_report r ON r.appraisal_id = q.appraisal_id WHERE q.second_look_id = l.id))) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) BEGIN SELECT RAISE(ABORT, 'sealed: a correction overturns no grade, withdrawal, contest or later inspection'); END""",
)
POSTGRESQL = (
    r"""CREATE OR REPLACE FUNCTION appraisal_report_corrects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.no > 1 AND (EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.kind = 'contest' AND l.ended_at IS NULL) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) THEN RAISE EXCEPTION 'sealed: a correction overturns no withdrawal, contest or later inspection' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE OR REPLACE FUNCTION appraisal_report_corrects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.no > 1 AND (EXISTS (SELECT 1 FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1 AND (p.status <> NEW.status OR COALESCE(p.tier, '') <> COALESCE(NEW.tier, ''))) OR EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.ended_at IS NULL AND (l.kind = 'contest' OR EXISTS (SELECT 1 FROM second_look_order q JOIN appraisal_report r ON r.appraisal_id = q.appraisal_id WHERE q.second_look_id = l.id))) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) THEN RAISE EXCEPTION 'sealed: a correction overturns no grade, withdrawal, contest or later inspection' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
)


def _become(which: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER tr_appraisal_report_corrects")
        op.execute(SQLITE[which])
        return
    op.execute(POSTGRESQL[which])


def upgrade() -> None:
    _become(1)


def downgrade() -> None:
    _become(0)
