"""Pages of payments: paying, a person's money, the operator's books, the account at the bank, the practice checkout."""

from app.payments.routes import bank, pages
from app.payments.routes.blueprint import bp

__all__ = ["bank", "bp", "pages"]
