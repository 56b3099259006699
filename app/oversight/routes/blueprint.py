"""The room's blueprint."""

from flask import Blueprint

bp = Blueprint("oversight", __name__)
