"""A reader's own page as a PDF to keep, with its figures as a file inside; the page itself where nothing can be printed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, current_app, redirect
from werkzeug.wrappers import Response as Answer

from app.kernel.canonical import canonical
from app.web.working import hub


def paper(page: Response, name: str, about: str, data: dict[str, Any], otherwise: str) -> Answer:
    """The rendered page as ``name``.pdf. ``data`` goes into it as ``name``.json, of which ``about`` says what it is.

    Call it after the database was left: printing takes about a second. ``otherwise``: where the reader can print by themselves.
    """
    printer = hub().printer
    if printer is None or printer.missing:
        return redirect(otherwise, code=303)
    attached = (f"{name}.json", canonical(data), about)
    answer = Response(printer.paper(page.get_data(as_text=True), _style(), attached), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _style() -> str:
    assert current_app.static_folder is not None
    return _read(Path(current_app.static_folder) / "css" / "paper.css")


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
