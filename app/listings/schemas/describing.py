"""An attribute schema as programs read it."""

from __future__ import annotations

from app.listings.schema import Question, Schema
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
        facts=[_question(each) for each in schema.facts],
        questions=[_question(each) for each in schema.questions],
        handing=[_question(each) for each in schema.handing],
        photos_least=schema.photos.least,
        photos_most=schema.photos.most,
        shots=[
            ShotOut(code=each.code, name=words(each.name.names), hint=words(each.hint.names), required=each.required)
            for each in schema.photos.shots
        ],
        asks_erasure=schema.erasure is not None,
    )


def _question(question: Question) -> QuestionOut:
    is_counted = question.kind in ("percent", "number")
    return QuestionOut(
        code=question.code,
        kind=question.kind,
        ask=words(question.ask.names),
        options=[
            OptionOut(
                code=option.code,
                name=words(option.name.names),
                example=words(option.example.names) if option.example else None,
                alone=option.alone,
            )
            for option in question.options
        ],
        least=question.least if is_counted else None,
        most=question.most if is_counted else None,
        decimals=question.decimals,
        unit=words(question.unit.names) if question.unit else None,
        longest=question.longest if question.kind == "text" else None,
        required=question.required,
        unknown=question.unknown,
        applies_to={name: list(values) for name, values in question.applies_to.items()},
    )
