"""Files that are no price table, or only look like one: bytes, and the word of the refusal (None: read without harm)."""

from __future__ import annotations

import gzip
import io
import zipfile

from app.valuation.importing import BOUNDS
from tests.valuation.making import TABLE


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


HOSTILE = {
    "nothing": (b"", "empty"),
    "blank lines": (b"\n\n\r\n", "empty"),
    "headings only": ("型号,价格\n".encode(), "empty"),
    "byte order mark only": (b"\xef\xbb\xbf", "empty"),
    "workbook": (_zip(), "workbook"),
    "gzip cut off": (gzip.compress(TABLE.encode())[:-12], "unreadable"),
    "gzip with a wrong sum": (gzip.compress(TABLE.encode())[:-8] + bytes(8), "unreadable"),
    "gzip with rubbish inside": (b"\x1f\x8b\x08\x00" + bytes(200), "unreadable"),
    "gzip head only": (b"\x1f\x8b", "unreadable"),
    "bomb": (gzip.compress(bytes(200_000_000)), "too_large"),
    "bomb of rows": (gzip.compress(b"a,b\n" * 3_000_000), "too_large"),
    "bomb of two members": (gzip.compress(b"a,b\n" + b"1,2\n" * 4_000_000) * 4, "too_large"),
    "too many rows": (b"a,b\n" + b"1,2\n" * (BOUNDS.rows + 1), "too_large"),
    "too many columns": (b",".join(b"c%d" % no for no in range(BOUNDS.columns + 1)) + b"\n1\n", "too_large"),
    "a million commas": (b"," * 1_000_000 + b"\n1\n", "too_large"),
    "a wide head over short rows": (b",".join(b"c%d" % no for no in range(190)) + b"\n" + b"1\n" * 20_000, "too_large"),
    "cell of two million signs": (b"a,b\n" + b"x" * 2_000_000 + b",2\n", "not_csv"),
    "quote that never ends": ('型号,价格\n"iPhone 13,2300\n'.encode() + b"x" * 1_100_000, "not_csv"),
    "one column": ("价格\n2300\n".encode(), "one_column"),
    "marks nobody knows": ("型号|价格\niPhone 13|2300\n".encode(), "one_column"),
    "heading twice": ("价格,价格\n1,2\n".encode(), "twice"),
    "two headings that are empty": (b",,a\n1,2,3\n", "twice"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj,2\n<< /Type /Catalog >>\n", "one_column"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01,\x02\n" + bytes(range(256)) * 20, "not_text"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "one_column"),
    "program": (b"\x7fELF\x02\x01\x01,\x00\n" + bytes(300) + b"a,b\n", "not_text"),
    "UTF-16": (TABLE.encode("utf-16"), "not_text"),
    "UTF-32": (TABLE.encode("utf-32"), "not_text"),
    "NUL in a heading": ("型\x00号,价格\n1,2\n".encode(), None),
    "escape in a heading": ("\x1b[31m型号,价格\n1,2\n".encode(), "not_text"),
    "half a letter": (b"\xe5\x9e,\xff\xfe\n1,2\n", "not_text"),
    "formula": ("型号,价格\n=1+1,@SUM(A1)\n".encode(), None),
    "markup": ("<script>alert(1)</script>,价格\n<img src=x onerror=alert(1)>,2\n".encode(), None),
    "templates": (b"{{7*7}},{%x%}\n${7*7},#{1}\n", None),
    "SQL": ("型号,价格\n'); DROP TABLE price_table;--,1\n".encode(), None),
    "numbers of every script": ("型号,价格\niPhone 13,٢٣٠٠\niPhone 13,²\niPhone 13,1_000\niPhone 13,NaN\niPhone 13,-Infinity\n".encode(), None),
    "huge numbers": ("型号,价格\niPhone 13,1e308\niPhone 13,9999999999999999999999\niPhone 13,1e-320\n".encode(), None),
    "right to left": ("型号,价格\n\u202egpj.exe,\u202e0032\n".encode(), None),
    "heap of marks": (("型号,价格\na" + "\u0300" * 5_000 + ",2300\n").encode(), None),
    "surrogates": (b"\xed\xa0\x80,\xed\xb0\x80\n1,2\n", "not_text"),
    "rows of every width": ("型号,价格\n\niPhone 13\niPhone 13,2300,1,2,3\n,,\n".encode(), None),
    "quotes and line breaks in cells": ('"型\n号",价格\n"iPhone\r\n13","2,300"\n'.encode(), None),
    "old line ends": ("型号,价格\riPhone 13,2300\r".encode(), None),
    "days that are none": ("型号,价格,日期\niPhone 13,1,2026-13-45\niPhone 13,1,0000-00-00\niPhone 13,1,99999\niPhone 13,1,2026-02-30\n".encode(), None),
}  # fmt: skip
