"""Resident identity numbers, unified social credit codes, VINs and IMEIs. All are printed examples or made up."""

from __future__ import annotations

from grading.ids import credit_code_digit, luhn_digit, resident_id_digit, vin_check_digit
from tests.attack.values.common import REFUSED, Table, with_noise


def _others(text: str, place: int, signs: str) -> Table:
    """The text with every other sign at one place: what a slip of one digit makes of it."""
    place %= len(text)
    return [(text[:place] + sign + text[place + 1 :], REFUSED) for sign in signs if sign != text[place]]


def _swapped(text: str) -> Table:
    """The text with two neighbours exchanged, for each pair that differs."""
    pairs = [place for place in range(len(text) - 1) if text[place] != text[place + 1]]
    return [(text[:place] + text[place + 1] + text[place] + text[place + 2 :], REFUSED) for place in pairs]


def _born(day: str) -> str:
    first = f"110105{day}002"
    return first + resident_id_digit(first)


_PERSON = "11010519491231002X"  # the worked example of GB 11643
RESIDENT_IDS: Table = with_noise(
    [
        (_PERSON, _PERSON), ("11010519491231002x", _PERSON), (" 110105 19491231 002X ", _PERSON), ("110105-19491231-002X", _PERSON),
        ("１１０１０５１９４９１２３１００２Ｘ", _PERSON), ("１１０１０５１９４９１２３１００２ｘ", _PERSON), ("440524188001010014", "440524188001010014"),
        (_born("20000229"), _born("20000229")), (_born("20240229"), _born("20240229")), (_born("99991231"), _born("99991231")),
        (_born("00010101"), _born("00010101")),
        *((_born(day), REFUSED) for day in ("19000229", "20230229", "21000229", "20230431", "20230631", "20230931", "20231131")),
        *((_born(day), REFUSED) for day in ("20230132", "20230100", "20230001", "20231301", "00000101", "00000000", "99999999")),
        *_others(_PERSON, -1, "0123456789X"),
        *_others(_PERSON, 9, "0123456789"),
        *_swapped(_PERSON),
        ("", REFUSED), (" ", REFUSED), ("X", REFUSED), (_PERSON[:-1], REFUSED), (_PERSON + "0", REFUSED), (_PERSON[:15], REFUSED),
        ("110105491231002", REFUSED), ("01010519491231002X", REFUSED), ("11010519491231002Χ", REFUSED), ("11010519491231002Х", REFUSED),
        ("11010519491231002✕", REFUSED), ("1101051949123100２²", REFUSED), ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", REFUSED), ("11010519491231002X\x00", REFUSED),
        ("11010519491231002X\n", REFUSED), ("110105\u202e19491231002X", REFUSED), ("110105\u200b19491231002X", REFUSED),
        ("110105********002X", REFUSED), ("11010519491231002X;", REFUSED), ("O10105I9491231OO2X", REFUSED), ("-11010519491231002X", _PERSON),
        ("1.1010519491231002E17", REFUSED), ("0" * 18, REFUSED), ("9" * 18, REFUSED), ("1" * 18, REFUSED), ("X" * 18, REFUSED),
    ]
)  # fmt: skip

_FIRM = "91350100M000100Y43"  # the worked example of GB 32100
CREDIT_CODES: Table = with_noise(
    [
        (_FIRM, _FIRM), (_FIRM.lower(), _FIRM), (" 9135 0100 M000 100Y 43 ", _FIRM), ("91350100-M000100Y-43", _FIRM),
        ("９１３５０１００Ｍ０００１００Ｙ４３", _FIRM), ("９１３５０１００ｍ０００１００ｙ４３", _FIRM), ("91110000600037341L", "91110000600037341L"),
        ("91000000MA" + "0000003" + credit_code_digit("91000000MA0000003"), "91000000MA0000003" + credit_code_digit("91000000MA0000003")),
        *_others(_FIRM, -1, "0123456789ABCDEFGHJKLMNPQRTUWXY"),
        *_others(_FIRM, 2, "0123456789IOSVZ"),
        *_swapped(_FIRM),
        ("", REFUSED), (" ", REFUSED), (_FIRM[:-1], REFUSED), (_FIRM + "3", REFUSED), (_FIRM[:9], REFUSED), ("9135O100M000100Y43", REFUSED),
        ("9I350100M000100Y43", REFUSED), ("91350100М000100Y43", REFUSED), ("91350100M000100Υ43", REFUSED), ("91350100Ⓜ000100Y43", REFUSED),
        ("91350100ß000100Y43", REFUSED), ("91350100ﬁ00100Y43", REFUSED), ("91350100M000100Y4³", REFUSED), ("٩١350100M000100Y43", REFUSED),
        (_FIRM + "\x00", REFUSED), (_FIRM + "\n", REFUSED), ("91350100\u202eM000100Y43", REFUSED), ("91350100\u200bM000100Y43", REFUSED),
        ("0" * 18, "0" * 18), ("Z" * 18, REFUSED), ("I" * 18, REFUSED), ("*" * 18, REFUSED),
    ]
)  # fmt: skip


def _vin(text: str) -> str:
    return text[:8] + vin_check_digit(text) + text[9:]


_CHINESE, _GERMAN = _vin("LSVAA2180N2183294"), "WVWZZZ1JZXW000001"
VINS: Table = with_noise(
    [
        (_CHINESE, _CHINESE), (_CHINESE.lower(), _CHINESE), (f" {_CHINESE} ", _CHINESE), (f"{_CHINESE[:3]}-{_CHINESE[3:9]}-{_CHINESE[9:]}", _CHINESE),
        ("1M8GDM9AXKP042788", "1M8GDM9AXKP042788"), ("11111111111111111", "11111111111111111"), ("１Ｍ８ＧＤＭ９ＡＸＫＰ０４２７８８", "1M8GDM9AXKP042788"),
        (_GERMAN, _GERMAN), (_GERMAN.lower(), _GERMAN),
        *_others(_CHINESE, 8, "0123456789X"),
        *_others("1M8GDM9AXKP042788", 8, "0123456789"),
        *_others(_CHINESE, 16, "0123456789"),
        *_others(_CHINESE, 1, "IOQ"), *_others(_GERMAN, 4, "IOQ"),
        ("", REFUSED), (" ", REFUSED), (_CHINESE[:-1], REFUSED), (_CHINESE + "0", REFUSED), (_CHINESE * 2, REFUSED), ("LSVAU218", REFUSED),
        ("LSVAА2180N2183294", REFUSED), ("ＬＳＶＡＡ２１８０Ｎ２１８３２９４０", REFUSED), ("LSVAA218٠N2183294", REFUSED), ("LSVAA218⁰N2183294", REFUSED),
        (_CHINESE + "\x00", REFUSED), (_CHINESE + "\n", REFUSED), (_CHINESE[:5] + "\u202e" + _CHINESE[5:], REFUSED),
        (_CHINESE[:5] + "\u200b" + _CHINESE[5:], REFUSED), ("*" * 17, REFUSED), ("O" * 17, REFUSED), ("I" * 17, REFUSED), ("Q" * 17, REFUSED),
        ("LSVAA2180N218329é", REFUSED), ("LSVAA2180N21832ﬁ", REFUSED), ("LSVAA2180N21832ß", REFUSED), ("LSVAA2180N2183294;--", REFUSED),
    ]
)  # fmt: skip

_PHONE = "490154203237518"
IMEIS: Table = with_noise(
    [
        (_PHONE, _PHONE), ("49-015420-323751-8", _PHONE), (" 490154 203237 518 ", _PHONE), ("４９０１５４２０３２３７５１８", _PHONE),
        ("490154\u00a0203237\u3000518", _PHONE), ("356938035643809", "356938035643809"), ("-490154203237518", _PHONE), ("490154203237518\t", _PHONE),
        ("35999900000000" + luhn_digit("35999900000000"), "35999900000000" + luhn_digit("35999900000000")),
        *_others(_PHONE, -1, "0123456789"),
        *_others(_PHONE, 0, "0123456789"),
        *_others(_PHONE, 7, "0123456789"),
        *((text, verdict) for text, verdict in _swapped(_PHONE) if {"0", "9"} != {a for a, b in zip(text, _PHONE, strict=True) if a != b}),
        ("", REFUSED), (" ", REFUSED), (_PHONE[:-1], REFUSED), (_PHONE + "0", REFUSED), (_PHONE + "00", REFUSED), (_PHONE * 2, REFUSED),
        ("0" * 15, REFUSED), ("０" * 15, REFUSED), ("49015420323751X", REFUSED), ("49015420323751⑧", REFUSED), ("49015420323751⁸", REFUSED),
        ("٤٩٠١٥٤٢٠٣٢٣٧٥١٨", REFUSED), ("۴۹۰۱۵۴۲۰۳۲۳۷۵۱۸", REFUSED), ("𝟒90154203237518", REFUSED), (_PHONE + "\n", REFUSED), (_PHONE + "\x00", REFUSED),
        ("490154\u202e203237518", REFUSED), ("490154\u200b203237518", REFUSED), ("+" + _PHONE, REFUSED), ("IMEI" + _PHONE, REFUSED), ("IMEI:" + _PHONE, REFUSED),
        (_PHONE + "/01", REFUSED), (_PHONE + "," + _PHONE, REFUSED), ("4.90154203237518e14", REFUSED), ("0x1BDD2B2B2B2B2", REFUSED), ("490154_203237_518", REFUSED),
        ("49015420323751O", REFUSED), ("490I54203237518", REFUSED), ("49015420323751８", _PHONE), ("四九零一五四二零三二三七五一八", REFUSED),
    ]
)  # fmt: skip
