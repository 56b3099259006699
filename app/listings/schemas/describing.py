"""An attribute schema as programs read it."""

from __future__ import annotations

from app.listings.schema import Schema
from app.listings.schemas import AttributeOut, CategorySchema, OptionOut, QuestionOut, ShotOut
from app.web.api.shapes import words


def described(schema: Schema) -> CategorySchema:
    """Everything that a seller is asked."""
    return CategorySchema(
        id=schema.id,
        category=schema.category,
        name=words(schema.name.names),
        attributes=[
            AttributeOut(
                code=each.code,
                type=each.type,
                source=each.source,
                required=each.required,
                unit=each.unit,
                name=words(each.name.names),
            )
            for each in schema.attributes
        ],
        questions=[
            QuestionOut(
                code=each.code,
                kind=each.kind,
                ask=words(each.ask.names),
                options=[
                    OptionOut(
                        code=option.code,
                        name=words(option.name.names),
                        example=words(option.example.names) if option.example else None,
                        alone=option.alone,
                    )
                    for option in each.options
                ],
                least=each.least if each.kind == "percent" else None,
                most=each.most if each.kind == "percent" else None,
                unknown=each.unknown,
            )
            for each in schema.questions
        ],
        photos_least=schema.photos.least,
        photos_most=schema.photos.most,
        shots=[
            ShotOut(code=each.code, name=words(each.name.names), hint=words(each.hint.names), required=each.required)
            for each in schema.photos.shots
        ],
        asks_erasure=schema.erasure is not None,
    )
