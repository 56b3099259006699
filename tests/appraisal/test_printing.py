"""A signed report becomes a PDF that carries the same hash and the signed file, or the page says that it cannot."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from pypdf import PdfReader

from app.appraisal import queries
from app.appraisal.jobs import late_printer, print_missing
from app.appraisal.store import DOOR
from app.kernel.hub import Hub
from app.web.printing import Printer
from grading.report import verify
from tests.accounts.making import reader
from tests.appraisal.making import make_report


def test_page_pdf_and_file_carry_one_hash_and_the_pdf_carries_the_file(app: Flask, hub: Hub) -> None:
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    report = make_report(hub, screen_glass="visible", wifi="fail")
    hub.drain()
    visitor = reader(app)
    page = visitor.get(f"/reports/{report.code}")
    assert f"/reports/{report.code}.pdf" in page.text
    answer = visitor.get(f"/reports/{report.code}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    pdf = PdfReader(io.BytesIO(answer.data))
    text = "".join(sheet.extract_text() for sheet in pdf.pages)
    file = visitor.get(f"/reports/{report.code}.json").data
    for told in (page.text, text.replace("\n", ""), file.decode()):
        assert report.sha256 in told
    for part in ("明显划痕", "失效", "演示报告", f"1 / {len(pdf.pages)}", report.code):
        assert part in text
    attached = pdf.attachments[f"xunyi-report-{report.code}.json"][0]
    assert attached == file
    with hub.look() as work:
        assert verify(attached, {key.kid: key for key in queries.public_keys(work)}).exit_code == 0
    about = pdf.trailer["/Root"]["/Metadata"].get_data().decode()  # what says that it is PDF/A-3u
    assert re.search(r"pdfaid:part\W+3\b", about)
    assert re.search(r"pdfaid:conformance\W+U\b", about)
    assert json.loads(file)["content_sha256"] == report.sha256
    answer.close()


def test_without_what_printing_needs_the_page_offers_itself(app: Flask, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    printer = Printer(lambda: app, hub.settings.base_url)
    monkeypatch.setitem(printer.__dict__, "missing", "no Chinese font is installed")
    hub.printer = printer
    report = make_report(hub)
    hub.drain()
    visitor = reader(app)
    assert f"/reports/{report.code}/print" in visitor.get(f"/reports/{report.code}").text
    answer = visitor.get(f"/reports/{report.code}.pdf")
    assert (answer.status_code, answer.location) == (303, f"/reports/{report.code}/print")
    assert report.sha256 in visitor.get(answer.location).text
    monkeypatch.setitem(printer.__dict__, "missing", "")
    assert print_missing(hub) == 1  # the packages were installed later
    assert print_missing(hub) == 0
    files = hub.db.doors[DOOR]
    assert isinstance(files.find(report.code), Path)


def test_the_worker_prints_what_has_no_pdf_one_report_at_a_tick_the_newest_first(app: Flask, hub: Hub) -> None:
    older, newer = make_report(hub), make_report(hub)
    hub.drain()
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    files, tick = hub.db.doors[DOOR], late_printer(hub)
    tick()
    assert files.codes() == {newer.code}
    tick()
    tick()
    assert files.codes() == {newer.code, older.code}


def test_a_printed_page_reaches_nothing_but_this_application(app: Flask, hub: Hub) -> None:
    printer = Printer(lambda: app, hub.settings.base_url)
    for address in ("http://127.0.0.1:1/", "file:///etc/passwd", "https://example.org/a.css"):
        with pytest.raises(ValueError, match="asks for"):
            printer._fetcher().fetch(address)
