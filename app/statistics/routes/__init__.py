"""Closed periods as pages and files, for everybody."""

from app.statistics.routes import files, pages
from app.statistics.routes.blueprint import bp

__all__ = ["bp", "files", "pages"]
