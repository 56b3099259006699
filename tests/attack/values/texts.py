"""Names, lines and paragraphs. Text is kept as text: markup, code and formulas are accepted and must be shown escaped."""

from __future__ import annotations

from tests.attack.values.common import EMPTY, PAYLOADS, REFUSED, Table

_KEPT = [
    "林知夏", "屏幕有一道细划痕，边框无磕碰。", "O'Brien", "\"quoted\"", "100 % & <b>", "C:\\temp", "a\\b", "ÅÄÖ", "Zoë", "שלום", "مرحبا", "नमस्ते",
    "😀👍🏽", "👩‍👩‍👧‍👦", "🇨🇳", "½ ² Ⅷ ①", "Ｆｕｌｌ", "ﷺ", "\u1ead", "ก็่", "－", "—", "…", "-", "0", "null", "None", "NULL", "undefined",
    "True", "NaN", "1e999", "--", "#", "?", "/", "//", ";", "''", "%", "%00", "%0d%0a", "\\x00", "\\u0000", "&nbsp;", "&#0;", "&amp;",
]  # fmt: skip
_REFUSED = [
    "\x00", "a\x00b", "\x01", "a\x07b", "a\x08b", "a\x1bb", "a\x7fb", "a\x85b", "a\x9fb", "\ud800", "a\udc00b", "\udfff\ud800",
    "\ue000", "\uf8ff", "\U000f0000", "\U0010ffff", "\ufffe", "a\uffffb", "\ufdd0", "\u0378", "a\u202eb", "a\u202ab", "a\u202bb", "a\u202cb", "a\u202db",
    "a\u2066b", "a\u2067b", "a\u2068b", "a\u2069b", "a\u200eb", "a\u200fb", "a\u061cb", "invoice\u202egpj.exe", "\u202e\u202d",
    "a" + "\u0301" * 40, "Z" + "\u0300\u0489" * 60, "e" + "\u0315\u0316" * 5_000, "\u0316\u0315" * 100_000, "\u20dd" * 64,
]  # fmt: skip

# One line: runs of white space become one space, line breaks are refused, full-width digits become the usual ones.
LINES: Table = [
    ("", EMPTY), (" ", EMPTY), ("\u3000\u3000", EMPTY), ("\t", EMPTY), ("\r\n", EMPTY), ("\u2028", EMPTY),
    ("  a  ", "a"), ("a  b", "a b"), ("a\tb", "a b"), ("a\u3000b", "a b"), ("a\u00a0b", "a b"), ("a\u2028b", "a b"), ("a\u2029b", "a b"),
    ("e\u0301", "é"), ("a\u0301\u0323", "\u1ea1\u0301"), ("\u212b", "Å"), ("２ 号口", "2 号口"), ("x" * 100, "x" * 100), ("好" * 100, "好" * 100), ("😀" * 100, "😀" * 100),
    ("a\nb", REFUSED), ("a\rb", REFUSED), ("a\r\nb", REFUSED), ("a\r\nSet-Cookie: x=y", REFUSED), ("a\x0bb", REFUSED), ("a\x0cb", REFUSED),
    ("x" * 101, REFUSED), ("好" * 101, REFUSED), ("😀" * 101, REFUSED), ("x" * 100_000, REFUSED), ("<" * 100_000, REFUSED), (" " * 50_000 + "x" * 101, REFUSED),
    *((text, text) for text in _KEPT), *((text, text) for text in PAYLOADS), *((text, REFUSED) for text in _REFUSED),
]  # fmt: skip

# Several lines: line breaks are kept as \n, white space inside stays.
PARAGRAPHS: Table = [
    ("", EMPTY), (" \r\n ", EMPTY), ("\u3000", EMPTY),
    ("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\n\n\nb", "a\n\n\nb"), ("  a\n  b  ", "a\n  b"), ("a\tb", "a\tb"), ("a  b", "a  b"), ("第１点", "第１点"),
    ("e\u0301", "é"), ("\n" * 500 + "x", "x"), ("x" * 2000, "x" * 2000), ("好\n" * 999 + "好好", "好\n" * 999 + "好好"),
    ("x" * 2001, REFUSED), ("a\x0bb", REFUSED), ("a\x0cb", REFUSED), ("x" * 200_000, REFUSED), ("\n" * 100_000 + "x" * 2001, REFUSED),
    *((text, text) for text in _KEPT), *((text, text) for text in PAYLOADS), *((text, REFUSED) for text in _REFUSED),
]  # fmt: skip
