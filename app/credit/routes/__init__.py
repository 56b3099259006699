"""The public record of a seller, and the log in files that anybody can check."""

from app.credit.routes import fairness, log, platform, records, scores
from app.credit.routes.blueprint import bp

__all__ = ["bp", "fairness", "log", "platform", "records", "scores"]
