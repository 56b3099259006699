"""Reviews as the log shows them: sealed first, opened with the very stars that were sealed, in time, and none left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.credit.log.disclosures import digest_of, make_disclosure
from app.credit.log.scores import Fact

SEALED, REVEALED, TOMBSTONED = "review.sealed", "review.revealed", "review.tombstoned"
GRACE = timedelta(days=1)  # after the day on which a review is opened at the latest
_SAME = ("order", "of", "counterparty", "_sd")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a review that a rule forbids."""

    idx: int
    said: str


def faults_of(facts: Iterable[Fact], as_of: date) -> Iterator[Fault]:
    """Reviews that were opened without having been sealed, otherwise than sealed, twice, or not at all in time.

    ``facts`` in the order of the log. Raises KeyError, TypeError, ValueError for events that are none of a review's.
    """
    sealed: dict[str, Fact] = {}
    opened: set[str] = set()
    for fact in facts:
        if fact.type not in (SEALED, REVEALED, TOMBSTONED):
            continue
        review = str(fact.data["review"])
        if fact.type == SEALED:
            if review in sealed:
                yield Fault(fact.idx, "a review was sealed twice")
            sealed.setdefault(review, fact)
        elif review not in sealed or sealed[review].subject != fact.subject:
            yield Fault(fact.idx, "a review was opened or hidden that was never sealed")
        elif fact.type == REVEALED:
            if review in opened:
                yield Fault(fact.idx, "a review was opened twice")
            if not is_what_was_sealed(sealed[review], fact):
                yield Fault(fact.idx, "a review was opened otherwise than it was sealed")
            opened.add(review)
        elif review not in opened:
            yield Fault(fact.idx, "a review was hidden before it was opened")
    for review, fact in sealed.items():
        if review not in opened and as_of > date.fromisoformat(fact.data["reveal_on"]) + GRACE:
            yield Fault(fact.idx, f"a review was to be opened on {fact.data['reveal_on']} and was not")


def is_what_was_sealed(sealed: Fact, opened: Fact) -> bool:
    """Whether stars and salt give a digest that was sealed, and the text's digest is still the same."""
    digest = digest_of(make_disclosure("stars", opened.data["stars"], str(opened.data["salt"])))
    return digest in sealed.data["_sd"] and all(sealed.data.get(name) == opened.data.get(name) for name in _SAME)
