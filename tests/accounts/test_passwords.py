"""Which passwords, addresses and names are taken, and what is kept of them."""

from __future__ import annotations

import threading

import pytest

from app.accounts import passwords, rules
from app.accounts.errors import TooBusy
from app.kernel.networks import ip_prefix


@pytest.mark.parametrize(
    "password",
    [
        "green lamp on the stairs",
        "八个字以上的密码是好的",
        "        a b",
        "x7Gq!pL2",
        "é" * 3 + "üöäß1",
        "\tab\x00cdefgh",
        "🐼🐨🐻🦊🐰🐭🐹🐯",
    ],
)
def test_a_password_that_only_its_owner_knows_is_taken(password):
    assert rules.password_fault(password, "lin@xunyi.example", "林知夏") is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", rules.TOO_SHORT),
        ("1234567", rules.TOO_SHORT),
        ("🐼🐨🐻🦊🐰🐭🐹", rules.TOO_SHORT),
        ("g" + "reen lamp on the stairs " * 6, rules.TOO_LONG),
        ("12345678", rules.TOO_COMMON),
        ("Password", rules.TOO_COMMON),
        ("WOAINI1314", rules.TOO_COMMON),
        ("qwertyuiop", rules.TOO_COMMON),
        ("xunyi2026", rules.TOO_COMMON),
        ("XunYi!!!!!", rules.TOO_COMMON),
        ("循易循易1234567", None),
        ("循易12345678", rules.TOO_COMMON),
        ("ababababab", rules.TOO_COMMON),
        ("LinZhixia88", rules.TOO_NEAR),
        ("linzhixia88@xunyi.example", rules.TOO_NEAR),
        ("\ud800" + "green lamp", rules.UNREADABLE),
    ],
)
def test_a_password_that_is_tried_first_is_refused_with_its_reason(password, fault):
    assert rules.password_fault(password, "linzhixia88@xunyi.example", "林知夏") == fault


def test_length_is_counted_in_code_points_and_the_limits_are_included():
    assert rules.password_fault("aB3" + "x" * 5) is None
    assert rules.password_fault("aB3" + "x" * 125) is None
    assert rules.password_fault("aB3" + "x" * 126) == rules.TOO_LONG


def test_the_bundled_list_is_long_enough_folded_and_without_entries_that_the_length_refuses_anyway():
    listed = rules.common_passwords()
    assert len(listed) >= 3000
    assert all(len(entry) >= 8 and entry == entry.casefold() for entry in listed)


def test_a_hash_is_argon2id_salted_and_answers_for_its_password_only():
    first, second = (passwords.hash_password("green lamp on the stairs", 1) for _ in range(2))
    assert first != second
    assert first.startswith("$argon2id$")
    assert passwords.is_right("green lamp on the stairs", first, 1)
    assert not passwords.is_right("Green lamp on the stairs", first, 1)
    assert not passwords.is_right("nobody has this password", None, 1)
    assert not passwords.is_right("\ud800", first, 1)
    assert not passwords.is_right("x", "not a hash", 1)
    assert passwords.is_outdated(first, 2)
    assert not passwords.is_outdated(first, 1)


def test_hashing_is_limited_and_who_waits_too_long_is_told_to_come_back(monkeypatch):
    monkeypatch.setattr(passwords, "WAIT_SECONDS", 0.05)
    inside, leave = threading.Barrier(passwords.AT_ONCE + 1), threading.Event()

    def hold() -> None:
        with passwords.slot():
            inside.wait(60)
            leave.wait(60)

    holders = [threading.Thread(target=hold) for _ in range(passwords.AT_ONCE)]
    for holder in holders:
        holder.start()
    inside.wait(60)
    with pytest.raises(TooBusy), passwords.slot():
        pass
    leave.set()
    for holder in holders:
        holder.join(60)
    with passwords.slot():
        pass


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Lin@XunYi.Example", "lin@xunyi.example"),
        ("  a.b+c@xunyi.example ", "a.b+c@xunyi.example"),
        ("a@例子.公司", "a@xn--fsqu00a.xn--55qx5d"),
    ],
)
def test_an_address_is_kept_in_one_form(typed, kept):
    assert rules.normal_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "a", "a@", "@b.cc", "a b@c.dd", "a@b", "a@localhost", "a@[127.0.0.1]", '"a b"@c.dd', "a@c.dd\nBcc: x@y.zz", "a@c.dd,b@c.dd",
     "a\x00@c.dd", "用户@例子.公司", "a@" + "b" * 300 + ".cc", "a" * 300 + "@b.cc", "<a@c.dd>", "a@c..dd"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(typed):
    with pytest.raises(ValueError):
        rules.normal_email(typed)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("林知夏", None),
        ("Anna O'Neil-2", None),
        ("", rules.NAME_LENGTH),
        ("长" * 41, rules.NAME_LENGTH),
        ("\u200b\u200b", rules.NAME_EMPTY),
        ("林\u200b知夏", rules.NAME_EMPTY),
        ("…", rules.NAME_EMPTY),
        ("循易客服", rules.NAME_OFFICIAL),
        ("ＸＵＮ ＹＩ", rules.NAME_OFFICIAL),
        ("官 方", rules.NAME_OFFICIAL),
    ],
)
def test_a_name_is_readable_and_does_not_pose_as_the_marketplace(name, fault):
    assert rules.name_fault(name) == fault


@pytest.mark.parametrize(
    ("address", "prefix"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2:3::9", "2001:db8:1::/56"), ("::ffff:203.0.113.9", "203.0.113.0/24"), (None, "unknown"), ("x", "unknown")],
)  # fmt: skip
def test_only_the_network_of_a_visitor_is_kept(address, prefix):
    assert ip_prefix(address) == prefix


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126 Safari/537.36 Edg/126", "Edge · Windows"),
        ("<script>alert(1)</script>" * 100, ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_in_a_few_words_of_ours(user_agent, name):
    assert rules.device_name(user_agent) == name
