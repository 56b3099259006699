"""Interface languages: zh-CN (default) and English, by the reader's choice in a cookie."""

from __future__ import annotations

from flask import Flask, has_request_context, request
from flask_babel import Babel

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
COOKIE = "lang"


def chosen() -> str:
    """The language of this request."""
    if has_request_context() and request.cookies.get(COOKIE) in LANGUAGES:
        return str(request.cookies[COOKIE])
    return "zh_CN"


def set_up(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_CN"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=chosen)
