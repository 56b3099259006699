"""The room's blueprints."""

from flask import Blueprint

bp = Blueprint("accounts", __name__)
dev_bp = Blueprint("dev", __name__, url_prefix="/dev")
