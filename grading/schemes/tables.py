"""Checks on what many items share: lists of answers, marks, and how a plain input object names the items."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grading.schemes.document import InputGroupPart, ItemPart, OutcomePart, SchemePart
from grading.schemes.index import Index

Say = Callable[[str, str], None]
_FREE = ("good", "inapplicable")


def check_tables(
    document: SchemePart,
    index: Index,
    say: Say,
    outcome: Callable[[str, OutcomePart], None],
    sources: Callable[[str, Iterable[str]], None],
) -> None:
    """Report every fault of the shared answers and marks, of the value formula and the forms."""
    for name, table in document.answers.items():
        for value, answer in table.items():
            here = f"answers.{name}.{value}"
            outcome(here, answer)
            if answer.deduct is not None or answer.cap is not None:
                say(here, "points and caps stand in the costs of an item, with its source")
        if not any(answer.state == "good" for answer in table.values()):
            say(f"answers.{name}", "no answer is good")
    for name, marks in document.marks.items():
        sources(f"marks.{name}", marks.source)
        if bool(marks.degrees) == (marks.outcome is not None):
            say(f"marks.{name}", "has either degrees or outcome")
        for degree, cost in marks.degrees.items():
            outcome(f"marks.{name}.degrees.{degree}", cost)
        if marks.outcome is not None:
            outcome(f"marks.{name}.outcome", marks.outcome)
    for key, form in document.forms.items():
        sources(f"forms.{key}", form.source)
    valuation = document.valuation
    if valuation is not None:
        sources("valuation", valuation.source)
        item = index.items_by_key.get(valuation.battery_item or "")
        if valuation.battery_item is not None and (item is None or item.kind != "number"):
            say("valuation.battery_item", f"{valuation.battery_item!r} is not an item of kind number")
        if valuation.age_weight + valuation.technical_weight != 1:
            say("valuation", "age_weight and technical_weight must sum to 1")


def check_answers(path: str, item: ItemPart, document: SchemePart, say: Say) -> None:
    """Report every fault of one item's answers, costs and marks."""
    table = document.answers.get(item.answers) if item.answers is not None else None
    if item.answers is not None and table is None:
        say(f"{path}.answers", f"unknown list of answers {item.answers!r}")
    if item.answers is not None and item.kind not in ("choice", "text", "marks"):
        say(f"{path}.answers", f"does not belong to {item.kind or 'a severity item'}")
    if item.kind == "choice" and (item.options is None) == (item.answers is None):
        say(path, "a choice has either options or answers")
    if item.kind == "marks" and item.answers is None:
        say(f"{path}.answers", "is needed for kind marks: one of them says that nothing was found")
    for value in item.costs or {}:
        if table is None or value not in table:
            say(f"{path}.costs.{value}", "is not among the item's answers")
    for value, answer in (table or {}).items():
        costs = value in (item.costs or {})
        if costs and answer.state in _FREE:
            say(f"{path}.costs.{value}", f"an answer that is {answer.state} must not cost anything")
        if answer.state == "defect" and item.kind != "choice":
            say(f"{path}.answers", f"{value!r} is a defect, and defects are said here by {item.kind}")
        elif answer.state == "defect" and not costs:
            say(f"{path}.costs", f"the answer {value!r} (defect) needs its cost")
    seen: set[str] = set()
    for name in item.marks or []:
        if name not in document.marks:
            say(f"{path}.marks", f"unknown marks {name!r}")
            continue
        for state in document.marks[name].states:
            if state in seen:
                say(f"{path}.marks", f"the state {state!r} is there twice")
            seen.add(state)


def check_inputs(document: SchemePart, index: Index, say: Say) -> None:
    """Report every fault of the plain input: unknown sections and flags, numbers that are no item or two."""
    if document.input is None:
        return
    for name, group in document.input.groups.items():
        path = f"input.groups.{name}"
        if name in index.items_by_key or name in index.facts or name in ("facts", "findings", "assume_clean", "valuation"):
            say(path, "this name has a meaning of its own")
        for section in group.sections:
            if section not in index.sections:
                say(f"{path}.sections", f"unknown section {section!r}")
        if group.sets is not None and index.fact_kinds.get(group.sets) != "flag":
            say(f"{path}.sets", f"{group.sets!r} is not a flag among the facts")
        if (group.holds == "codes") != (group.answer is not None):
            say(f"{path}.answer", "belongs to codes, and only there")
        _check_items(path, group, index, say)
        known = {section for section, item in index.placed if group.answer in index.values_of(item)}
        for section in group.sections:
            if group.answer is not None and section not in known:
                say(f"{path}.answer", f"no item of {section!r} knows the answer {group.answer!r}")


def _check_items(path: str, group: InputGroupPart, index: Index, say: Say) -> None:
    for section, item in index.placed:
        if section not in group.sections:
            continue
        if group.prefix and not item.code.startswith(group.prefix):
            say(f"{path}.prefix", f"the code {item.code!r} does not begin with it")
        if group.holds == "marks" and item.kind != "marks":
            say(f"{path}.sections", f"{item.code!r} has no marks")
