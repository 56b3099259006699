"""Marking of messages in files that know no request: the text is translated where it is shown."""

from __future__ import annotations


def N_(message: str) -> str:
    """Mark an English sentence for translation and return it unchanged."""
    return message
