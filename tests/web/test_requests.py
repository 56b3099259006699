"""What a request opened is closed when it ends."""

from __future__ import annotations

import gc
import io
import warnings
from typing import Any

import pytest
from flask import Flask, Request, request
from werkzeug.test import EnvironBuilder

from app.web.requests import ClosingRequest

LARGE = 600_000  # bytes: from half a million on the framework keeps an upload in a file


def left_open(app: Flask, cut: int) -> list[str]:
    """What the collector finds open after a form with one large file came without its last ``cut`` bytes."""
    builder = EnvironBuilder(method="POST", data={"photo": (io.BytesIO(bytes(LARGE)), "a.jpg")})
    environ: dict[str, Any] = builder.get_environ()
    whole = environ["wsgi.input"].read()
    environ["wsgi.input"].close()
    environ["wsgi.input"] = io.BytesIO(whole[: len(whole) - cut])
    builder.close()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        b"".join(app.wsgi_app(environ, lambda status, headers, trouble=None: lambda data: None))
        environ.clear()
        gc.collect()
    return [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]


@pytest.mark.parametrize("cut", [0, 1, 50_000])
def test_no_file_of_a_form_stays_open_whether_it_came_whole_or_broke_off(cut: int) -> None:
    app = Flask("closing")
    app.request_class = ClosingRequest
    app.post("/")(_names)
    assert left_open(app, cut) == []


def test_the_framework_alone_leaves_the_file_of_a_broken_form_to_the_collector() -> None:
    app = Flask("plain")
    app.request_class = Request
    app.post("/")(_names)
    assert left_open(app, 0) == []
    assert left_open(app, 50_000) != []  # else the class above is needless


def _names() -> str:
    return ",".join(request.files)
