"""Templates can be read, and every address that code or a template builds belongs to a route that exists."""

from __future__ import annotations

import ast
import re

import jinja2
import pytest
from flask import Flask

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
