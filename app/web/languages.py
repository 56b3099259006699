"""Interface languages: zh-CN (default) and English, by the reader's choice in a cookie."""

from __future__ import annotations

from babel import Locale
from flask import Flask, has_request_context, request
from flask_babel import Babel

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
COOKIE = "lang"


def chosen() -> Locale:
    """The language of this request (Babel calls zh_CN zh_Hans_CN; the catalogue lies in translations/zh, found for both)."""
    name = request.cookies.get(COOKIE) if has_request_context() else None
    return Locale("en") if name == "en" else Locale.parse("zh_CN")


def chosen_name() -> str:
    """The language of this request as we keep it with people: a key of LANGUAGES."""
    return "en" if chosen().language == "en" else "zh_CN"


def set_up(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=chosen)
