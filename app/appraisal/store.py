"""Where printed reports lie: one PDF for each report, made once and never changed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from config import Settings

DOOR = "report_files"


class ReportFiles:
    """PDF files below media/reports of the data directory, named by the reports' codes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, code: str) -> Path | None:
        """The finished PDF of the report, None while there is none."""
        file = self._folder / f"{code}.pdf"
        return file if file.is_file() else None

    def codes(self) -> set[str]:
        """Codes of all reports that are printed."""
        return {file.stem for file in self._folder.glob("*.pdf")}

    def keep(self, code: str, content: bytes) -> None:
        """Keep a PDF, whole or not at all; one that is there stays."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{code}.{secrets.token_hex(4)}"
        try:
            draft.write_bytes(content)
            os.link(draft, self._folder / f"{code}.pdf")
        except FileExistsError:
            return
        finally:
            draft.unlink(missing_ok=True)


def from_settings(settings: Settings) -> ReportFiles:
    return ReportFiles(settings.folder("media") / "reports")
