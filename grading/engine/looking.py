"""What each item says and costs, one at a time: an option, a number's band, a text, marks found on a part.

What an option says is the same in every grading by a scheme, so it is worked out once per scheme and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from grading.engine import wording
from grading.engine.answers import COMPUTED, Answer, FactValue, range_message
from grading.engine.conditions import Known, holds
from grading.engine.result import ItemResult, ItemState
from grading.errors import FindingsError, Words
from grading.scale import number_text, place, round_half_up, strictest
from grading.schemes.model import Item, Mark, Option, Outcome, Scheme

_NOTHING = Outcome()
_TO_SHOW = 6


@dataclass(frozen=True, slots=True)
class Looked:
    """One item after looking it up: its answer, what it costs, how it is shown, and its cause in one line.

    `option`: the one that counts, where the answer is one of a list.
    """

    item: Item
    state: ItemState
    answer: Answer | None
    outcome: Outcome
    option: Option | None
    shown: ItemResult
    cause: Words


class Looking:
    """Looks items of one scheme up. `looking(scheme)` gives the one that is kept."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._kept: dict[tuple[str, str | None], Looked] = {}
        self._skipped: dict[str, Looked] = {}
        self._marks = {item.key: {mark.value: mark for mark in item.marks} for item in scheme.items if item.marks}
        # what may depend on facts or on other items
        self._computed = [(item.key, item.computed_from) for item in scheme.items if item.computed_from is not None]
        self._applying = [(item.key, item.applies) for item in scheme.items if item.applies is not None]

    def look(self, given: Mapping[str, Answer], known: Known) -> list[Looked]:
        """Every item of the scheme, in order."""
        answers = dict(given)
        for key, fact in self._computed:
            value = known.facts.get(fact)
            if isinstance(value, Decimal):
                if key in answers:
                    raise FindingsError({key: COMPUTED})
                answers[key] = value
        skipped = {key for key, condition in self._applying if not holds(condition, known)}
        looked: list[Looked] = []
        for item in self.scheme.items:
            key = item.key
            answer = answers.get(key)
            better = item.only_if_missing
            if key in skipped:
                if answer is not None:
                    looked.append(self._uncounted(item, "skipped", answer, wording.SKIPPED))
                    continue
                if key not in self._skipped:
                    self._skipped[key] = self._uncounted(item, "skipped", None, wording.SKIPPED)
                looked.append(self._skipped[key])
            elif answer is None:
                looked.append(self._kept.get((key, None)) or self._without(item))
            elif better is not None and better in answers and better not in skipped:
                words = wording.superseded(self.scheme.get_item(better))
                looked.append(self._uncounted(item, "superseded", answer, words))
            elif isinstance(answer, Decimal):
                looked.append(self._number(item, answer, known.facts))
            else:
                looked.append(self._kept.get((key, answer)) or self._said(item, answer))
        return looked

    def _without(self, item: Item) -> Looked:
        needed = item.required
        words = wording.MISSING if needed else wording.LEFT_OUT
        seen = self._uncounted(item, "missing" if needed else "left_out", None, words)
        self._kept[item.key, None] = seen
        return seen

    def _uncounted(self, item: Item, state: ItemState, answer: Answer | None, words: Words) -> Looked:
        option = item.option(answer) if isinstance(answer, str) else None
        name = None if answer is None else self._name(item, answer, option)
        return _looked(item, state, answer, _NOTHING, None, name, wording.joined(item.name, words))

    def _said(self, item: Item, answer: str) -> Looked:
        option = item.option(answer)
        name = self._name(item, answer, option)
        if option is not None:
            # texts (a certificate's number) are not repeated in the sentence of the rule
            rule = wording.joined(option.name, wording.consequences(option.outcome, self.scheme))
            seen = _looked(item, "counted", answer, option.outcome, option, name, rule)
            self._kept[item.key, answer] = seen  # as many as there are options
            return seen
        if item.kind == "marks":
            outcome = self._together([mark.outcome for mark in self._found(item, answer)])
            rule = wording.joined(name, wording.consequences(outcome, self.scheme))
            return _looked(item, "counted", answer, outcome, None, name, rule)
        words = wording.NOTED if item.outcome == _NOTHING else wording.consequences(item.outcome, self.scheme)
        return _looked(item, "counted", answer, item.outcome, None, name, wording.joined(item.name, words))

    def _found(self, item: Item, answer: str) -> list[Mark]:
        return [self._marks[item.key][value] for value in answer.split()]

    def _together(self, outcomes: list[Outcome]) -> Outcome:
        """Several findings on one part: points add up, the strictest of the rest holds."""
        caps = [outcome.cap for outcome in outcomes if outcome.cap is not None]
        effects = [outcome.effect for outcome in outcomes if outcome.effect is not None]
        return Outcome(
            deduct=sum((outcome.deduct for outcome in outcomes), Decimal(0)),
            cap=strictest(caps, self.scheme.tier_order[::-1]) if caps else None,
            effect=strictest(effects, self.scheme.status_order) if effects else None,
            disclose=any(outcome.disclose for outcome in outcomes),
            flag=next((outcome.flag for outcome in outcomes if outcome.flag is not None), None),
            warning=next((outcome.warning for outcome in outcomes if outcome.warning is not None), None),
        )

    def _number(self, item: Item, answer: Decimal, facts: Mapping[str, FactValue]) -> Looked:
        assert item.min is not None  # a rule of the loader
        assert item.max is not None
        if not item.min <= answer <= item.max:  # only a computed value can be outside
            raise FindingsError({item.key: range_message(item.min, item.max)})
        used = answer
        if item.rescale is not None:
            given = facts.get(item.rescale.fact)
            divisor = given if isinstance(given, Decimal) else item.rescale.default
            used = answer * item.rescale.to / divisor
        index = place(used, [band.edge for band in item.bands], item.ascending_max)
        assert index is not None  # the loader has shown that every permitted value has a band
        outcome = item.bands[index].outcome
        converted = used if used != answer else None
        rule = wording.joined(wording.band_name(item, index, converted), wording.consequences(outcome, self.scheme))
        seen = _looked(item, "counted", answer, outcome, None, self._name(item, answer, None), rule)
        if converted is None:
            return seen
        return replace(seen, shown=replace(seen.shown, used=number_text(round_half_up(converted, _TO_SHOW))))

    def _name(self, item: Item, answer: Answer, option: Option | None) -> Words:
        if isinstance(answer, Decimal):
            return wording.measured(answer, item.unit)
        if option is not None:
            return option.name
        if item.kind == "marks":
            return wording.listed([mark.name for mark in self._found(item, answer)])
        return Words(answer, answer)


@lru_cache(maxsize=64)
def looking(scheme: Scheme) -> Looking:
    """The one that is kept for this scheme."""
    return Looking(scheme)


def text_of(value: Answer) -> str:
    """The canonical text of an answer."""
    return number_text(value) if isinstance(value, Decimal) else value


def _looked(
    item: Item, state: ItemState, answer: Answer | None, outcome: Outcome, option: Option | None, name: Words | None, rule: Words
) -> Looked:
    defect = option is not None and option.state == "defect"
    shown = ItemResult(
        code=item.code,
        key=item.key,
        name=item.name,
        state=state,
        value=None if answer is None else text_of(answer),
        value_name=name,
        used=None,
        deduct=outcome.deduct,
        cap=outcome.cap,
        effect=outcome.effect,
        disclose=outcome.disclose or defect,
        flag=outcome.flag,
        basis=item.basis,
        source=item.source,
        rule=rule,
        warning=outcome.warning,
    )
    return Looked(item, state, answer, outcome, option, shown, item.name if name is None else wording.joined(item.name, name))
