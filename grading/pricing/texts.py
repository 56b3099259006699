"""What the words of title, trim and model say about a price: ridge regression on short runs of letters, one score per row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grading.pricing.cleaning import Frame
from grading.pricing.table import Floats

if TYPE_CHECKING:
    from scipy import sparse  # what only fitting needs is loaded there: it takes half a second

__all__ = ["TextScore", "Vocabulary", "documents", "fit_text", "vectors", "vocabulary", "weigh"]

_LONGEST = 4  # letters in one run
_LEAST = 3  # texts that must have a run
_MOST = 20_000  # runs in a vocabulary

Vocabulary = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TextScore:
    """Weight (natural log) by run of letters; the score is their sum over the root of the number of runs of the text."""

    weights: Mapping[str, float]
    start: float


def documents(frame: Frame, columns: Sequence[str]) -> list[str]:
    """One lower-case text per row out of several columns; what another column says already is not repeated."""
    found = []
    for words in zip(*(frame.words[name] for name in columns), strict=True):
        parts: list[str] = []
        for word in words:
            if word and not any(word in part for part in parts):
                parts.append(word)
        found.append(" ".join(parts).lower())
    return found


def vocabulary(texts: Sequence[str]) -> Vocabulary:
    """The runs that at least three texts have, the commonest first (ties by letters), each with its place."""
    counts: Counter[str] = Counter()
    for text, times in Counter(texts).items():
        for run in _runs(text):
            counts[run] += times
    chosen = sorted((run for run, count in counts.items() if count >= _LEAST), key=lambda run: (-counts[run], run))[:_MOST]
    return {run: place for place, run in enumerate(chosen)}


def vectors(texts: Sequence[str], words: Vocabulary) -> sparse.csr_matrix:
    """The texts as rows of length 1, `(n_texts, n_runs)`."""
    from scipy.sparse import csr_matrix

    known: dict[str, list[int]] = {}
    starts, places, values = [0], [], []
    for text in texts:
        found = known.get(text)
        if found is None:
            found = known[text] = sorted(words[run] for run in _runs(text) if run in words)
        places.extend(found)
        values.extend([1 / math.sqrt(len(found))] * len(found) if found else [])
        starts.append(len(places))
    return csr_matrix((values, places, starts), shape=(len(texts), max(1, len(words))))


def fit_text(matrix: sparse.csr_matrix, residual: Floats, strength: float = 1.0) -> tuple[Floats, float]:
    """Weights `(n_runs,)` and start of a ridge regression of the residual (natural log)."""
    from sklearn.linear_model import Ridge

    ridge = Ridge(alpha=strength, solver="sparse_cg", tol=1e-3, max_iter=200, random_state=0)
    ridge.fit(matrix, residual)
    return np.asarray(ridge.coef_, dtype=np.float64), float(ridge.intercept_)


def weigh(texts: Sequence[str], score: TextScore) -> Floats:
    """The score of each text `(n_texts,)`; a text without known runs has the start."""
    known: dict[str, float] = {}
    return np.array([known[t] if t in known else known.setdefault(t, _weigh(t, score)) for t in texts], dtype=np.float64)


def _weigh(text: str, score: TextScore) -> float:
    found = [weight for run in sorted(_runs(text)) if (weight := score.weights.get(run)) is not None]
    return score.start + (math.fsum(found) / math.sqrt(len(found)) if found else 0.0)


def _runs(text: str) -> set[str]:
    padded = f" {text} "
    return {padded[i : i + size] for size in range(1, _LONGEST + 1) for i in range(len(padded) - size + 1)}
