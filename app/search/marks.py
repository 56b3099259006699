"""What the index said of single words, kept and put together: which listings have all of some words, and how well they fit.

The score of a text is the sum of the scores of its words (BM25), so a text that nobody asked before costs no more than putting
together what is known of its words.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = ["Kept", "Marks", "best_first", "fitting", "marks_of"]


class Sized(Protocol):
    def __len__(self) -> int: ...


V = TypeVar("V", bound=Sized)


@dataclass(frozen=True, slots=True)
class Marks:
    """Listings that have a word, the newest id first, and the score of each for it."""

    ids: Sequence[int]
    scores: Sequence[float]

    def __len__(self) -> int:
        return len(self.ids)


class Kept(Generic[V]):
    """Answers of one state of the index, at most ``most`` ids in all; what was asked longest ago goes first. For many threads."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._size = 0
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, state: Hashable, key: Hashable) -> V | None:
        """What is kept under the key in this state; another state forgets everything."""
        with self._lock:
            if state != self._state:
                self._state, self._size = state, 0
                self._values.clear()
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, state: Hashable, key: Hashable, value: V) -> None:
        """Keep the value, unless the index has moved on meanwhile."""
        with self._lock:
            if state != self._state or key in self._values:
                return
            self._values[key] = value
            self._size += len(value)
            while self._size > self._most():
                self._size -= len(self._values.popitem(last=False)[1])


def marks_of(scores: dict[int, float]) -> Marks:
    """From scores by id."""
    ids = sorted(scores, reverse=True)
    return Marks(array("q", ids), array("d", map(scores.__getitem__, ids)))


def fitting(required: Sequence[Marks], wished: Sequence[Marks]) -> dict[int, float]:
    """Score by id of the listings that have every required word, the newest id first; wishes add to it and leave nobody out."""
    total: dict[int, float] = {}
    for place, marks in enumerate(sorted(required, key=len)):
        pairs = zip(marks.ids, marks.scores, strict=True)
        total = {each: total[each] + score for each, score in pairs if each in total} if place else dict(pairs)
    for marks in wished:
        for each, score in zip(marks.ids, marks.scores, strict=True):
            if each in total:
                total[each] += score
    return total


def best_first(total: dict[int, float]) -> array[int]:
    """The ids, best first, of equal ones in the order given.

    Scores are rounded, because BM25 differs in the last digits between segments.
    """
    rounded = {each: -round(score, 2) for each, score in total.items()}
    return array("q", sorted(rounded, key=rounded.__getitem__))
