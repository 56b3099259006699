"""Money: an integer number of fen (1 yuan = 100 fen). No float touches it."""

from __future__ import annotations

import re
from typing import NewType

Fen = NewType("Fen", int)

MAX_FEN = Fen(99_999_999_999)  # 999,999,999.99 yuan; also the upper bound of the CHECK constraints
_YUAN = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?", re.ASCII)


def parse_yuan(text: str) -> Fen:
    """Read an amount typed in yuan, such as ``2380`` or ``2380.50``.

    Raises ValueError on anything else: signs, full-width digits, exponents, thousands separators, more than two decimals.
    """
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError("not an amount in yuan")
    yuan, cents = match.groups()
    return Fen(int(yuan) * 100 + int((cents or "").ljust(2, "0")))


def yuan_text(fen: int) -> str:
    """The amount as it is typed in a form: ``2380`` or ``2380.50``."""
    yuan, cents = divmod(fen, 100)
    return f"{yuan}.{cents:02d}" if cents else str(yuan)


def format_yuan(fen: int) -> str:
    """The amount as it is shown: ``¥2,380`` or ``¥2,380.50``; a minus sign stands before the symbol."""
    yuan, cents = divmod(abs(fen), 100)
    sign = "−" if fen < 0 else ""
    return f"{sign}¥{yuan:,}.{cents:02d}" if cents else f"{sign}¥{yuan:,}"


def fee_half_up(amount: int, rate_bp: int) -> Fen:
    """A share of an amount in basis points, rounded half up to whole fen; the caller gives the remainder to the other side."""
    if amount < 0 or rate_bp < 0:
        raise ValueError("fees are counted on amounts that are not negative")
    return Fen((amount * rate_bp + 5_000) // 10_000)
