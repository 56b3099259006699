"""What programs get about their own account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.web.api.shapes import Code, Shape


class Duty(Shape):
    """A role in an organisation."""

    role: Annotated[str, Field(examples=["appraiser"])]
    organisation: str
    organisation_code: Code


class TokenOfMine(Shape):
    """The token of this request."""

    code: Code
    label: str
    scopes: Annotated[list[str], Field(examples=[["listings:read", "listings:write"]])]


class Me(Shape):
    """The person for whom the token speaks."""

    code: Code
    display_name: str
    duties: list[Duty]
    token: TokenOfMine
