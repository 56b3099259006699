"""Who we are is said by the settings: no header and no ``next`` leads a reader or a mail elsewhere."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import LoginAttempt, Registration
from app.accounts.service import registration_token
from app.factory import create_app, create_hub
from app.kernel.hub import Hub
from app.kernel.work import SYSTEM
from app.web.redirects import safe_path
from config import Settings
from tests.accounts.making import PASSWORD, make_user, send_form, sign_in, token_of
from tests.attack.values.paths import FOREIGN, OWN, TARGETS

OURS = "http://127.0.0.1:8000"
HOSTS = [
    "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.1:8000.evil.example", "evil.example#127.0.0.1", "evil.example/127.0.0.1",
    "127.0.0.1:8000@evil.example", "user@127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:abc", "127.0.0.1 evil.example", "127.0.0.1,evil.example",
    "[::1", "[::1]evil.example", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "127.1", "0", "", " ", "*", "..", "localhost.", "LOCALHOST.evil.example",
    "xn--80ak6aa92e.example", "éxample", "127.0.0.1\\evil.example", "127.0.0.1?evil", "a" * 5000, "<script>", "127.0.0.1%00.evil.example", "127.0.0.1\tevil",
]  # fmt: skip
FORWARDED = [
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Host",
    "X-HTTP-Host-Override",
    "Forwarded",
    "X-Original-Host",
    "X-Forwarded-Prefix",
    "X-Original-URL",
    "X-Rewrite-URL",
]


def mails(hub: Hub) -> list[str]:
    return [found.text for name in hub.mailer.names() if (found := hub.mailer.read(name)) is not None]


def forget(hub: Hub) -> None:
    """Tries are counted; the next attempt of a table begins anew."""
    with hub.begin(SYSTEM) as work:
        for row in work.session.scalars(select(LoginAttempt)):
            work.session.delete(row)


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_gets_no_page_and_sends_no_mail(hub: Hub, client: FlaskClient, host: str) -> None:
    make_user(hub, email="shen@xunyi.example")
    token = token_of(client.get("/forgot"))
    for answer in (
        client.get("/", headers={"Host": host}),
        client.get("/desk", headers={"Host": host}),
        client.post("/forgot", headers={"Host": host}, data={"csrf_token": token, "email": "shen@xunyi.example"}),
    ):
        assert answer.status_code == 400, host
        assert "evil" not in answer.text
        assert "<a" not in answer.text
        assert "Location" not in answer.headers
    hub.drain()
    assert mails(hub) == []


@pytest.mark.parametrize("header", FORWARDED)
def test_links_of_a_reset_mail_lead_to_our_own_address_whatever_a_header_says(hub: Hub, app: Flask, header: str) -> None:
    make_user(hub, email="shen@xunyi.example")
    client = app.test_client()
    lies = {
        header: "host=evil.example" if header == "Forwarded" else "evil.example",
        "Origin": "https://evil.example",
        "Referer": "https://evil.example/",
    }
    page = client.get("/forgot", headers=lies)
    assert "evil.example" not in page.text
    client.post("/forgot", headers=lies, data={"csrf_token": token_of(page), "email": "shen@xunyi.example"})
    hub.drain()
    (mail,) = mails(hub)
    links = re.findall(r"\w+://[^\s/]+", mail)
    assert links
    assert set(links) == {OURS}


def test_behind_a_proxy_only_its_own_words_count(settings: Settings) -> None:
    hub = create_hub(settings.model_copy(update={"proxy_hops": 1}), queue=False)
    client = create_app(hub).test_client()
    assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    assert client.get("/", headers={"X-Forwarded-Host": "evil.example, 127.0.0.1:8000"}).status_code == 200
    assert client.get("/", headers={"X-Forwarded-Host": "127.0.0.1:8000, evil.example"}).status_code == 400
    assert client.get("/", headers={"X-Forwarded-For": "not an address, <script>"}).status_code == 200
    hub.db.dispose()


def networks(hub: Hub) -> set[str]:
    with hub.look(SYSTEM) as work:
        return set(work.session.scalars(select(LoginAttempt.ip_prefix)))


@pytest.mark.parametrize(
    ("hops", "forwarded", "network"),
    [
        (0, "203.0.113.9", "127.0.0.0/24"),
        (1, "203.0.113.9", "203.0.113.0/24"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.0/24"),
        (1, "203.0.113.9:1234", "unknown"),
        (1, "2001:db8:1:2:3::4", "2001:db8:1::/56"),
        (1, "' OR 1=1 --", "unknown"),
        (1, "a" * 3000, "unknown"),
    ],
)
def test_limits_count_the_network_that_the_proxy_saw(settings: Settings, hops: int, forwarded: str, network: str) -> None:
    hub = create_hub(settings.model_copy(update={"proxy_hops": hops}), queue=False)
    client = create_app(hub).test_client()
    data = {"csrf_token": token_of(client.get("/sign-in")), "email": "a@xunyi.example", "password": "wrong password"}
    assert client.post("/sign-in", data=data, headers={"X-Forwarded-For": forwarded}).status_code == 422
    assert networks(hub) == {network}
    hub.db.dispose()


def lands_at_home(location: str) -> bool:
    """Whether a browser that follows this stays with us: it drops tabs and line breaks and takes a backslash for a slash."""
    seen = re.sub(r"[\t\r\n]", "", location.strip("\x00\x1f ")).replace("\\", "/")
    parts = urlsplit(seen)
    return not parts.scheme and not parts.netloc and seen.startswith("/") and not seen.startswith("//")


@pytest.mark.parametrize(("target", "is_own"), TARGETS)
def test_only_own_paths_are_followed(target: str, is_own: bool) -> None:
    assert safe_path(target) == (target if is_own else "/")
    assert lands_at_home(safe_path(target))


def test_every_next_of_every_door_stays_at_home(hub: Hub, app: Flask) -> None:
    user = make_user(hub, email="shen@xunyi.example")
    faults = []
    signed_in, guest = app.test_client(), app.test_client()
    sign_in(signed_in, hub, user)
    form = token_of(guest.get("/protection"))
    for target, is_own in TARGETS:
        asked = quote(target.encode(), safe="")
        forget(hub)
        doors = {
            "sign-in page": signed_in.get(f"/sign-in?next={asked}"),
            "register page": signed_in.get(f"/register?next={asked}"),
            "language": guest.post("/language", data={"csrf_token": form, "language": "en", "next": target}),
            "theme": guest.post("/theme", data={"csrf_token": form, "theme": "dark", "next": target}),
            "demo sign-in": app.test_client().post(f"/dev/sign-in/{user.code}?next={asked}", data={"csrf_token": "x"}),
        }
        fresh = app.test_client()
        doors["sign-in"] = send_form(fresh, f"/sign-in?next={asked}", {"email": user.email, "password": PASSWORD})
        for door, answer in doors.items():
            if door == "demo sign-in":
                assert answer.status_code == 400  # no token, no session
                continue
            location = answer.headers.get("Location", "")
            right = target.partition("#")[0] if is_own else "/"
            if answer.status_code != 303 or not lands_at_home(location) or location.partition("#")[0] != right:
                faults.append(f"{door} {target!r:.60}: {answer.status_code} {location!r:.80}")
            if "a=b" in str(answer.headers.getlist("Set-Cookie")):
                faults.append(f"{door} {target!r:.60}: a header was planted")
    assert not faults, "\n".join(faults)


def test_new_account_is_sent_to_own_paths_only(hub: Hub, app: Flask) -> None:
    for place, target in enumerate([OWN[1], "//evil.example", "/\\evil.example", "https://evil.example"]):
        client, before = app.test_client(), len(mails(hub))
        fields = {"email": f"neu{place}@xunyi.example", "display_name": "沈知遥", "password": PASSWORD}
        forget(hub)
        assert send_form(client, f"/register?next={quote(target, safe='')}", fields).status_code == 303
        hub.drain()
        sent = mails(hub)
        assert len(sent) == before + 1
        (link,) = {path for text in sent for path in re.findall(rf"{OURS}(/register/\S+)", text)} - used(hub)
        answer = send_form(client, link)
        assert answer.status_code == 303
        assert answer.headers["Location"] == (target if place == 0 else "/")


def used(hub: Hub) -> set[str]:
    """Links of registrations that were confirmed already."""
    with hub.look(SYSTEM) as work:
        rows = work.session.scalars(select(Registration).where(Registration.used_at.is_not(None))).all()
        return {f"/register/{registration_token(hub.sealer, row.code)}" for row in rows}


@pytest.mark.parametrize(
    "lie",
    [
        *FOREIGN,
        *OWN,
        "http://127.0.0.1:8000@evil.example/x",
        "http://[",
        "http://[::1",
        "\xff\xfe",
        "http://127.0.0.1:99999999/x",
    ],
)
@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
def test_visitor_is_asked_to_sign_in_and_led_back_to_us_only(app: Flask, header: str, lie: str) -> None:
    """The page that a visitor came from is taken from headers, which anybody can write."""
    if any(sign in lie for sign in "\r\n\x00"):
        return  # no server lets such a header through
    client = app.test_client()
    token = token_of(client.get("/protection"))
    headers = {header: lie.encode().decode("latin-1")} | ({"HX-Request": "true"} if header == "HX-Current-URL" else {})
    for answer in (
        client.post("/my/orders", headers=headers, data={"csrf_token": token}),
        client.post("/sell", headers=headers, data={"csrf_token": token}),
    ):
        if answer.status_code == 405:
            continue
        assert answer.status_code in (204, 303), lie
        led = answer.headers.get("HX-Redirect") or answer.headers["Location"]
        assert lands_at_home(led)
        assert "evil" not in urlsplit(led).netloc
        following = re.sub(r"^/sign-in\?next=", "", led)
        assert lands_at_home(following.replace("%2F", "/")), lie
