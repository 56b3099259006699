"""From a checked document to the frozen scheme that the engine walks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import starmap
from types import MappingProxyType
from typing import TypeVar

from grading.errors import Words
from grading.schemes import knowledge, model
from grading.schemes.document import (
    CrossRulePart,
    FormFieldPart,
    FormPart,
    InputGroupPart,
    ItemPart,
    MarksPart,
    OutcomePart,
    SchemePart,
    SectionPart,
    SourcePart,
    ValuationPart,
)
from grading.schemes.parts import ConditionPart, FactPart, FigurePart, TypePart, WordsPart

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
        basis=meta.basis,
        source=tuple(meta.source),
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
        statuses=tuple(model.Status(s.code, _words(s.name), _words(s.meaning), s.tier, s.scored) for s in meta.statuses),
        groups=_frozen({key: _words(name) for key, name in document.groups.items()}),
        instruments=_frozen({key: _words(name) for key, name in document.instruments.items()}),
        cross_rules=tuple(map(_cross_rule, document.cross_rules)),
        facts=tuple(_fact(key, fact, document) for key, fact in document.facts.items()),
        derived=tuple(
            knowledge.DerivedFact(d.key, _words(d.name), d.op, tuple(d.of), d.attr, d.decimals) for d in document.derived
        ),
        type_fact=next((key for key, fact in document.facts.items() if fact.kind == "type"), None),
        types=_frozen({code: _type(code, kind) for code, kind in document.types.items()}),
        functional=None
        if meta.fully_functional is None
        else model.Functional(tuple(meta.fully_functional.sections), meta.fully_functional.number_deduct_at_least),
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
        warnings=_frozen({key: _words(text) for key, text in document.warnings.items()}),
        points_shown=meta.points_shown,
        assume_clean=document.input is not None and document.input.assume_clean,
        inputs=() if document.input is None else tuple(starmap(_input, document.input.groups.items())),
        valuation=None if document.valuation is None else _valuation(document.valuation),
        forms=_frozen({key: _form(key, form) for key, form in document.forms.items()}),
        confirmed=_frozen(
            {}
            if document.confirmed is None
            else {
                code: knowledge.Confirmed(document.confirmed.standard, part.page, part.day, part.by)
                for code, part in document.confirmed.items.items()
            }
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
    return model.Outcome(deduct, part.cap, part.effect, part.disclose, part.flag, part.warning)


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
        marks=tuple(mark for name in part.marks or [] for mark in _marks(document.marks[name])),
        outcome=model.Outcome(disclose=bool(part.disclose)),
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
    if part.answers is not None:
        costs = part.costs or {}
        return tuple(
            model.Option(value, Words(said.zh, said.en), _outcome(costs.get(value, said)), _words_or_none(said.note), said.state)
            for value, said in document.answers[part.answers].items()
        )
    return tuple(
        model.Option(value, Words(option.zh, option.en), _outcome(option), _words_or_none(option.note))
        for value, option in (part.options or {}).items()
    )


def _marks(part: MarksPart) -> Iterator[model.Mark]:
    for state, name in part.states.items():
        if part.outcome is not None:
            yield model.Mark(state, _words(name), _outcome(part.outcome), part.once)
        for degree, said in part.degrees.items():
            words = Words(f"{name.zh}（{degree} 度，{said.zh}）", f"{name.en} (degree {degree}, {said.en})")
            yield model.Mark(f"{state}{degree}", words, _outcome(said), part.once)


def _input(name: str, part: InputGroupPart) -> model.InputGroup:
    return model.InputGroup(name, part.holds, tuple(part.sections), part.prefix, part.sets, part.answer)


def _valuation(part: ValuationPart) -> model.Valuation:
    return model.Valuation(
        age_weight=part.age_weight,
        technical_weight=part.technical_weight,
        prescribed_months=part.prescribed_months,
        vat=part.vat,
        purchase_tax_rate=part.purchase_tax_rate,
        battery_item=part.battery_item,
        battery_share=part.battery_share,
        battery_floor=part.battery_floor,
        basis=part.basis,
        source=tuple(part.source),
    )


def _form(key: str, part: FormPart) -> model.Form:
    groups = {name: (_words(group.name), tuple(starmap(_field, group.fields.items()))) for name, group in part.groups.items()}
    return model.Form(key, _words(part.name), part.basis, tuple(part.source), part.valid_days, _frozen(groups))


def _field(key: str, part: FormFieldPart) -> model.FormField:
    return model.FormField(key, Words(part.zh, part.en), part.kind, tuple(part.options), part.sensitive)


def _condition(part: ConditionPart) -> knowledge.Condition:
    if part.all is not None:
        return knowledge.Every(tuple(map(_condition, part.all)))
    if part.any is not None:
        return knowledge.Some(tuple(map(_condition, part.any)))
    if part.count is not None:
        count = part.count
        return knowledge.Count(count.section, tuple(count.severity or ()), tuple(count.value), count.at_least)
    value = tuple(part.value) if isinstance(part.value, list) else part.value
    op = part.op
    assert op is not None  # checked by check_condition
    if part.item is not None:
        return knowledge.Leaf("item", part.item, op, value)
    if part.fact is not None:
        return knowledge.Leaf("fact", part.fact, op, value)
    assert part.type_attr is not None
    return knowledge.Leaf("type_attr", part.type_attr, op, value)


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
        waives=then.waives,
    )


def _fact(key: str, part: FactPart, document: SchemePart) -> knowledge.Fact:
    is_type = part.kind == "type"
    options = {code: kind.name for code, kind in document.types.items()} if is_type else part.options or {}
    return knowledge.Fact(
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


def _type(code: str, part: TypePart) -> knowledge.TypeOfThing:
    words: dict[str, str | bool] = {}
    figures: dict[str, knowledge.Figure] = {}
    for name, attr in part.attrs.items():
        if isinstance(attr, FigurePart):
            value = _frozen(attr.by) if attr.value is None and attr.by is not None else attr.value
            assert value is not None  # checked by types()
            figures[name] = knowledge.Figure(value, attr.basis, tuple(attr.source), _words_or_none(attr.note))
        else:
            words[name] = attr
    return knowledge.TypeOfThing(code, _words(part.name), _frozen(words), _frozen(figures))


def _source(code: str, part: SourcePart) -> model.Source:
    detail = part.model_dump(mode="json", exclude={"title", "kind"}, exclude_none=True)
    return model.Source(code, part.title, part.kind, _frozen(detail))
