"""A correction overturns no withdrawal, contest or later inspection, whatever code writes it."""

from __future__ import annotations

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report WHEN NEW.no > 1 AND (EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.kind = 'contest' AND l.ended_at IS NULL) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) BEGIN SELECT RAISE(ABORT, 'sealed: a correction overturns no withdrawal, contest or later inspection'); END""",
]
GUARDS_POSTGRESQL = [
    r"""CREATE OR REPLACE FUNCTION appraisal_report_corrects() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.no > 1 AND (EXISTS (SELECT 1 FROM report_revocation v JOIN appraisal_report p ON p.id = v.report_id WHERE p.appraisal_id = NEW.appraisal_id AND p.no = NEW.no - 1) OR EXISTS (SELECT 1 FROM second_look l JOIN appraisal_report p ON p.id = l.report_id WHERE p.appraisal_id = NEW.appraisal_id AND l.kind = 'contest' AND l.ended_at IS NULL) OR EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = NEW.appraisal_id AND COALESCE(l.outcome, '') <> 'amended') OR EXISTS (SELECT 1 FROM appraisal_report o WHERE o.thing_id = NEW.thing_id AND o.appraisal_id <> NEW.appraisal_id AND o.id > (SELECT MAX(p.id) FROM appraisal_report p WHERE p.appraisal_id = NEW.appraisal_id) AND NOT EXISTS (SELECT 1 FROM second_look_order q JOIN second_look l ON l.id = q.second_look_id WHERE q.appraisal_id = o.appraisal_id AND COALESCE(l.outcome, '') <> 'amended'))) THEN RAISE EXCEPTION 'sealed: a correction overturns no withdrawal, contest or later inspection' USING ERRCODE = '23514'; END IF; RETURN NEW; END $$""",
    r"""CREATE TRIGGER tr_appraisal_report_corrects BEFORE INSERT ON appraisal_report FOR EACH ROW EXECUTE FUNCTION appraisal_report_corrects()""",
]


def upgrade() -> None:
    for statement in GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER tr_appraisal_report_corrects")
        return
    op.execute("DROP TRIGGER tr_appraisal_report_corrects ON appraisal_report")
    op.execute("DROP FUNCTION appraisal_report_corrects()")
