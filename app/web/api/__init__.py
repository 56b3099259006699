"""The frame of the interface for programs: tokens, paging, idempotency, limits and problem documents; no product noun.

Nouns: Operation, Face (a room's operations), Call, Answer, Tag. A room declares each operation once, in its ``api.py``;
policy, reading, limits, idempotency and the document all follow from the declaration.
"""

from app.web.api.operation import PAYING, Answer, Call, Face, Operation, Tag
from app.web.api.paging import cut, make_cursor, read_cursor

__all__ = ["PAYING", "Answer", "Call", "Face", "Operation", "Tag", "cut", "make_cursor", "read_cursor"]
