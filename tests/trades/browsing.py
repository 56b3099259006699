"""What the tests of a sale's pages read and send."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.trades.making import (
    ADDRESS,
    PRICE,
)


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.status_code
    return answer.get_data(as_text=True)


def purchase(**changes: object) -> dict[str, object]:
    return {"expected_price_fen": str(PRICE), "delivery": "parcel", **ADDRESS, **changes}
