"""Every form of every page, found by following links and reading what the pages offer to send."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

FILES = re.compile(
    r"\.(json|jsonl|xlsx|webp|txt|css|js|svg|png|eml|policy|tlog-proof|zip|pyz|note)$|/log/checkpoint$|/progress$|^/static/"
)


class Place(Protocol):
    """A marketplace whose pages are read: its application, and a new browser of each kind of reader."""

    app: Flask

    def browser(self, role: str) -> FlaskClient: ...


@dataclass
class Field:
    """One control: its name, kind (text, textarea, hidden, select, radio, checkbox, file, submit) and what it holds now."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    chosen: bool = True
    refused: bool = False  # the page says that this one is wrong


@dataclass
class Sheet:
    """One form of a page: where it is sent, how, and its controls in order."""

    page: str
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def filled(self) -> list[tuple[str, str]]:
        """What a browser would send without anything typed; a choice that nobody has made is made."""
        sent: list[tuple[str, str]] = []
        radios: dict[str, str] = {}
        for each in self.fields:
            if each.kind == "radio":
                if each.chosen or each.name not in radios:
                    radios[each.name] = each.value
            elif each.kind == "select":
                sent.append((each.name, each.value or next((option for option in each.options if option), "")))
            elif each.kind == "checkbox" or each.kind not in ("submit", "file", "button"):
                sent.append((each.name, each.value))
        return [*sent, *radios.items()]

    @property
    def typed(self) -> list[Field]:
        """What a person fills in, each name once."""
        names: dict[str, Field] = {}
        for each in self.fields:
            if each.kind not in ("submit", "file", "button") and each.name not in ("csrf_token", ""):
                names.setdefault(each.name, each)
        return list(names.values())

    def with_value(self, name: str, value: str) -> list[tuple[str, str]]:
        """What is sent when this control holds the value."""
        return [pair for pair in self.filled if pair[0] != name] + [(name, value)]


class Reader(HTMLParser):
    """The forms, links and elements of a page."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.links, self.sheets = page, [], []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._sheet: Sheet | None = None
        self._inside: Field | None = None  # a textarea or select that is open
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.elements.append((tag, has))
        if tag == "a" and has.get("href"):
            self.links.append(urljoin(self.page, has["href"]))
        elif tag == "form":
            self._sheet = Sheet(self.page, urljoin(self.page, has.get("action") or self.page), has.get("method", "get").lower())
            self.sheets.append(self._sheet)
        elif tag == "input":
            kind = has.get("type", "text")
            if kind in ("email", "tel", "search", "url", "password"):
                kind = "text"
            if has.get("inputmode") in ("numeric", "decimal"):
                kind = "number"
            wrong = has.get("aria-invalid") == "true"
            self._add(Field(has.get("name", ""), kind, has.get("value", ""), [], "checked" in has or kind != "radio", wrong))
        elif tag in ("textarea", "select"):
            self._inside = Field(has.get("name", ""), tag, refused=has.get("aria-invalid") == "true")
            self._add(self._inside)
        elif tag == "option" and self._inside is not None:
            self._inside.options.append(has.get("value", ""))
            if "selected" in has:
                self._inside.value = has.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._sheet = None
        elif tag in ("textarea", "select"):
            if tag == "textarea" and self._inside is not None:
                self._inside.value = self._inside.value.removeprefix("\n")
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None and self._inside.kind == "textarea":
            self._inside.value += data

    def _add(self, found: Field) -> None:
        if self._sheet is not None:
            self._sheet.fields.append(found)


def endpoint_at(town: Place, address: str, method: str) -> tuple[str, str]:
    """(endpoint, wizard step or verb) of an address; ("", "") when nothing is there."""
    try:
        endpoint, values = town.app.url_map.bind("127.0.0.1").match(urlsplit(address).path, method=method)
    except HTTPException:
        return "", ""
    return endpoint, str(values.get("step", values.get("verb", "")))


def pages_of(town: Place, browser: FlaskClient, starts: list[str], most: int = 250) -> list[Reader]:
    """The pages that links lead to, one of each kind, and the starts themselves."""
    waiting, seen, kinds = deque(starts), set(starts), {}
    found: list[Reader] = []
    while waiting and len(found) < most:
        address = waiting.popleft()
        answer = browser.get(address, follow_redirects=True)
        page = answer.request.full_path.rstrip("?")
        if answer.mimetype != "text/html":
            answer.close()
            continue
        reader = Reader(page, answer.text)
        found.append(reader)
        for link in reader.links:
            parts = urlsplit(link)
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if parts.netloc not in ("", "127.0.0.1") or path in seen or FILES.search(parts.path):
                continue
            seen.add(path)
            query = parts.query.split("=")[0] if not parts.query.startswith("q=") else parts.query
            kind = f"{endpoint_at(town, link, 'GET')} {query}"
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] <= 1:
                waiting.append(path)
    return found


def sheets_of(town: Place, role: str, starts: list[str]) -> dict[str, Sheet]:
    """Forms that write, one for each endpoint, step and set of controls: name -> form."""
    found: dict[str, Sheet] = {}
    for page in pages_of(town, town.browser(role), starts):
        for sheet in page.sheets:
            if sheet.method != "post":
                continue
            endpoint, step = endpoint_at(town, sheet.action, "POST")
            names = "+".join(sorted({each.name for each in sheet.typed})[:6])
            found.setdefault(f"{endpoint} {step} {names}".strip(), sheet)
    return found
