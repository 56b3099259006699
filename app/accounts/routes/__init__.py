"""Pages of sign-in and one's own account, and of organisations and their people."""

from app.accounts.routes import account, organisations
from app.accounts.routes.blueprint import bp, dev_bp

__all__ = ["account", "bp", "dev_bp", "organisations"]
