"""Money, days, public ids, seals and canonical bytes: small functions with exact answers."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import InvalidInput
from app.kernel.ids import is_code, new_code, new_digits, uuid7
from app.kernel.money import MAX_FEN, Fen, fee_half_up, format_yuan, parse_yuan, yuan_text
from app.kernel.seal import SealBroken, Sealer
from app.kernel.text import N_
from app.kernel.time import add_days, iso_seconds, shanghai_day
from config import ConfigError, Settings


@pytest.mark.parametrize(
    ("text", "fen"),
    [("2380", 238_000), ("2380.5", 238_050), ("2380.50", 238_050), ("0.01", 1), ("0", 0), ("999999999.99", MAX_FEN)],
)
def test_amounts_in_yuan_are_read_exactly(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen
    assert parse_yuan(yuan_text(fen)) == fen


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1", "+1", "1e3", "1E3", "1,000", "1.234", ".5", "5.", "１００", "٣", "0x10", "NaN", "inf", "1 000", "1\n", " 1", "1_0",
     "9999999999", "¥5", "5元", "1.2.3", "1\x00", "½"],
)  # fmt: skip
def test_anything_else_is_not_an_amount(text: str) -> None:
    with pytest.raises(ValueError, match="yuan"):
        parse_yuan(text)


@pytest.mark.parametrize(
    ("fen", "text"),
    [(238_000, "¥2,380"), (238_050, "¥2,380.50"), (5, "¥0.05"), (0, "¥0"), (-5, "−¥0.05"), (123_456_789, "¥1,234,567.89")],
)
def test_amounts_are_shown_with_separators(fen: int, text: str) -> None:
    assert format_yuan(fen) == text


@pytest.mark.parametrize(("amount", "rate", "fee"), [(238_000, 200, 4_760), (25, 200, 1), (24, 200, 0), (0, 200, 0), (99, 0, 0)])
def test_fees_round_half_up_to_whole_fen(amount: int, rate: int, fee: int) -> None:
    assert fee_half_up(Fen(amount), rate) == fee


@pytest.mark.parametrize(("amount", "rate"), [(-1, 200), (1, -1)])
def test_fees_of_negative_amounts_are_refused(amount: int, rate: int) -> None:
    with pytest.raises(ValueError):
        fee_half_up(amount, rate)


def test_days_are_those_of_shanghai() -> None:
    evening = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    assert shanghai_day(evening) == date(2026, 11, 24)
    assert shanghai_day(evening.replace(hour=15, minute=59)) == date(2026, 11, 23)


def test_days_end_at_the_last_second_in_shanghai() -> None:
    at = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert add_days(at, 7) == datetime(2026, 12, 1, 15, 59, 59, tzinfo=UTC)
    assert add_days(at, 0) == datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)
    assert iso_seconds(at) == "2026-11-23T16:00:00Z"


def test_public_ids_are_of_one_form_and_do_not_repeat() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(is_code(code) for code in codes)
    assert not any(is_code(text) for text in ("", "0" * 25, "0" * 27, "U" * 26, "i" * 26, "../" + "0" * 23))
    assert len(new_digits(6)) == 6
    assert new_digits(6).isdigit()


def test_uuid7_has_its_time_in_front() -> None:
    value = uuid.UUID(uuid7(0x123456789ABC))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.hex.startswith("123456789abc")


def test_sealed_text_opens_only_at_its_place_with_its_key() -> None:
    sealer = Sealer(b"k" * 32)
    sealed = sealer.seal("重庆市渝北区云杉路 8 号", "trade_order.address:abc")
    assert "重庆" not in sealed
    assert sealer.open(sealed, "trade_order.address:abc") == "重庆市渝北区云杉路 8 号"
    assert sealed != sealer.seal("重庆市渝北区云杉路 8 号", "trade_order.address:abc")
    for broken, where, who in (
        (sealed, "trade_order.address:other", sealer),
        (sealed, "trade_order.address:abc", Sealer(b"x" * 32)),
        (sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB"), "trade_order.address:abc", sealer),
        ("", "trade_order.address:abc", sealer),
    ):
        with pytest.raises(SealBroken):
            who.open(broken, where)


def test_blind_index_depends_on_key_and_purpose() -> None:
    one, other = Sealer(b"k" * 32), Sealer(b"x" * 32)
    assert one.blind_index("a", "mail") == one.blind_index("a", "mail")
    assert len({one.blind_index("a", "mail"), one.blind_index("a", "phone"), other.blind_index("a", "mail")}) == 3


def test_canonical_bytes_follow_rfc_8785() -> None:
    assert canonical({"b": 1, "a": ["é", True, None]}) == '{"a":["é",true,null],"b":1}'.encode()
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_domain_error_fills_its_sentence() -> None:
    class TooDear(InvalidInput):
        code = "too_dear"
        message = N_("At most %(most)s.")

    refusal = TooDear({"price": "x"}, most="¥5")
    assert refusal.status == 422
    assert refusal.errors == {"price": "x"}
    assert refusal.values["most"] == "¥5"


def test_secrets_are_made_once_and_kept_for_the_owner_only(tmp_path: Path) -> None:
    settings = Settings(env="test", data_dir=tmp_path)
    first = settings.secret("seal")
    assert settings.secret("seal") == first
    assert settings.secret("webhook") != first
    assert len(first) >= 32
    assert (tmp_path / "keys" / "seal").stat().st_mode & 0o077 == 0


def test_production_makes_no_secret_by_itself(tmp_path: Path) -> None:
    settings = Settings(env="production", data_dir=tmp_path, base_url="https://xunyi.example")
    with pytest.raises(ConfigError, match="XUNYI_SEAL_KEY"):
        settings.secret("seal")
    assert not (tmp_path / "keys" / "seal").exists()
