"""The regulator's desk, findings that authorities signed, and what a person sees of it."""

from app.oversight.routes import desk, findings, questions
from app.oversight.routes.blueprint import bp

__all__ = ["bp", "desk", "findings", "questions"]
