"""Templates can be read, and every address that code or a template builds belongs to a route that exists."""

from __future__ import annotations

import ast
import re

import jinja2
import pytest
from flask import Flask
from jinja2 import nodes

from app.factory import ROOT

TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
NAMED = re.compile(r"""url_for\(\s*['"]([\w.]+)['"]""")
FROM = re.compile(r"""\{%-?\s*(?:include|extends|from|import)\s+['"]([^'"]+)['"]""")


def endpoints_in_code() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(call, ast.Call)
                and getattr(call.func, "id", "") == "url_for"
                and isinstance(call.args[0], ast.Constant)
            ):
                found[str(call.args[0].value)] = f"{path.relative_to(ROOT)}:{call.lineno}"
    return found


def endpoints_in_templates() -> dict[str, str]:
    return {name: path for path in TEMPLATES for name in NAMED.findall((ROOT / "templates" / path).read_text())}


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_can_be_read_and_what_it_uses_exists(app: Flask, name: str) -> None:
    source = (ROOT / "templates" / name).read_text()
    try:
        app.jinja_env.get_template(name)
    except jinja2.TemplateError as fault:
        pytest.fail(f"{name}: {fault}")
    assert [used for used in FROM.findall(source) if used not in TEMPLATES] == []


def test_every_built_address_has_its_route(app: Flask) -> None:
    missing = {
        name: where for name, where in (endpoints_in_code() | endpoints_in_templates()).items() if name not in app.view_functions
    }
    assert missing == {}


def test_every_rendered_template_exists() -> None:
    missing = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and re.fullmatch(r"[\w/]+\.html", value) and value not in TEMPLATES:
                missing.append(f"{path.relative_to(ROOT)}:{node.lineno} {value}")
    assert missing == []


def test_no_template_has_inline_style_or_script() -> None:
    wrong = re.compile(r"<[^>]*\s(style|on[a-z]+)=|<style|<script(?![^>]*\bsrc=)", re.IGNORECASE)
    assert [name for name in TEMPLATES if wrong.search((ROOT / "templates" / name).read_text())] == []


# What a kept part of a page (app.web.lean) may use besides its arguments: nothing that differs from reader to reader.
SAME_FOR_ALL = {"url_for", "_", "dict", "range", "loop", "kept", "namespace", "caller"}


def strange_names(env: jinja2.Environment, path: str, macro: str, source: str = "") -> list[str]:
    """Names in the macro, and in those that it calls, that are neither its own nor the same for every reader."""
    tree = env.parse(source or (ROOT / "templates" / path).read_text())
    imported = {
        (name if isinstance(name, str) else name[1]): (each.template.value, name if isinstance(name, str) else name[0])
        for each in tree.find_all(nodes.FromImport)
        for name in each.names
    }
    own = {each.name: each for each in tree.find_all(nodes.Macro)}
    found, seen, waiting = [], set(), [macro]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in imported:
            found += strange_names(env, *imported[name])
            continue
        used = list(own[name].find_all(nodes.Name))
        given = {each.name for each in used if each.ctx in ("store", "param")}
        for each in used:
            if each.name in own or each.name in imported:
                waiting.append(each.name)
            elif each.ctx == "load" and each.name not in given | SAME_FOR_ALL:
                found.append(f"{path} {name}: {each.name}")
    return found


def test_what_is_kept_of_a_page_shows_nothing_of_its_reader(app: Flask) -> None:
    kept, faults = set(), []
    for path in TEMPLATES:
        tree = jinja2.Environment().parse((ROOT / "templates" / path).read_text())
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "kept":
                kept.add((path, call.args[0].name))
        imported = {name for each in tree.find_all(nodes.FromImport) for name in each.names}
        faults += [f"{path}: {name} is not imported" for where, name in kept if where == path and name not in imported]
    assert kept
    for path, name in sorted(kept):
        faults += strange_names(jinja2.Environment(), path, name)
    assert faults == []


@pytest.mark.parametrize("word", ["request.path", "actor.code", "csrf_token()", "shell.unread", "csp_nonce()", "theme"])
def test_the_check_sees_a_kept_part_that_looks_at_its_reader(word: str) -> None:
    plain = '{% macro m(a) %}{% set b = a %}{% for c in b %}{{ c }}{{ url_for("x") }}{{ inner(c) }}{% endfor %}{% endmacro %}'
    for inner in ("{% macro inner(d) %}{{ d }}{% endmacro %}", '{% from "components/icon.html" import icon as inner %}'):
        assert strange_names(jinja2.Environment(), "planted.html", "m", plain + inner) == []
    hidden = plain + "{% macro inner(d) %}{{ d }}{{ " + word + " }}{% endmacro %}"
    assert strange_names(jinja2.Environment(), "planted.html", "m", hidden) != []
