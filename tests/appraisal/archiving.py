"""What PDF/A-3u (ISO 19005-3) asks of a file, as far as a reader without a full validator can tell: every fault by its name.

Looked at: header, trailer, XMP, output intent, encryption, actions and scripts, streams, fonts, their Unicode maps and the widths
of their glyphs, colours and transparency, annotations, embedded files and their relationship. Not looked at: the syntax of every
content stream, every table of the font programs, XMP extension schemas. For those a full validator (veraPDF) is needed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject, StreamObject

# 6.5.1: actions that a file for the archive must not hold.
BARRED_ACTIONS = {
    *("/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Rendition", "/Trans"),
    *("/GoTo3DView", "/JavaScript"),
}
RELATIONSHIPS = {"/Source", "/Data", "/Alternative", "/Supplement", "/EncryptedPayload", "/FormData", "/Schema", "/Unspecified"}
BLENDING = {  # 6.2.10
    *(
        "/Normal",
        "/Compatible",
        "/Multiply",
        "/Screen",
        "/Overlay",
        "/Darken",
        "/Lighten",
        "/ColorDodge",
        "/ColorBurn",
        "/HardLight",
    ),
    *("/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity"),
}
PRINTED, HIDDEN = 4, 2 | 32 | 256  # flags of annotations: print; hidden, no view, toggle no view
CHANNELS = {b"RGB ": 3, b"GRAY": 1, b"CMYK": 4}


def faults(data: bytes) -> list[str]:
    """One line per fault, each beginning with the name of what is wrong."""
    pdf = PdfReader(io.BytesIO(data))
    found = [*_file(data, pdf), *_metadata(pdf), *_intent(pdf), *_attached(pdf)]
    for thing in _objects(pdf):
        found += _object(thing)
    for page in pdf.pages:
        found += _page(page, pdf)
    return found


def _file(data: bytes, pdf: PdfReader) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[0-7][\r\n]+%[\x80-\xff]{4}", data):
        yield "header: version or binary mark is missing"
    if "/Encrypt" in pdf.trailer:
        yield "encryption: the file is encrypted"
    if "/ID" not in pdf.trailer:
        yield "trailer: it has no ID"
    if re.sub(rb"[\r\n]+$", b"", data)[-5:] != b"%%EOF":
        yield "trailer: something stands after the end"


def _metadata(pdf: PdfReader) -> Iterator[str]:
    about = pdf.trailer["/Root"].get("/Metadata")
    if about is None:
        yield "metadata: there is none"
        return
    text = about.get_object().get_data().decode()
    for name, value in (("part", "3"), ("conformance", "U")):
        if not re.search(rf"pdfaid:{name}(?:>|=.)\s*{value}\b", text):
            yield f"metadata: {name} is not {value}"


def _intent(pdf: PdfReader) -> Iterator[str]:
    intents = [each.get_object() for each in pdf.trailer["/Root"].get("/OutputIntents", [])]
    archived = [each for each in intents if each.get("/S") == "/GTS_PDFA1"]
    if not archived:
        yield "output intent: there is none"
    for each in archived:
        profile = each.get("/DestOutputProfile")
        if profile is None:
            yield "output intent: it has no colour profile"
            continue
        stream = profile.get_object()
        content = stream.get_data()
        if content[36:40] != b"acsp" or CHANNELS.get(content[16:20]) != stream.get("/N"):
            yield "output intent: its colour profile is none, or has other channels than it says"


def _attached(pdf: PdfReader) -> Iterator[str]:
    root = pdf.trailer["/Root"]
    linked = {_id(each) for each in root.get("/AF", [])}
    for spec in (each for each in _objects(pdf) if isinstance(each, DictionaryObject) and "/EF" in each):
        name = str(spec.get("/UF") or spec.get("/F") or "?")
        if "/F" not in spec or "/UF" not in spec:
            yield f"attachment: {name} lacks one of its two names"
        if spec.get("/AFRelationship") not in RELATIONSHIPS:
            yield f"attachment: {name} has no relationship"
        if _id(spec.indirect_reference) not in linked:
            yield f"attachment: {name} is not associated with the document"
        file = spec["/EF"].get_object().get("/F")
        if file is None or "/Subtype" not in file.get_object() or "/ModDate" not in file.get_object().get("/Params", {}):
            yield f"attachment: {name} lacks kind or date"


def _object(thing: Any) -> Iterator[str]:
    if not isinstance(thing, DictionaryObject):
        return
    if thing.get("/S") in BARRED_ACTIONS and (thing.get("/Type") in (None, "/Action")):
        yield f"action: {thing['/S']}"
    if {"/TR", "/HTP"} & set(thing) or thing.get("/TR2", "/Default") != "/Default":
        yield "graphics: a transfer function or halftone that is not allowed"
    blending = thing.get("/BM", "/Normal")
    if isinstance(blending, str) and blending not in BLENDING:
        yield f"transparency: the way of blending {blending} is none of the standard's"
    group = thing.get("/Group")
    if thing.get("/Type") == "/Page" and group is not None and group.get_object().get("/CS", "/DeviceRGB") != "/DeviceRGB":
        yield "transparency: a page blends in other colours than the output intent names"
    for key in ("/JS", "/JavaScript", "/AA", "/XFA"):
        if key in thing:
            yield f"script: {key}"
    if isinstance(thing, StreamObject):
        filters = thing.get("/Filter", [])
        named = {str(each) for each in (filters if isinstance(filters, list) else [filters])}
        if named & {"/LZWDecode", "/Crypt"}:
            yield "stream: packed in a way that is not allowed"
        if "/F" in thing:
            yield "stream: its content lies outside the file"
        if thing.get("/Subtype") == "/PS" or "/Alternates" in thing or "/OPI" in thing or thing.get("/Interpolate"):
            yield "picture: it has parts that are not allowed"
    if (
        thing.get("/Type") == "/Font"
        and thing.get("/Subtype") != "/Type3"
        and not str(thing.get("/Subtype")).startswith("/CIDFont")
    ):
        yield from _font(thing)


def _font(font: DictionaryObject) -> Iterator[str]:
    name = str(font.get("/BaseFont", "?"))
    described = [each.get_object() for each in font.get("/DescendantFonts", [])] or [font]
    for each in described:
        about = each.get("/FontDescriptor")
        if about is None or not {"/FontFile", "/FontFile2", "/FontFile3"} & set(about.get_object()):
            yield f"font: {name} is not embedded"
        else:
            yield from _widths(name, each, about.get_object())
    if "/ToUnicode" not in font:
        yield f"font: {name} does not say which characters its glyphs are"


def _widths(name: str, font: DictionaryObject, about: DictionaryObject) -> Iterator[str]:
    """6.2.11.5: the widths that the file gives and those of the font program are the same, to a thousandth."""
    if "/W" not in font:
        return
    file = next(about[key].get_object() for key in ("/FontFile2", "/FontFile3") if key in about)
    program = TTFont(io.BytesIO(file.get_data()), lazy=True)
    per_em, order, advances = program["head"].unitsPerEm, program.getGlyphOrder(), program["hmtx"].metrics
    given = list(font["/W"])
    while given:
        first, listed = int(given[0]), given[1]
        for place, width in enumerate(listed):
            glyph = first + place
            if glyph >= len(order) or abs(advances[order[glyph]][0] * 1000 / per_em - float(width)) > 1:
                yield f"font: {name} gives glyph {glyph} another width than its program"
                return
        given = given[2:]


def _page(page: Any, pdf: PdfReader) -> Iterator[str]:
    content = page.get_contents()
    for _operands, operator in ContentStream(content, pdf).operations if content is not None else ():
        if operator in (b"k", b"K"):
            yield "colour: CMYK without a profile of its own"
    for note in page.get("/Annots", []):
        note = note.get_object()
        flags = int(note.get("/F", 0))
        if not flags & PRINTED or flags & HIDDEN:
            yield f"annotation: {note.get('/Subtype')} is not printed"
        if note.get("/Subtype") not in ("/Link", "/Popup") and "/AP" not in note:
            yield f"annotation: {note.get('/Subtype')} has no appearance"


def _id(reference: Any) -> tuple[int, int] | None:
    return (reference.idnum, reference.generation) if isinstance(reference, IndirectObject) else None


def _objects(pdf: PdfReader) -> Iterator[Any]:
    """Every object that the catalogue leads to, once."""
    seen: set[tuple[int, int]] = set()
    ahead: list[Any] = [pdf.trailer["/Root"]]
    while ahead:
        one = ahead.pop()
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            yield one
            ahead += [one.raw_get(key) for key in one]
        elif isinstance(one, ArrayObject):
            ahead += list(one)
