"""Messages in a person's language where no page is open (mails): the same catalogues as the pages use.

Falls back to the English message when a catalogue is missing.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "translations"


@lru_cache(maxsize=16)
def _catalogue(locale: str, folder: Path) -> gettext.NullTranslations:
    return gettext.translation("messages", folder, languages=[locale], fallback=True)


def say(locale: str, message: str, values: Mapping[str, Any] | None = None, *, folder: Path = FOLDER) -> str:
    """The message in this language with its named values filled in."""
    found = _catalogue(locale, folder).gettext(message) if message else ""
    return found % dict(values) if values else found
