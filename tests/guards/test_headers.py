"""Every answer carries the protective headers: pages, redirects, refusals and faults."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def addresses(app: Flask) -> list[str]:
    """Every GET address, with a plausible but unknown value for each part."""
    values = {"int": "999999", "string": "0" * 26, "path": "nowhere", "uuid": "0" * 32}
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        address = rule.rule
        for part in re.findall(r"<[^>]+>", rule.rule):
            converter = part[1:-1].split("(")[0].split(":")[0] if ":" in part else "string"
            address = address.replace(part, values.get(converter, "0" * 26))
        found.append(address)
    return sorted(set(found))


def check(answer) -> None:
    for name, value in FIXED.items():
        assert answer.headers.get(name) == value, (answer.request.path, name)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-" not in policy
    assert "frame-ancestors 'none'" in policy
    if answer.mimetype == "text/html":
        assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]


def test_headers_are_on_every_address(app: Flask, client: FlaskClient) -> None:
    for address in addresses(app):
        answer = client.get(address)
        assert answer.status_code < 500, address
        check(answer)


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("get", "/no/such/page", 404), ("delete", "/", 405), ("post", "/sign-in", 400), ("get", "/items/%00", 404)],
)
def test_headers_are_on_refusals(client: FlaskClient, method: str, address: str, status: int) -> None:
    answer = getattr(client, method)(address)
    assert answer.status_code == status
    check(answer)


def test_headers_are_on_faults_and_the_page_tells_nothing(new_app: Flask) -> None:
    new_app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise RuntimeError("SELECT secret FROM somewhere")

    broken.__policy__ = ("anyone",)  # type: ignore[attr-defined]
    new_app.add_url_rule("/broken", "broken", broken)
    answer = new_app.test_client().get("/broken")
    assert answer.status_code == 500
    check(answer)
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text


def test_nonce_is_fresh_for_every_answer(client: FlaskClient) -> None:
    nonces = {re.search(r"'nonce-([^']+)'", client.get("/").headers["Content-Security-Policy"]).group(1) for _ in range(5)}
    assert len(nonces) == 5


def test_foreign_host_is_refused(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_write_from_another_site_is_refused(client: FlaskClient) -> None:
    answer = client.post("/language", data={"lang": "en"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_write_without_a_form_token_is_refused(client: FlaskClient) -> None:
    assert client.post("/language", data={"lang": "en"}).status_code == 400
