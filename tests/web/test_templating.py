"""Templates with their sentences in them, and remembered addresses: the same text as translating and routing each time."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string, url_for
from markupsafe import Markup

HOSTILE = "<script>alert(1)</script>&'\""


def both(app: Flask, source: str, **values: object) -> list[str]:
    """The template in Chinese and in English, from one application."""
    told = []
    for language in ("zh_CN", "en"):
        with app.test_request_context("/", headers={"Cookie": f"lang={language}"}):
            template = app.jinja_env.from_string(source)
            told.append(template.render(**values))
    return told


def test_a_sentence_is_in_the_readers_language_and_languages_do_not_mix(app: Flask, client) -> None:
    for _ in range(2):
        client.set_cookie("lang", "en")
        assert "Second-hand things that can be checked" in client.get("/").text
        client.set_cookie("lang", "zh_CN")
        chinese = client.get("/").text
        assert "Second-hand things that can be checked" not in chinese
        assert '<html lang="zh-CN"' in chinese


def test_values_are_escaped_and_markup_stays(app: Flask) -> None:
    for told in both(app, '{{ _("Rule %(number)s", number=value) }}', value=HOSTILE):
        assert "<script>" not in told
        assert str(Markup.escape(HOSTILE)) in told
    for told in both(app, '{{ _("Rule %(number)s", number=value) }}', value=Markup("<b>7</b>")):
        assert "<b>7</b>" in told


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('{{ _("no such sentence") }}', "no such sentence"),
        ('{{ _("50 %% of %(what)s", what="it") }}', "50 % of it"),
        ('{{ _("%(a)s and %(a)s, %(b)s", a=1, b=2) }}', "1 and 1, 2"),
        ('{{ _("%(a)d things", a=7) }}', "7 things"),
        ('{% set words = "no such sentence" %}{{ _(words) }}', "no such sentence"),
        ('{{ _("a") ~ _("b") }}', "ab"),
        ('{{ _("a & b") }}', "a & b"),
        ('{% set found = _("%(a)s!", a="<") %}{{ found|length }}', "5"),
    ],
)
def test_every_way_of_saying_a_sentence(app: Flask, source: str, told: str) -> None:
    assert both(app, source) == [told, told]


def test_outside_a_request_nothing_is_compiled_for_a_language(app: Flask) -> None:
    with app.app_context():
        app.jinja_env.get_template("errors/_refusal.html")
    with app.test_request_context("/", headers={"Cookie": "lang=zh_CN"}):
        told = render_template_string('{% include "errors/_refusal.html" %}', status=500, message="x", request_id="abc")
        assert "If you write to us" not in told


ADDRESSES = [
    ("pages.home", {}),
    ("listings.show", {"code": "abc123"}),
    ("listings.show", {"code": "a b/ü?&"}),
    ("media.show", {"code": "abc", "size": "card"}),
    ("search.results", {"q": "苹果 13 & co", "page": 2}),
    ("search.results", {"q": "", "page": 2}),
    ("search.results", {"q": None, "brand": "apple"}),
    ("search.results", {"tier": ["A", "B"], "sort": "newest"}),
    ("search.results", {"q": "a+b=c/d:e;f,g@h!$'()*~", "min": "1.50"}),
    ("pages.send_job_again", {"delivery_id": 7}),
    ("static", {"filename": "css/base.css"}),
    ("listings.show", {"code": "abc", "_anchor": "grade"}),
    ("listings.show", {"code": "abc", "_external": True}),
    ("listings.show", {"code": "zq0qz"}),
]


@pytest.mark.parametrize(("endpoint", "values"), ADDRESSES)
@pytest.mark.parametrize("root", ["", "/market"])
def test_a_remembered_address_is_what_the_router_builds(app: Flask, endpoint: str, values: dict, root: str) -> None:
    ours = app.jinja_env.globals["url_for"]
    with app.test_request_context("/", base_url=f"http://127.0.0.1{root}"):
        for _ in range(2):
            assert ours(endpoint, **values) == url_for(endpoint, **values)


def test_an_address_that_does_not_exist_is_an_error(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(Exception, match="nothing"):
        app.jinja_env.globals["url_for"]("no.such", nothing=1)
