"""Organisations have a unified social credit code; roles are offered by invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

ROLE_FITS_KIND = (
    "(role IN ('appraiser', 'manager') AND org_kind = 'agency') OR (role = 'dealer' AND org_kind = 'dealer') "
    "OR (role = 'officer' AND org_kind = 'regulator') OR (role = 'operator' AND org_kind = 'operator')"
)


def upgrade() -> None:
    op.add_column("organisation", sa.Column("credit_code", sa.Text(), nullable=True))
    op.create_index("uq_organisation_credit_code", "organisation", ["credit_code"], unique=True)
    op.create_table(
        "invitation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.Column("org_kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("invited_by_id", BIGINT, nullable=False),
        sa.Column("user_id", BIGINT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", BIGINT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'withdrawn', 'lapsed')", name=op.f("ck_invitation_state_known")
        ),
        sa.CheckConstraint(
            "role IN ('appraiser', 'manager', 'dealer', 'officer', 'operator')", name=op.f("ck_invitation_role_known")
        ),
        sa.CheckConstraint("locale IN ('zh_CN', 'en')", name=op.f("ck_invitation_locale_known")),
        sa.CheckConstraint(ROLE_FITS_KIND, name=op.f("ck_invitation_role_fits_kind")),
        sa.CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_invitation_email_form")),
        sa.CheckConstraint("state <> 'open' OR email IS NOT NULL", name=op.f("ck_invitation_goes_somewhere")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_invitation_expires_after_created")),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'declined') OR user_id IS NOT NULL", name=op.f("ck_invitation_answered_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "org_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_invitation_organisation_id_org_kind"),
        ),
        sa.ForeignKeyConstraint(["invited_by_id"], ["app_user.id"], name=op.f("fk_invitation_invited_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_invitation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("code", name=op.f("uq_invitation_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_invitation_email", "invitation", ["email"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["organisation_id", "role", "email"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def downgrade() -> None:
    op.drop_table("invitation")
    op.drop_index("uq_organisation_credit_code", "organisation")
    op.drop_column("organisation", "credit_code")
