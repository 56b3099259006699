"""Pages of re-inspections: contest a grade, follow it, take it back; and the staff's list."""

from app.reinspection.routes import contests, staff
from app.reinspection.routes.blueprint import bp

__all__ = ["bp", "contests", "staff"]
