"""Notices and mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mail_message",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=True),
        sa.Column("to_sealed", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("token_purpose", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("attempts", BIGINT, nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mail_message_sent_has_time")),
        sa.CheckConstraint("link = '' OR (link LIKE '/%' AND link NOT LIKE '//%')", name=op.f("ck_mail_message_link_is_own")),
        sa.CheckConstraint("state IN ('queued', 'sent', 'dead')", name=op.f("ck_mail_message_state_known")),
        sa.CheckConstraint("(user_id IS NULL) <> (to_sealed IS NULL)", name=op.f("ck_mail_message_one_recipient")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_mail_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_message")),
        sa.UniqueConstraint("code", name=op.f("uq_mail_message_code")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_message_key")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_mail_message_user_id"), "mail_message", ["user_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", BIGINT, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.CheckConstraint("link = '' OR (link LIKE '/%' AND link NOT LIKE '//%')", name=op.f("ck_notice_link_is_own")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notice_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("code", name=op.f("uq_notice_code")),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["user_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notice_user_id", "notice", ["user_id", "id"], unique=False)
    op.create_index("uq_notice_user_id_key", "notice", ["user_id", "key"], unique=True)


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("mail_message")
