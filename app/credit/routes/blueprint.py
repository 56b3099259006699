"""The room's blueprint."""

from flask import Blueprint

bp = Blueprint("credit", __name__)
