"""The verbs of the schemes room."""

from app.schemes.service.confirming import check_reading, read_item
from app.schemes.service.drafting import draft_of_next
from app.schemes.service.proposing import NEIGHBOURS, FileRefused, approve, propose, refuse, withdraw

__all__ = [
    "NEIGHBOURS",
    "FileRefused",
    "approve",
    "check_reading",
    "draft_of_next",
    "propose",
    "read_item",
    "refuse",
    "withdraw",
]
