"""Alembic's environment: one connection, one transaction, no batch mode (it would silently drop triggers)."""

from __future__ import annotations

from alembic import context

from app.kernel.work import Database

target = context.config.attributes["url"]
db = Database(target, pool_size=1)
try:
    with db.write.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '5s'")
            connection.commit()
        context.configure(connection=connection, target_metadata=None, transactional_ddl=True, render_as_batch=False)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
finally:
    db.dispose()
