"""People, organisations and sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAG = sa.Boolean().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")

GUARDS_SQLITE = [
    r"""CREATE TRIGGER tr_membership_duties_insert BEFORE INSERT ON membership WHEN (NEW.duty IS NOT NULL AND NOT EXISTS (SELECT 1 FROM app_user AS u WHERE u.id = NEW.user_id AND u.duty = NEW.duty)) OR NOT EXISTS (SELECT 1 FROM organisation AS o WHERE o.id = NEW.organisation_id AND o.kind = NEW.org_kind) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
    r"""CREATE TRIGGER tr_membership_duties_update BEFORE UPDATE ON membership WHEN (NEW.duty IS NOT NULL AND NOT EXISTS (SELECT 1 FROM app_user AS u WHERE u.id = NEW.user_id AND u.duty = NEW.duty)) OR NOT EXISTS (SELECT 1 FROM organisation AS o WHERE o.id = NEW.organisation_id AND o.kind = NEW.org_kind) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
    r"""CREATE TRIGGER tr_app_user_duties_insert BEFORE INSERT ON app_user WHEN EXISTS (SELECT 1 FROM membership WHERE membership.user_id = NEW.id AND membership.duty IS NOT NULL AND membership.duty IS NOT NEW.duty) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
    r"""CREATE TRIGGER tr_app_user_duties_update BEFORE UPDATE ON app_user WHEN EXISTS (SELECT 1 FROM membership WHERE membership.user_id = NEW.id AND membership.duty IS NOT NULL AND membership.duty IS NOT NEW.duty) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
    r"""CREATE TRIGGER tr_organisation_duties_insert BEFORE INSERT ON organisation WHEN EXISTS (SELECT 1 FROM membership WHERE membership.organisation_id = NEW.id AND membership.org_kind IS NOT NEW.kind) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
    r"""CREATE TRIGGER tr_organisation_duties_update BEFORE UPDATE ON organisation WHEN EXISTS (SELECT 1 FROM membership WHERE membership.organisation_id = NEW.id AND membership.org_kind IS NOT NEW.kind) BEGIN SELECT RAISE(ABORT, 'duties are kept apart'); END""",
]
GUARDS_POSTGRESQL = []


def upgrade() -> None:
    op.create_table(
        "app_user",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("auth_epoch", BIGINT, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("verified_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.CheckConstraint("duty IN ('appraisal', 'oversight')", name=op.f("ck_app_user_duty_known")),
        sa.CheckConstraint("locale IN ('zh_CN', 'en')", name=op.f("ck_app_user_locale_known")),
        sa.CheckConstraint("auth_epoch >= 1", name=op.f("ck_app_user_auth_epoch_positive")),
        sa.CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_app_user_email_form")),
        sa.CheckConstraint("length(display_name) BETWEEN 1 AND 40", name=op.f("ck_app_user_display_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("code", name=op.f("uq_app_user_code")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
        sa.UniqueConstraint("id", "duty", name=op.f("uq_app_user_id_duty")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("succeeded", FLAG, nullable=False),
        sa.CheckConstraint("kind IN ('sign_in', 'register', 'reset')", name=op.f("ck_login_attempt_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_login_attempt_account", "login_attempt", ["kind", "account", "at"], unique=False)
    op.create_index("ix_login_attempt_at", "login_attempt", ["kind", "at"], unique=False)
    op.create_index("ix_login_attempt_ip_prefix", "login_attempt", ["kind", "ip_prefix", "at"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('agency', 'dealer', 'regulator', 'operator')", name=op.f("ck_organisation_kind_known")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_organisation_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_organisation_id_kind")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "registration",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.CheckConstraint("locale IN ('zh_CN', 'en')", name=op.f("ck_registration_locale_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("code", name=op.f("uq_registration_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registration_token_hash")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "login_session",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sid_hash", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("idle_minutes", BIGINT, nullable=False),
        sa.Column("auth_epoch", BIGINT, nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("ip_prefix", sa.Text(), nullable=False),
        sa.CheckConstraint("idle_minutes > 0 AND expires_at > created_at", name=op.f("ck_login_session_limits")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_login_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("code", name=op.f("uq_login_session_code")),
        sa.UniqueConstraint("sid_hash", name=op.f("uq_login_session_sid_hash")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_login_session_user", "login_session", ["user_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("organisation_id", BIGINT, nullable=False),
        sa.Column("org_kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("since_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "(role = 'appraiser' AND duty IS NOT NULL AND duty = 'appraisal') OR (role = 'officer' AND duty IS NOT NULL AND duty = 'oversight') OR (role NOT IN ('appraiser', 'officer') AND duty IS NULL)",
            name=op.f("ck_membership_duty_fits_role"),
        ),
        sa.CheckConstraint(
            "(role IN ('appraiser', 'manager') AND org_kind = 'agency') OR (role = 'dealer' AND org_kind = 'dealer') OR (role = 'officer' AND org_kind = 'regulator') OR (role = 'operator' AND org_kind = 'operator')",
            name=op.f("ck_membership_role_fits_kind"),
        ),
        sa.CheckConstraint(
            "role IN ('appraiser', 'manager', 'dealer', 'officer', 'operator')", name=op.f("ck_membership_role_known")
        ),
        sa.CheckConstraint("until_at IS NULL OR until_at >= since_at", name=op.f("ck_membership_until_after_since")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "org_kind"],
            ["organisation.id", "organisation.kind"],
            name=op.f("fk_membership_organisation_id_org_kind"),
        ),
        sa.ForeignKeyConstraint(["user_id", "duty"], ["app_user.id", "app_user.duty"], name=op.f("fk_membership_user_id_duty")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_membership_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("code", name=op.f("uq_membership_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_membership_organisation", "membership", ["organisation_id", "role"], unique=False)
    op.create_index(
        "uq_membership_active",
        "membership",
        ["user_id", "organisation_id", "role"],
        unique=True,
        sqlite_where=sa.text("until_at IS NULL"),
        postgresql_where=sa.text("until_at IS NULL"),
    )
    op.create_table(
        "password_reset",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_password_reset_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("code", name=op.f("uq_password_reset_code")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_password_reset_user_id"), "password_reset", ["user_id"], unique=False)
    guards = GUARDS_SQLITE if op.get_bind().dialect.name == "sqlite" else GUARDS_POSTGRESQL
    for statement in guards:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if op.get_bind().dialect.name == "postgresql" else statement)


def downgrade() -> None:
    op.drop_table("password_reset")
    op.drop_table("membership")
    op.drop_table("login_session")
    op.drop_table("registration")
    op.drop_table("organisation")
    op.drop_table("login_attempt")
    op.drop_table("app_user")
