"""The printed report is a file for the archive (PDF/A-3u), as far as it can be told without a full validator; faults are seen."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable

import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, TextStringObject

from app.appraisal.store import DOOR
from app.kernel.hub import Hub
from app.web.printing import VARIANT, Printer
from tests.appraisal.archiving import _objects, faults
from tests.appraisal.making import make_report

Fault = Callable[[PdfWriter], object]


def test_a_printed_report_has_no_fault_that_the_archive_refuses(app: Flask, hub: Hub) -> None:
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    report = make_report(hub, screen_glass="visible")
    hub.drain()
    data = hub.db.doors[DOOR].find(report.code).read_bytes()
    assert faults(data) == []
    specs = [each for each in _objects(PdfReader(io.BytesIO(data))) if isinstance(each, DictionaryObject) and "/EF" in each]
    assert [str(each["/UF"]) for each in specs] == [f"xunyi-report-{report.code}.json"]


@pytest.fixture(scope="module")
def page() -> bytes:
    """A small page as the printer makes it, with a file in it and a link."""
    from weasyprint import HTML, Attachment

    part = Attachment(string="{}", name="one.json", description="the signed file", relationship="Source")
    page = HTML(string='<html lang="zh"><title>x</title><p>等级 A <a href="https://xunyi.example/">x</a></p></html>')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves the file of its colour profile to the collector
        made: bytes = page.write_pdf(pdf_variant=VARIANT, attachments=[part], pdf_tags=True)
    return made


def _root(pdf: PdfWriter) -> DictionaryObject:
    return pdf._root_object


def _each(pdf: PdfWriter, kind: str) -> list[DictionaryObject]:
    return [one.get_object() for one in pdf._objects if isinstance(one, DictionaryObject) and one.get("/Type") == kind]


def _spec(pdf: PdfWriter) -> DictionaryObject:
    return next(one for one in pdf._objects if isinstance(one, DictionaryObject) and "/EF" in one)


def _unembed(pdf: PdfWriter) -> None:
    for about in _each(pdf, "/FontDescriptor"):
        for key in ("/FontFile", "/FontFile2", "/FontFile3"):
            about.pop(key, None)


def _unname(pdf: PdfWriter) -> None:
    for font in _each(pdf, "/Font"):
        font.pop("/ToUnicode", None)


def _hide_links(pdf: PdfWriter) -> None:
    for note in pdf.pages[0]["/Annots"]:
        note.get_object()[NameObject("/F")] = NumberObject(2)


def _launch(pdf: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("x")})
    _root(pdf)[NameObject("/OpenAction")] = action


def _script(pdf: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")})
    _root(pdf)[NameObject("/OpenAction")] = action


def _widen(pdf: PdfWriter) -> None:
    font = next(each for each in _each(pdf, "/Font") if "/W" in each)
    font["/W"][1][0] = NumberObject(int(font["/W"][1][0]) + 7)


def _blend(pdf: PdfWriter) -> None:
    _root(pdf)[NameObject("/Perms")] = DictionaryObject(
        {NameObject("/Type"): NameObject("/ExtGState"), NameObject("/BM"): NameObject("/Glow")}
    )


def _group(pdf: PdfWriter) -> None:
    group = DictionaryObject({NameObject("/S"): NameObject("/Transparency"), NameObject("/CS"): NameObject("/DeviceCMYK")})
    pdf.pages[0][NameObject("/Group")] = group


PLANTED: list[tuple[str, Fault]] = [
    ("encryption", lambda pdf: pdf.encrypt("", algorithm="RC4-128")),
    ("metadata: there is none", lambda pdf: _root(pdf).pop("/Metadata")),
    ("output intent: there is none", lambda pdf: _root(pdf).pop("/OutputIntents")),
    ("script", _script),
    ("action: /Launch", _launch),
    ("font: .* is not embedded", _unembed),
    ("font: .* does not say which characters", _unname),
    ("font: .* gives glyph .* another width", _widen),
    ("transparency: the way of blending", _blend),
    ("transparency: a page blends", _group),
    ("attachment: one.json has no relationship", lambda pdf: _spec(pdf).pop("/AFRelationship")),
    ("attachment: one.json is not associated", lambda pdf: _root(pdf).pop("/AF")),
    ("annotation: /Link is not printed", _hide_links),
]


def test_a_page_as_the_printer_makes_it_has_no_fault_and_keeps_none_when_it_is_copied(page: bytes) -> None:
    assert faults(page) == []
    assert [each for each in faults(_changed(page, lambda _pdf: None)) if not each.startswith(("header", "trailer"))] == []


@pytest.mark.parametrize(("name", "plant"), PLANTED, ids=[name for name, _ in PLANTED])
def test_a_planted_fault_is_named(page: bytes, name: str, plant: Fault) -> None:
    assert [each for each in faults(_changed(page, plant)) if re.match(name, each)], name


def _changed(page: bytes, plant: Fault) -> bytes:
    pdf = PdfWriter(clone_from=PdfReader(io.BytesIO(page)))
    plant(pdf)
    out = io.BytesIO()
    pdf.write(out)
    return out.getvalue()
