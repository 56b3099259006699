"""What is tried on every kind of field."""

from __future__ import annotations

from typing import Any, Final


class Verdict:
    """A named outcome that is no value."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


REFUSED: Final = Verdict("REFUSED")
EMPTY: Final = Verdict("EMPTY")

Table = list[tuple[str, Any]]

# Markup and code that must stay text wherever it is shown.
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    "javascript:alert(1)",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    '<a href="javascript:alert(1)">x</a>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "＜script＞alert(1)＜/script＞",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<style>*{background:url(//evil.example)}</style>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example/>",
    "<div hx-get=/account hx-trigger=load hx-on:load=alert(1)></div>",
    "{{ 7*7 }}",
    "{{ config }}",
    "{% import os %}{{ os.system('id') }}",
    "${7*7}",
    "#{7*7}",
    "%(value)s %(",
    "%s%s%s%n",
    "{0.__class__.__mro__}",
    "' OR '1'='1",
    "'; DROP TABLE listing; --",
    "1; SELECT pg_sleep(10)--",
    "1) UNION SELECT password_hash FROM app_user--",
    "%' ESCAPE '\\' --",
    '=HYPERLINK("//evil.example")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1+1)",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "$(id)",
    "`id`",
    "| id",
    "<?php system('id'); ?>",
    '<!--#exec cmd="id"-->',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "__proto__",
    "constructor",
    "null",
    "undefined",
    "true",
    "[]",
    "{}",
]

# Characters that are never part of a number or a code.
ODD = [
    "\x00", "1\x00", "\x001", "1\x002", "\x07", "\x1b[31m1", "1\x7f", "1\x852",
    "1\n2", "1\r\n2", "1\r\nSet-Cookie: a=b", "1\x0b2", "1\u20282", "1\u20292",
    "1\u202e2", "\u20661\u20692", "1\u200e2", "1\u061c2", "\u00ad1", "1\u200b2", "1\ufeff2",
    "\ud8001", "1\udfff", "\ufffe", "\uffff", "\U000e0041", "\ue000",
    "1" + "\u0301" * 200, "e" + "\u0315\u0316" * 5000, "Z" + "\u0300\u0489" * 60,
    "١٢٣", "۱۲۳", "१२३", "๑๒๓", "𝟏𝟐𝟑", "①②③", "¹²³", "₁₂₃", "½", "Ⅷ", "壹贰叁", "一二三",
    "😀", "👩‍👩‍👧‍👦", "🇨🇳", "ａ", "а1", "Α1", "О0", "ﷺ" * 50,
    "1" * 5000, "9" * 100_000, "A" * 100_000, "<" * 100_000, " " * 5000 + "x", "0" * 400,
]  # fmt: skip

NOISE: list[str] = [*PAYLOADS, *ODD]


def with_noise(own: Table) -> Table:
    """The table with every value of ``NOISE`` that it does not judge itself, all of them refused."""
    judged = {text for text, _ in own}
    return [*own, *((text, REFUSED) for text in NOISE if text not in judged)]
