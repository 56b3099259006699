"""Amounts in yuan, telephone numbers, whole numbers."""

from __future__ import annotations

from tests.attack.values.common import EMPTY, REFUSED, Table, with_noise

# Verdict: fen, as a form field takes it (spaces and invisible marks around the amount fall away, full-width signs are read).
MONEY: Table = with_noise(
    [
        ("", EMPTY), (" ", EMPTY), ("\t", EMPTY), ("\u3000", EMPTY), ("\u200b", EMPTY), ("\r\n", EMPTY),
        ("1", 100), ("0.01", 1), ("0.10", 10), ("2380", 238_000), ("2380.5", 238_050), ("2380.50", 238_050),
        ("999999999.99", 99_999_999_999), ("999999999", 99_999_999_900), ("007", 700), ("0000001", 100),
        (" 12 ", 1_200), ("\u202d12\u202c", 1_200), ("\ufeff12", 1_200), ("12\u200b", 1_200), ("\u300012\u3000", 1_200), ("12\n", 1_200),
        ("１２", 1_200), ("１２．５０", 1_250), ("１2", 1_200),
        ("0", REFUSED), ("0.0", REFUSED), ("0.00", REFUSED), ("００", REFUSED),
        ("1000000000", REFUSED), ("9999999999", REFUSED), ("999999999.999", REFUSED), ("999999999.995", REFUSED),
        ("9223372036854775807", REFUSED), ("9223372036854775808", REFUSED), ("18446744073709551616", REFUSED),
        ("-1", REFUSED), ("+1", REFUSED), ("－１", REFUSED), ("−1", REFUSED), ("--1", REFUSED), ("-0", REFUSED), ("-0.01", REFUSED),
        ("1e5", REFUSED), ("1E5", REFUSED), ("1e-2", REFUSED), ("1_000", REFUSED), ("1,000", REFUSED), ("1，000", REFUSED),
        ("1 000", REFUSED), ("1\u00a0000", REFUSED), ("1'000", REFUSED), ("1.234", REFUSED), ("1.", REFUSED), (".5", REFUSED),
        (".", REFUSED), ("1..2", REFUSED), ("1.2.3", REFUSED), ("1,5", REFUSED), ("1。5", REFUSED), ("1·5", REFUSED), ("1٫5", REFUSED),
        ("NaN", REFUSED), ("nan", REFUSED), ("sNaN", REFUSED), ("Infinity", REFUSED), ("inf", REFUSED), ("-inf", REFUSED), ("∞", REFUSED),
        ("0x10", REFUSED), ("0b1", REFUSED), ("0o7", REFUSED), ("1L", REFUSED), ("1f", REFUSED), ("1j", REFUSED), ("0x1p3", REFUSED),
        ("¥5", REFUSED), ("￥5", REFUSED), ("5元", REFUSED), ("RMB5", REFUSED), ("5万", REFUSED), ("$5", REFUSED), ("5%", REFUSED),
        ("1/2", REFUSED), ("1+1", REFUSED), ("1*2", REFUSED), ("(1)", REFUSED), ("=1+1", REFUSED), ("1;2", REFUSED), ("１０００００００００", REFUSED),
        ("0.1" + "0" * 50, REFUSED), ("0" * 10, REFUSED), ("1\x0c", 100), ("\x1f1", 100),
    ]
)  # fmt: skip

# Verdict: the number as it is kept.
PHONES: Table = with_noise(
    [
        ("13800138000", "13800138000"), ("19912345678", "19912345678"), ("13000000000", "13000000000"),
        (" 13800138000 ", "13800138000"), ("138 0013 8000", "13800138000"), ("138-0013-8000", "13800138000"),
        ("138\u30000013\u30008000", "13800138000"), ("138\t0013\t8000", "13800138000"), ("138\u00a00013\u00a08000", "13800138000"),
        ("+8613800138000", "13800138000"), ("8613800138000", "13800138000"), ("+86 138 0013 8000", "13800138000"),
        ("+86-13800138000", "13800138000"), ("１３８００１３８０００", "13800138000"), ("＋８６１３８００１３８０００", "13800138000"),
        ("\u202d13800138000\u202c", "13800138000"), ("\ufeff13800138000", "13800138000"), ("13800138000\u200b", "13800138000"),
        ("023-68123456", "02368123456"), ("023 6812 3456", "02368123456"), ("０２３６８１２３４５６", "02368123456"),
        ("0755-12345678", "075512345678"), ("0755-1234567", "07551234567"), ("010-1234567", "0101234567"),
        ("", REFUSED), (" ", REFUSED), ("-", REFUSED), ("+", REFUSED), ("0", REFUSED), ("110", REFUSED), ("10086", REFUSED),
        ("1380013800", REFUSED), ("138001380000", REFUSED), ("12800138000", REFUSED), ("11800138000", REFUSED), ("10800138000", REFUSED),
        ("23800138000", REFUSED), ("93800138000", REFUSED), ("03800138", REFUSED), ("0123456789012", REFUSED), ("68123456", REFUSED),
        ("+13800138000", REFUSED), ("+1 212 555 0100", REFUSED), ("+852 9123 4567", REFUSED), ("0086 13800138000", REFUSED),
        ("++8613800138000", REFUSED), ("+868613800138000", REFUSED), ("86 86 13800138000", REFUSED), ("-13800138000", "13800138000"),
        ("13800138000,", REFUSED), ("13800138000/13900139000", REFUSED), ("13800138000 13900139000", REFUSED), ("13800138000;ext=1", REFUSED),
        ("13800138000#1", REFUSED), ("023-68123456-801", REFUSED), ("023-68123456转801", REFUSED), ("(023)68123456", REFUSED),
        ("tel:13800138000", REFUSED), ("1.3800138e10", REFUSED), ("13800138000.0", REFUSED), ("1_3800138000", REFUSED), ("0x13800138000", REFUSED),
        ("138٠٠١٣٨٠٠٠", REFUSED), ("١٣٨٠٠١٣٨٠٠٠", REFUSED), ("138۰۰۱۳۸۰۰۰", REFUSED), ("138001380⁰⁰", REFUSED), ("1380013800O", REFUSED),
        ("l3800138000", REFUSED), ("I3800138000", REFUSED), ("13800138OOO", REFUSED), ("138\u202e00138000", REFUSED), ("138\u200b00138000", REFUSED),
        ("138\n00138000", REFUSED), ("138\r\n00138000", REFUSED), ("13800138000\x00", REFUSED), ("138\u201000138000", REFUSED), ("138—0013—8000", REFUSED),
        ("138******00", REFUSED), ("138****8000", REFUSED), ("13800138000@x", REFUSED), ("13800138000<", REFUSED), ("'13800138000", REFUSED),
        ("=13800138000", REFUSED), ("@13800138000", REFUSED), ("一三八零零一三八零零零", REFUSED), ("1３8００1３8０００", "13800138000"),
    ]
)  # fmt: skip

# Verdict: the number, as a field without own bounds takes it (0 to 2**31).
WHOLES: Table = with_noise(
    [
        ("", EMPTY), (" ", EMPTY), ("0", 0), ("1", 1), ("88", 88), ("100", 100), ("007", 7), ("000000000001", 1), (" 5 ", 5), ("５", 5),
        ("\u202d5\u202c", 5), ("2147483647", 2**31 - 1), ("2147483648", 2**31), ("5\n", 5),
        ("2147483649", REFUSED), ("4294967296", REFUSED), ("999999999999", REFUSED), ("9223372036854775807", REFUSED),
        ("9223372036854775808", REFUSED), ("-9223372036854775809", REFUSED), ("18446744073709551615", REFUSED), ("1" + "0" * 30, REFUSED),
        ("0000000000001", REFUSED), ("-1", REFUSED), ("+1", REFUSED), ("-0", REFUSED), ("－５", REFUSED), ("−5", REFUSED),
        ("1.0", REFUSED), ("1.", REFUSED), ("1,0", REFUSED), ("1e3", REFUSED), ("1_0", REFUSED), ("0x1F", REFUSED), ("0b1", REFUSED), ("0o7", REFUSED),
        ("1 2", REFUSED), ("5 %", REFUSED), ("88%", REFUSED), ("八", REFUSED), ("NaN", REFUSED), ("inf", REFUSED), ("None", REFUSED), ("false", REFUSED),
        ("0" * 13, REFUSED),
    ]
)  # fmt: skip
