"""Numbers in addresses."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from app.web.addresses import PlainInteger


@pytest.mark.parametrize("text", ["00", "01", "%EF%BC%90", "%D9%A3", "+1", "-1", "1.0", "1_0", "9" * 19, ""])
def test_a_number_in_an_address_has_one_spelling(text: str) -> None:
    addresses = Map([Rule("/events/<int:idx>", endpoint="event")], converters={"int": PlainInteger}).bind("localhost")
    with pytest.raises(NotFound):
        addresses.match("/events/" + unquote(text))
    assert addresses.match("/events/10") == ("event", {"idx": 10})
