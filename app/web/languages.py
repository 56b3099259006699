"""Interface languages: zh-CN (default) and English, by the reader's choice in a cookie."""

from __future__ import annotations

from babel import Locale
from flask import Flask, has_request_context, request
from flask_babel import Babel

from app.web.bearer import is_program

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
COOKIE = "lang"


def chosen() -> Locale:
    """The language of this request: the reader's cookie; for programs the header Accept-Language.

    Babel calls zh_CN zh_Hans_CN; the catalogue lies in translations/zh, found for both.
    """
    if has_request_context() and is_program():
        return Locale("en") if request.accept_languages.best_match(["zh", "en"], "zh") == "en" else Locale.parse("zh_CN")
    name = request.cookies.get(COOKIE) if has_request_context() else None
    return Locale("en") if name == "en" else Locale.parse("zh_CN")


def chosen_name() -> str:
    """The language of this request as we keep it with people: a key of LANGUAGES."""
    return "en" if chosen().language == "en" else "zh_CN"


def set_up(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=chosen)
