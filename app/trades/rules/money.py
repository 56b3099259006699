"""Amounts of a sale on plain values, fen."""

from __future__ import annotations


def fee_after(fee_fen: int, total_fen: int, given_back_fen: int) -> int:
    """What is left of the frozen fee after a part of the total went back: the fee of that part is given up, half up."""
    return fee_fen - (2 * fee_fen * given_back_fen + total_fen) // (2 * total_fen)
