"""The design system keeps its promises: nothing inline, every macro renders, nothing typed by people becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template, render_template_string
from flask_babel import Babel
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    FormField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms import Form as PlainForm

from app.web.forms import Form, Line, Paragraph, Required, Whole, Yuan
from app.web.rendering import day, moment, number

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CSS = ROOT / "static" / "css"
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))


# Templates


def test_templates_carry_no_inline_style_and_no_inline_handler() -> None:
    inline = re.compile(r"""<[^>]*?\s(style|on[a-z]+|hx-on[:a-z-]*)\s*=""", re.I)
    found = {
        str(path.relative_to(TEMPLATES)): hits for path in TEMPLATES.rglob("*.html") if (hits := inline.findall(path.read_text()))
    }
    assert found == {}


def test_scripts_are_files_with_the_nonce_of_the_answer() -> None:
    tags = [tag for path in TEMPLATES.rglob("*.html") for tag in re.findall(r"<script\b[^>]*>", path.read_text())]
    assert tags
    assert all("csp_nonce()" in tag and "src=" in tag for tag in tags)


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    named: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"""(?:\bicon\(|symbol=)["']([a-z-]+)["']""", path.read_text()))
    assert len(drawn) >= 20
    assert named - drawn == set()


def test_throw_away_names_never_hide_the_translation_function() -> None:
    assert [
        p.name for p in TEMPLATES.rglob("*.html") if re.search(r"{%-?\s*(set|for)\s+_\s*(=|in|,)|,\s*_\s+in\b", p.read_text())
    ] == []


# Macros


class Where(PlainForm):
    street = Line("Street", [Required()])


class Sample(Form):
    name = Line("Name", [Required()], description="As on parcels")
    story = Paragraph("Story")
    price = Yuan("Price", [Required()])
    storage = Whole("Storage")
    power = RadioField("Power", choices={"y": "Yes", "n": "No"}, validators=[Required()])
    model = SelectField("Model", choices={"a": "A", "b": "B"})
    grouped = SelectField("Maker", choices={"Near": {"l": "Lantern"}, "Far": {"r": "Reed"}})
    extras = SelectMultipleField("Extras", choices={"box": "Box", "cable": "Cable"})
    agree = BooleanField("I agree", [Required()])
    document = FileField("Document")
    password = PasswordField("Password")
    email = EmailField("E-mail")
    where = FormField(Where)


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("design", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.update(SECRET_KEY="design", WTF_CSRF_ENABLED=False, BABEL_DEFAULT_LOCALE="zh_CN")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(moment=moment, day=day, number=number)
    app.jinja_env.globals.update(csrf_token=lambda: "token", kept=lambda macro, *values: macro(*values))
    Babel(app)
    for endpoint, rule in {
        "pages.home": "/",
        "search.results": "/search",
        "accounts.sign_in": "/sign-in",
        "accounts.sign_out": "/sign-out",
        "accounts.register": "/register",
        "listings.start": "/sell",
        "pages.desk": "/desk",
        "notices.index": "/notices",
        "developers.index": "/developers",
        "pages.protection": "/protection",
        "pages.set_language": "/language",
        "pages.set_theme": "/theme",
        "appraisal.verify": "/reports",
        "appraisal.whole_register": "/registry",
        "schemes.index": "/schemes",
        "dev.sign_in": "/dev/sign-in",
        "media.show": "/media/<code>/<size>",
    }.items():
        app.add_url_rule(rule, endpoint, lambda **_: "")

    @app.context_processor
    def _frame() -> dict[str, object]:
        return {
            "csp_nonce": lambda: "nonce",
            "actor": SimpleNamespace(kind="user", has=lambda _: False),
            "shell": SimpleNamespace(unread=120, display_name="<b>Lin</b>"),
            "config_dev": True,
            "locale": "zh_CN",
            "theme": "dark",
            "request_id": "abc123",
        }

    return app


@pytest.fixture
def ask(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


PHOTO = SimpleNamespace(code="c0de", width=1600, height=1200)
AT = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script>'

# file, call, what must be seen. `h` is a hostile text: no macro may let it through.
CALLS = [
    ("icon", 'icon("seal", 16)', "icons.svg#seal"),
    ("icon", 'icon("seal", label=h)', 'role="img"'),
    ("icon", "wordmark()", "wordmark-han"),
    ("button", 'button(h, symbol="lock", name="do", value="1", busy=h)', "is-primary"),
    ("button", 'link_button(h, "/x", kind="quiet")', 'href="/x"'),
    ("button", 'post_button(h, "/x", fields={"version": 3})', 'name="csrf_token" value="token"'),
    ("button", "copy_button(h)", "data-copy="),
    ("field", "csrf()", "token"),
    ("money", "money(238000)", "2,380</span>"),
    ("money", 'money(-1288850, "lg")', '−¥</span>12,888<span class="money-cents">.50'),
    ("money", "money(1)", '0<span class="money-cents">.01'),
    ("money", "money(none)", "unknown"),
    ("badge", 'tier_badge("A", h, scheme="phone-2026.1")', "is-graded"),
    ("badge", "tier_badge(none, none)", "is-ungraded"),
    ("badge", 'tier_badge(none, h, kind="barred")', "is-barred"),
    ("badge", 'chip(h, "good", "check")', "is-good"),
    ("photo", 'photo_url(p, "page")', "/media/c0de/page"),
    ("photo", "photo(p, h)", 'width="1600" height="1200"'),
    ("photo", "photo(none, h)", "is-missing"),
    ("card", 'listing_card("/l", h, 238000, p, verdict=h, tier="A", tier_name=h, district=h, age=h, deal=h, state=h)', "2,380"),
    ("card", 'listing_card("/l", h, 238000)', "is-missing"),
    ("card", 'stat_card(h, 12, note=h, href="/x")', "stat-value"),
    ("card", "stat_card(h, 12)", "stat-value"),
    ("timeline", "when(at)", "2026-11-23 14:05"),
    ("timeline", 'timeline([{"what": h, "who": h, "at": at, "evidence": [(h, "/e")]}, {"what": h, "state": "current", "due": at}])', "is-current"),
    ("stepper", 'stepper(3, 7, h, back_href="/b", steps=[(h, "/1"), (h, none)])', "is-now"),
    ("progress", "progress(4, 9, h)", '<progress value="4" max="9"'),
    ("gallery", "gallery([p, p], h)", "gallery-thumbs"),
    ("gallery", "gallery([], h)", "is-missing"),
    ("empty", "drawing('search')", "<svg"),
    ("empty", "empty(h, h, 'door')", "empty-title"),
    ("notice", "notice(h, 'danger', title=h, spoken=true)", 'role="alert"'),
    ("notice", "flashes()", ""),
    ("pagination", 'pagination(4, 12, "search.results", {"q": h})', 'aria-current="page">4<'),
    ("pagination", 'pagination(1, 1, "search.results")', ""),
    ("pagination", 'pager("/n", "/o")', 'rel="next"'),
    ("table", 'table([(h, "text"), (h, "num")], [[h, none]], h)', "unknown"),
    ("table", 'table([(h, "text")], [], h, empty_text=h)', "table-empty"),
    ("table", "facts([(h, h), (h, none)])", "unknown"),
    ("checkdoor", 'checkdoor(h, rests_on=[h, (h, "2026-11-11")], how=[h, {"text": h, "code": h}, {"text": h, "href": "/r"}], subject=h)', "<summary"),
    ("rangebar", "rangebar(215000, 260000, 238000, asking=239900, ticks=[209900, 268000], wide_low=206000, wide_high=271000, sentence=h)", "2,399"),
    ("rangebar", "rangebar(100, 100, 100)", "rangebar-usual"),
    ("status", "status(h, next=h, deadline=at, otherwise=h)", "2026-11-23 14:05"),
    ("upload", 'photo_upload("photos", "p", "/up", "list", h, hint=h)', 'data-upload="/up"'),
]  # fmt: skip
BLOCKS = [
    ("card", "card(h)"),
    ("card", "stat_card(h, 1)"),
    ("dialog", 'dialog("d", h, h)'),
    ("empty", "empty(h)"),
    ("notice", "notice(title=h)"),
    ("status", "status(h)"),
    ("checkdoor", "checkdoor(h)"),
    ("timeline", 'timeline([{"what": h, "state": "current"}])'),
]
OWN_TESTS = {
    ("field", "field"),
    ("field", "form_tokens"),
    ("field", "error_summary"),
    ("finding", "finding"),
    ("finding", "told"),
}


class Wellformed(HTMLParser):
    """Tags open and close in order; nothing of what a user typed becomes a tag."""

    void = frozenset({"input", "img", "br", "hr", "meta", "link", "path", "circle", "rect", "line", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script", "user text became a script"
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice on <{tag}>"
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def check_markup(html: str) -> None:
    parser = Wellformed()
    parser.feed(html)
    parser.close()
    assert parser.open == []


def macro_name(call: str) -> str:
    return call.split("(")[0]


@pytest.mark.parametrize(("file", "call", "seen"), CALLS)
def test_macro_renders_and_lets_no_markup_of_users_through(ask: None, file: str, call: str, seen: str) -> None:
    html = render_template_string(
        f'{{% from "components/{file}.html" import {macro_name(call)} %}}{{{{ {call} }}}}', h=HOSTILE, p=PHOTO, at=AT
    )
    assert seen in html
    check_markup(html)


@pytest.mark.parametrize(("file", "call"), BLOCKS)
def test_macro_takes_a_body(ask: None, file: str, call: str) -> None:
    html = render_template_string(
        f'{{% from "components/{file}.html" import {macro_name(call)} %}}{{% call {call} %}}<p>body</p>{{% endcall %}}', h=HOSTILE
    )
    assert "<p>body</p>" in html
    check_markup(html)


def test_every_macro_has_a_test() -> None:
    defined = {(path.stem, name) for path in COMPONENTS for name in re.findall(r"{%-? macro ([a-z][a-z_]*)\(", path.read_text())}
    tested = {(file, macro_name(call)) for file, call, _ in CALLS} | {(file, macro_name(call)) for file, call in BLOCKS}
    assert defined - tested - OWN_TESTS == set()


def filled(**values: object) -> Sample:
    form = Sample(MultiDict(values), meta={"csrf": False})
    form.validate()
    return form


def rendered(form: Sample) -> str:
    source = """{% from "components/field.html" import field, form_tokens, error_summary %}
    {{ form_tokens(form) }}{{ error_summary(form) }}{% for f in form %}{{ field(f, suffix="GB" if f.name == "storage" else none) }}{% endfor %}"""
    return render_template_string(source, form=form)


def test_fields_of_every_kind_render_with_a_label_for_their_control(ask: None) -> None:
    html = rendered(filled())
    check_markup(html)
    controls = re.findall(r'<(?:input|select|textarea)[^>]*?id="([^"]+)"[^>]*', html)
    labels = set(re.findall(r'<label[^>]*for="([^"]+)"', html))
    assert len(controls) >= 14
    assert set(controls) - labels == set()


def test_what_was_typed_is_shown_again_even_when_it_could_not_be_read(ask: None) -> None:
    html = rendered(filled(name=HOSTILE, price="2,38o", storage="a lot", power="n", model="b", extras="cable", story="one\ntwo"))
    check_markup(html)
    assert 'value="2,38o"' in html
    assert 'value="a lot"' in html
    assert re.search(r'id="power-1"[^>]*checked', html)
    assert '<option value="b" selected>' in html
    assert '<optgroup label="Near">' in html
    assert re.search(r'type="checkbox" id="extras-1"[^>]*value="cable"[^>]*checked', html)
    assert "one\ntwo</textarea>" in html


def test_a_message_is_tied_to_its_field_and_listed_above_the_form(ask: None) -> None:
    html = rendered(filled(price="2,38o"))
    assert re.search(r'id="price"[^>]*aria-describedby="price-error"[^>]*aria-invalid="true"', html)
    assert 'id="price-error"' in html
    assert '<a href="#price">' in html
    assert re.search(r'id="storage"[^>]*aria-describedby="storage-unit"', html)
    for pointed in re.findall(r'aria-describedby="([^"]+)"', html):
        for target in pointed.split():
            assert f'id="{target}"' in html


def test_a_password_is_never_written_back(ask: None) -> None:
    assert "hunter2" not in rendered(filled(password="hunter2"))


def test_no_field_cuts_off_or_refuses_by_itself(ask: None) -> None:
    html = rendered(filled())
    assert not re.search(r"\s(maxlength|required|pattern)[=\s>]", html)
    assert 'type="number"' not in html


# Pages


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_error_page_says_what_happened_what_was_kept_and_the_number(ask: None, status: int) -> None:
    html = render_template(
        "errors/page.html", status=status, code="x", message=HOSTILE, errors={"a": HOSTILE}, request_id="abc123"
    )
    assert "<script>alert" not in html
    assert 'class="error-kept"' in html
    assert "abc123" in html
    part = render_template("errors/_refusal.html", status=status, code="x", message=HOSTILE, errors={}, request_id="abc123")
    check_markup(part)
    assert "<html" not in part


def test_frame_has_language_theme_skip_link_and_safe_htmx(ask: None) -> None:
    html = render_template("base.html")
    assert '<html lang="zh-CN" data-theme="dark">' in html
    assert 'href="#main"' in html
    assert 'id="main"' in html
    config = re.search(r"name=\"htmx-config\" content='([^']+)'", html)
    assert config
    for setting in ('"includeIndicatorStyles":false', '"allowEval":false', '"allowScriptTags":false', '"selfRequestsOnly":true'):
        assert setting in config[1]
    assert '{"code":"422","swap":true}' in config[1]
    assert "inlineScriptNonce" not in config[1]
    assert "99+" in html
    assert "<b>Lin</b>" not in html


def test_style_guide_renders_with_unique_ids(ask: None) -> None:
    html = render_template("styleguide/index.html")
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'<label[^>]*for="([^"]+)"', html):
        assert target in ids
