"""Pages of the schemes room: for everybody, for operators, for agencies."""

from app.schemes.routes import desk, public, readings
from app.schemes.routes.blueprint import bp

__all__ = ["bp", "desk", "public", "readings"]
