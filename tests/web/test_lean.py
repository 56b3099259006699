"""What compiled templates run on says the same as Jinja's own; what is kept of pages is never somebody else's or of before."""

from __future__ import annotations

import pytest
from flask import Flask
from jinja2 import Environment
from markupsafe import Markup
from markupsafe import escape as plain_escape

from app.web import lean

HOSTILE = "<script>alert(1)</script>&'\""


class Drawn:
    """Something that says itself how it is written."""

    def __html__(self) -> str:
        return "<b>drawn</b>"


class Text(str):
    """Text of a class of its own."""


VALUES = (
    HOSTILE,
    Text(HOSTILE),
    Markup("<b>&amp;</b>"),
    Drawn(),
    7,
    -1,
    True,
    None,
    1.5,
    "",
    "好",
    [HOSTILE],
    Exception(HOSTILE),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_written_as_markupsafe_writes_it(value: object) -> None:
    assert str(lean.escape(value)) == str(plain_escape(value))


TEMPLATES = [
    "{{ v }}",
    "{{ v ~ '<' }}",
    "{{ ('<' ~ 1)|length }}",
    "{{ '<b>' ~ (v|safe) ~ '<b>' }}",
    "{% set x %}<i>{{ v }}</i>{% endset %}{{ x }}",
    "{% macro m(a, b='<') %}{{ a }}{{ b }}{% endmacro %}{{ m(v) }}{{ m(v, v) }}{{ m(b=v, a=1) }}{{ m() }}{{ m(m(v)) }}",
    "{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call m(v) %}<u>{{ v }}</u>{% endcall %}",
    "{% macro m(a) %}{{ a }}{% if caller is defined %}{{ caller() }}{% endif %}{% endmacro %}{{ m(v) }}",
    "{% macro m(a) %}{{ a }}{{ varargs|length }}{{ kwargs|length }}{% endmacro %}{{ m(v, 2, 3, c=4) }}",
    "{% macro m(a) %}<p>{{ a }}</p>{% endmacro %}{% for x in [v, v] %}{{ m(x) }}{{ loop.index }}{% endfor %}",
    "{% macro m(a) %}<p>{{ a }}</p>{% endmacro %}{{ m(v) ~ v }}|{{ m(v)|length }}|{{ m(v)|replace('p', '<') }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ [m(v), v]|join('<') }}",
    "{{ '%s'|format(v) }}|{{ ['a']|join(v) }}|{{ {'a': v}.a }}",
]


@pytest.mark.parametrize("value", [HOSTILE, Markup("<b>m</b>"), 7, None], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("source", TEMPLATES)
def test_a_template_says_what_it_says_with_jinja_alone(app: Flask, source: str, value: object) -> None:
    plain = Environment(autoescape=True)
    plain.filters.update(app.jinja_env.filters)
    with app.test_request_context("/"):
        assert app.jinja_env.from_string(source).render(v=value) == plain.from_string(source).render(v=value)


@pytest.mark.parametrize("call", ["m(1, 2, 3)", "m(1, c=2)", "m(1, a=1)", "m(1, caller=2)"])
def test_a_wrong_call_is_refused(app: Flask, call: str) -> None:
    with app.test_request_context("/"), pytest.raises(TypeError, match="macro 'm'"):
        app.jinja_env.from_string("{% macro m(a, b=2) %}{{ a }}{% endmacro %}{{ " + call + " }}").render()


def told(*values: object, **named: object) -> str:
    return "|".join(str(lean.escape(each)) for each in (*values, *named.values()))


def test_what_is_kept_is_told_apart_by_everything_it_was_made_of(app: Flask) -> None:
    kept = lean.Kept()
    calls = [
        ((1,), {}), ((True,), {}), ((1.0,), {}), (("1",), {}), (("&amp;",), {}), ((Markup("&amp;"),), {}), (("a", "b"), {}),
        (("a",), {"x": "b"}), (("a",), {"y": "b"}), ((), {"x": "a", "y": "b"}), ((None,), {}), (("",), {}),
    ]  # fmt: skip
    with app.test_request_context("/"):
        for _ in range(2):
            for args, named in calls:
                assert kept.part(told, *args, **named) == told(*args, **named)


def test_what_is_kept_is_made_once_and_does_not_grow_without_end(app: Flask) -> None:
    kept, made = lean.Kept(most=1_000), []

    def part(number: int) -> str:
        made.append(number)
        return f"{number:090}"

    with app.test_request_context("/"):
        for number in range(200):
            assert kept.part(part, number) == f"{number:090}"
            assert kept.part(part, 0) == f"{0:090}"  # asked for all the time, so it stays
    assert made == list(range(200))
    assert len(kept._young) + len(kept._old) <= 11


def test_a_kept_part_is_in_the_readers_language(app: Flask) -> None:
    source = '{% from "components/badge.html" import tier_badge %}{{ kept(tier_badge, none, none) }}'
    for _ in range(2):
        for language, words in (("zh_CN", "未鉴定"), ("en", "Not appraised")):
            with app.test_request_context("/", headers={"Cookie": f"lang={language}"}):
                assert words in app.jinja_env.from_string(source).render()
