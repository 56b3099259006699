"""What can be sold, and what its seller is asked."""

from __future__ import annotations

from app.goods import errors as goods
from app.kernel.text import N_
from app.listings.api.shaping import face
from app.listings.schema import categories, newest_schema
from app.listings.schemas import Categories, CategoryOut, CategorySchema
from app.listings.schemas.describing import described
from app.web.api import Answer, Call
from app.web.api.shapes import words


@face.get(
    "/categories",
    id="listCategories",
    tag="catalogue",
    summary=N_("What can be sold"),
    roles=("anyone",),
    answer=Categories,
    links={"schema": ("getCategorySchema", {"category": "$response.body#/items/0/code"})},
)
def list_categories(call: Call) -> Answer:
    """Every category with the id of its newest schema."""
    items = [
        CategoryOut(code=each.category, name=words(each.name.names), schema_id=each.id)
        for each in map(newest_schema, categories())
        if each is not None
    ]
    return Answer(Categories(items=items, next_cursor=None))


@face.get(
    "/categories/{category}/schema",
    id="getCategorySchema",
    tag="catalogue",
    summary=N_("What a seller is asked"),
    roles=("anyone",),
    answer=CategorySchema,
    refusals=(goods.CategoryNotFound,),
)
def category_schema(call: Call, category: str) -> Answer:
    """The facts, questions and photos of new listings of a category: what `facts` and `answers` of a draft may hold."""
    schema = newest_schema(category)
    if schema is None:
        raise goods.CategoryNotFound()
    return Answer(described(schema))
