"""Rows whose terms never change and that are never deleted."""

from __future__ import annotations

from collections.abc import Sequence

from app.kernel.guards import REFUSE_CHANGE, trigger


def fixed_terms(table: str, columns: Sequence[str]) -> None:
    """Refuse to change what was agreed: those columns never change, the row is never deleted."""
    listed = ", ".join(columns)
    trigger(
        f"tr_{table}_fixed_terms",
        table,
        sqlite=f"CREATE TRIGGER tr_{table}_fixed_terms BEFORE UPDATE OF {listed} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the terms of a {table} do not change'); END",
        postgresql=(
            REFUSE_CHANGE,
            f"CREATE TRIGGER tr_{table}_fixed_terms BEFORE UPDATE OF {listed} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
        ),
    )
    trigger(
        f"tr_{table}_no_delete",
        table,
        sqlite=f"CREATE TRIGGER tr_{table}_no_delete BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} rows stay'); END",
        postgresql=(
            REFUSE_CHANGE,
            f"CREATE TRIGGER tr_{table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION xunyi_refuse_change()",
        ),
    )
