"""From a checked document to the frozen scheme that the engine walks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from grading.errors import Words
from grading.schemes import model
from grading.schemes.document import (
    ConditionPart,
    CrossRulePart,
    FactPart,
    FigurePart,
    ItemPart,
    OutcomePart,
    SchemePart,
    SectionPart,
    SourcePart,
    TypePart,
    WordsPart,
)

K = TypeVar("K")
V = TypeVar("V")


def build_scheme(document: SchemePart, sha256: str) -> model.Scheme:
    """The scheme of a document that passed every check."""
    meta, certificate = document.meta, document.erasure_certificate
    return model.Scheme(
        id=meta.scheme_id,
        category=meta.category,
        name=_words(meta.name),
        label=_words(meta.label),
        version=meta.version,
        effective_from=meta.effective_from,
        effective_until=meta.effective_until,
        sha256=sha256,
        base_score=meta.base_score,
        floor=meta.floor,
        decimals=meta.decimals,
        algorithm=tuple(map(_words, meta.algorithm)),
        sections=tuple(_section(section, document) for section in document.sections),
        tiers=tuple(
            model.Tier(
                code=tier.code,
                name=_words(tier.name),
                min_score=tier.min_score,
                cn=tier.cn,
                equivalents=_frozen(tier.equivalents),
                needs_fully_functional=tier.needs_fully_functional,
            )
            for tier in document.tiers
        ),
        statuses=tuple(model.Status(s.code, _words(s.name), _words(s.meaning)) for s in meta.statuses),
        groups=_frozen({key: _words(name) for key, name in document.groups.items()}),
        instruments=_frozen({key: _words(name) for key, name in document.instruments.items()}),
        cross_rules=tuple(map(_cross_rule, document.cross_rules)),
        facts=tuple(_fact(key, fact, document) for key, fact in document.facts.items()),
        derived=tuple(model.DerivedFact(d.key, _words(d.name), d.op, tuple(d.of), d.attr, d.decimals) for d in document.derived),
        type_fact=next((key for key, fact in document.facts.items() if fact.kind == "type"), None),
        types=_frozen({code: _type(code, kind) for code, kind in document.types.items()}),
        functional=model.Functional(tuple(meta.fully_functional.sections), meta.fully_functional.number_deduct_at_least),
        sources=_frozen({code: _source(code, source) for code, source in document.sources.items()}),
        definitions=_frozen({key: _words(text) for key, text in meta.definitions.items()}),
        equivalents_note=_words_or_none(document.equivalents_note),
        test_record=None
        if document.test_record is None
        else model.TestRecord(
            document.test_record.basis, tuple(document.test_record.source), tuple(document.test_record.required_fields)
        ),
        erasure_certificate=None
        if certificate is None
        else model.ErasureCertificate(
            basis=certificate.basis,
            source=tuple(certificate.source),
            required_fields=tuple(certificate.required_fields),
            sanitisation_levels=tuple(certificate.sanitisation_levels),
            minimum_for_resale=certificate.minimum_for_resale,
            reject_methods=tuple(certificate.reject_methods),
            retention_years=certificate.retention_years,
            retention_basis=_words(certificate.retention_basis),
            second_person_check_pct=certificate.second_person_check_pct,
            second_person_check_basis=_words(certificate.second_person_check_basis),
        ),
    )


def _frozen(values: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(values))


def _words(part: WordsPart) -> Words:
    return Words(part.zh, part.en)


def _words_or_none(part: WordsPart | None) -> Words | None:
    return None if part is None else _words(part)


def _outcome(part: OutcomePart) -> model.Outcome:
    deduct = Decimal(0) if part.deduct is None else part.deduct
    return model.Outcome(deduct, part.cap, part.effect, part.disclose, part.flag)


def _section(part: SectionPart, document: SchemePart) -> model.Section:
    items = tuple(_item(item, part, document) for item in part.items)
    return model.Section(part.code, _words(part.name), part.kind, part.max_deduction, items)


def _item(part: ItemPart, section: SectionPart, document: SchemePart) -> model.Item:
    edges = [band.max if part.bands_order else band.min for band in part.bands or []]
    kind: model.ItemKind = "severity" if part.kind is None else part.kind
    rescale = part.rescale
    return model.Item(
        code=part.code,
        key=part.key,
        section=section.code,
        name=_words(part.name),
        kind=kind,
        required=part.required,
        basis=part.basis,
        source=tuple(part.source),
        method=_words_or_none(part.method),
        severity=part.severity,
        options=_options(part, document),
        bands=tuple(
            model.Band(edge, _outcome(band)) for edge, band in zip(edges, part.bands or [], strict=True) if edge is not None
        ),
        ascending_max=part.bands_order is not None,
        unit=part.unit or "",
        min=part.min,
        max=part.max,
        decimals=part.decimals or 0,
        max_length=part.max_length,
        rescale=None if rescale is None else model.Rescale(rescale.fact, rescale.default, rescale.to),
        required_any=part.required_any,
        only_if_missing=part.only_if_missing,
        applies=None if part.applies is None else _condition(part.applies),
        computed_by=None if part.computed is None else part.computed.by,
        computed_from=None if part.computed is None else part.computed.fact,
        may_be_typed=part.computed is not None and part.computed.or_typed,
        places=tuple(part.places or section.places or ()),
        instrument=part.instrument,
    )


def _options(part: ItemPart, document: SchemePart) -> tuple[model.Option, ...]:
    table = document.meta.severity
    if part.severity is not None and table is not None:
        row = table.levels[part.severity]
        return tuple(
            model.Option(value, Words(said.zh, said.en), _outcome(row.get(value, OutcomePart())), state=said.state)
            for value, said in table.values.items()
        )
    return tuple(
        model.Option(value, Words(option.zh, option.en), _outcome(option), _words_or_none(option.note))
        for value, option in (part.options or {}).items()
    )


def _condition(part: ConditionPart) -> model.Condition:
    if part.all is not None:
        return model.Every(tuple(map(_condition, part.all)))
    if part.any is not None:
        return model.Some(tuple(map(_condition, part.any)))
    if part.count is not None:
        count = part.count
        return model.Count(count.section, tuple(count.severity), tuple(count.value), count.at_least)
    value = tuple(part.value) if isinstance(part.value, list) else part.value
    op = part.op
    assert op is not None  # checked by check_condition
    if part.item is not None:
        return model.Leaf("item", part.item, op, value)
    if part.fact is not None:
        return model.Leaf("fact", part.fact, op, value)
    assert part.type_attr is not None
    return model.Leaf("type_attr", part.type_attr, op, value)


def _cross_rule(part: CrossRulePart) -> model.CrossRule:
    then = part.then
    return model.CrossRule(
        code=part.code,
        name=_words(part.name),
        basis=part.basis,
        source=tuple(part.source),
        when=_condition(part.when),
        deduct=Decimal(0) if then.deduct is None else then.deduct,
        section=then.section,
        cap=then.cap,
        effect=then.effect,
        flag=then.flag,
        credit_event=then.credit_event,
        disclosure=_words_or_none(then.disclosure),
    )


def _fact(key: str, part: FactPart, document: SchemePart) -> model.Fact:
    is_type = part.kind == "type"
    options = {code: kind.name for code, kind in document.types.items()} if is_type else part.options or {}
    return model.Fact(
        key=key,
        name=_words(part.name),
        kind="choice" if part.kind == "type" else part.kind,
        required=part.required,
        options=_frozen({value: _words(name) for value, name in options.items()}),
        unit=part.unit or "",
        min=part.min,
        max=part.max,
        decimals=part.decimals or 0,
        max_length=part.max_length,
        hint=_words_or_none(part.hint),
    )


def _type(code: str, part: TypePart) -> model.TypeOfThing:
    words: dict[str, str | bool] = {}
    figures: dict[str, model.Figure] = {}
    for name, attr in part.attrs.items():
        if isinstance(attr, FigurePart):
            value = _frozen(attr.by) if attr.value is None and attr.by is not None else attr.value
            assert value is not None  # checked by types()
            figures[name] = model.Figure(value, attr.basis, tuple(attr.source), _words_or_none(attr.note))
        else:
            words[name] = attr
    return model.TypeOfThing(code, _words(part.name), _frozen(words), _frozen(figures))


def _source(code: str, part: SourcePart) -> model.Source:
    detail = part.model_dump(mode="json", exclude={"title", "kind"}, exclude_none=True)
    return model.Source(code, part.title, part.kind, _frozen(detail))
