"""What programs get of notices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.web.api.shapes import Code, Moment, PageQuery, Shape


class NoticesQuery(PageQuery):
    """Your notices."""


class NoticeOut(Shape):
    """One thing that you should know."""

    code: Code
    text: Annotated[str, Field(description="In the language of Accept-Language.")]
    link: Annotated[
        str, Field(description="Path of the page it is about; may be empty.", examples=["/orders/7kq2m9v4x0c8n1t5r3wz6ybhdj"])
    ]
    at: Moment
    read_at: Moment | None


class NoticePage(Shape):
    """One page of notices, newest first."""

    items: list[NoticeOut]
    next_cursor: Annotated[str | None, Field(description="Send it as `cursor` to get the next page; null on the last page.")]
    unread: Annotated[int, Field(description="How many have not been read, on all pages.")]


class Marked(Shape):
    """How many notices were new."""

    marked: int
