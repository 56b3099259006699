"""Pages as PDF files: the page is asked of this application itself and set by WeasyPrint, without network and without files.

WeasyPrint needs Pango and a Chinese font from the system (Debian, Ubuntu: libpango-1.0-0 libpangoft2-1.0-0
libharfbuzz-subset0 fonts-noto-cjk). Where they are missing, ``missing`` says so and nothing is printed; pages stay.
"""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import threading
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from app.kernel.errors import Unavailable
from app.kernel.text import N_

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
VARIANT = "pdf/a-3u"  # ISO 19005-3: every glyph named, files may be attached
PATIENCE_SECONDS = 15


class PrinterBusy(Unavailable):
    """Several people print at once; each page takes about a second."""

    code = "printer_busy"
    message = N_("Several files are being made at the moment. Please try again in a minute, or print the page from your browser.")


class Printer:
    """Prints pages of one marketplace. ``build`` makes its application; it is made when the first page is printed."""

    def __init__(self, build: Callable[[], Flask], base_url: str) -> None:
        self._build = build
        self._base = base_url.rstrip("/") + "/"
        self._turn = threading.Lock()

    @cached_property
    def missing(self) -> str:
        """What keeps this machine from printing, in words for staff; empty when nothing does."""
        try:
            import weasyprint  # noqa: F401 - loads libraries of the system, which may not be there
        except (OSError, ImportError) as trouble:
            return f"WeasyPrint cannot be loaded ({trouble}); packages: {PACKAGES}"
        return "" if _has_chinese_font() else f"no Chinese font is installed; packages: {PACKAGES}"

    def pdf(self, path: str, attached: tuple[str, bytes, str]) -> bytes:
        """The page at this path as PDF/A-3. ``attached``: name, content and description of the file inside it.

        Raises RuntimeError when the page does not answer with 200.
        """
        import weasyprint

        page = weasyprint.HTML(string=self._ask(path).decode(), base_url=self._base, url_fetcher=self._fetcher())
        return self._set(page, attached, [])

    def paper(self, html: str, css: str, attached: tuple[str, bytes, str]) -> bytes:
        """A page of one reader as PDF/A-3: made of these two texts alone, so that nothing is asked for in anybody's name.

        One is made at a time in a process. Raises PrinterBusy when others have waited for too long.
        """
        import weasyprint

        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            raise PrinterBusy()
        try:
            page = weasyprint.HTML(string=html, base_url=self._base, url_fetcher=_nothing())
            return self._set(page, attached, [weasyprint.CSS(string=css, url_fetcher=_nothing())])
        finally:
            self._turn.release()

    def _set(self, page: Any, attached: tuple[str, bytes, str], styles: list[Any]) -> bytes:
        import weasyprint

        name, content, about = attached
        part = weasyprint.Attachment(file_obj=io.BytesIO(content), name=name, description=about, relationship="Data")
        logging.getLogger("weasyprint").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves the file of its colour profile to the collector
            printed: bytes = page.write_pdf(stylesheets=styles, pdf_variant=VARIANT, attachments=[part], pdf_tags=True)
        return printed

    def _fetcher(self) -> Any:
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        ask, base = self._ask, self._base

        class Own(URLFetcher):  # type: ignore[misc]
            """Answers with what this application serves under its own address, and nothing else."""

            def fetch(self, url: str, headers: Any = None) -> Any:
                if not url.startswith(base):
                    raise ValueError(f"a printed page asks for {url}")
                parts = urlsplit(url)
                kind = "text/css" if parts.path.endswith(".css") else "application/octet-stream"
                return URLFetcherResponse(url, ask(parts.path), {"Content-Type": kind})

        return Own()

    def _ask(self, path: str) -> bytes:
        answer = self._client.get(path, base_url=self._base)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers with {answer.status_code}")
        data = answer.get_data()
        answer.close()
        return data

    @cached_property
    def _client(self) -> FlaskClient:
        return self._build().test_client(use_cookies=False)


def _nothing() -> Any:
    """A fetcher that fetches nothing: the page must be complete."""
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError(f"a printed page asks for {url}")

    return Nothing()


def _has_chinese_font() -> bool:
    listing = shutil.which("fc-list")
    if listing is None:
        return True  # cannot be asked; WeasyPrint itself needs fontconfig's library only
    asked = subprocess.run([listing, ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    return bool(asked.stdout.strip())
