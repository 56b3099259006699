"""Interface languages: zh-CN (default) and English, by the reader's choice in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.support import Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel

from app.web.bearer import is_program

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
COOKIE = "lang"

# Babel calls zh_CN zh_Hans_CN; the catalogue lies in translations/zh, found for both.
_LOCALES = {"zh_CN": Locale.parse("zh_CN"), "en": Locale("en")}


@dataclass(frozen=True)
class Language:
    """One of LANGUAGES. ``say`` translates a message id; ``code`` is the key of texts that carry both languages.

    ``key`` names what was made for the language: outside requests sentences stay as they are, which is no language of a page.
    """

    key: str
    name: str
    code: str
    say: Callable[[str], str]


def present() -> Language:
    """The language of this request; outside one, the default. Asked a few hundred times a page."""
    try:
        return g.language  # type: ignore[no-any-return]
    except AttributeError:
        if has_request_context():
            g.language = _language(_asked_for(), current_app.config["BABEL_TRANSLATION_DIRECTORIES"])
            return g.language  # type: ignore[no-any-return]
    except RuntimeError:  # not even an application
        pass
    return _language("zh_CN", "")


def _asked_for() -> str:
    """The reader's cookie; for programs the header Accept-Language."""
    if is_program():
        return "en" if request.accept_languages.best_match(["zh", "en"], "zh") == "en" else "zh_CN"
    return "en" if request.cookies.get(COOKIE) == "en" else "zh_CN"


def chosen() -> Locale:
    """The language of this request, for Babel."""
    return _LOCALES[present().name]


def chosen_name() -> str:
    """The language of this request as we keep it with people: a key of LANGUAGES."""
    return present().name


def gettext(message: str, **values: object) -> str:
    """The sentence in the reader's language with its values. flask_babel's looks for the request anew at every sentence."""
    told = present().say(message)
    return told % values if values else told


def set_up(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=chosen)


@cache
def _language(name: str, folder: str) -> Language:
    say = Translations.load(folder, [_LOCALES[name]]).gettext if folder else str
    return Language(name if folder else "", name, name[:2], say)
