"""What the library refuses, and the two languages in which it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["FindingsError", "Problem", "SchemeError", "Words"]


class Words(dict[str, str]):
    """One text in Chinese and English: `words["zh"]`, `words["en"]`. A dict (so JSON takes it) that cannot be changed."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh=zh, en=en)

    @property
    def zh(self) -> str:
        """The Chinese text."""
        return self["zh"]

    @property
    def en(self) -> str:
        """The English text."""
        return self["en"]

    def for_locale(self, locale: str) -> str:
        """The text for a locale such as "zh_CN" or "en"; anything that is not Chinese reads English."""
        return self["zh"] if locale.lower().startswith("zh") else self["en"]

    def _refuse(self, *args: object, **named: object) -> NoReturn:
        raise TypeError("Words cannot be changed")

    # Schemes are cached and shared by every request of a process: one careless edit would change what all others read.
    __setitem__ = __delitem__ = update = pop = popitem = clear = setdefault = _refuse
    __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]  # dict says None; ours never changes
        return hash((self["zh"], self["en"]))

    def __reduce__(self) -> tuple[type[Words], tuple[str, str]]:
        return (Words, (self["zh"], self["en"]))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a scheme file: where in the document (`sections[2].items[0].bands`) and what is wrong."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path or '(document)'}: {self.message}"


class SchemeError(Exception):
    """A scheme that does not exist or whose file breaks a rule. `file`, `problems`."""

    def __init__(self, file: str, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{file}: not a valid scheme", *(f"  {problem}" for problem in self.problems)]))

    def __reduce__(self) -> tuple[Any, ...]:
        return (SchemeError, (self.file, self.problems))


class FindingsError(Exception):
    """Findings or facts that cannot be graded. `errors` maps the item's or fact's key to a message in zh and en."""

    def __init__(self, errors: Mapping[str, Words]) -> None:
        self.errors: dict[str, Words] = dict(errors)
        super().__init__("; ".join(f"{key}: {message.en}" for key, message in self.errors.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (FindingsError, (self.errors,))
