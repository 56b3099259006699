"""The names that a scheme document defines, for the checks that look them up."""

from __future__ import annotations

from collections import Counter

from grading.schemes.document import ItemPart, SchemePart
from grading.schemes.parts import DerivedPart, FigurePart


class Index:
    """Codes, keys and names of one document."""

    def __init__(self, document: SchemePart) -> None:
        table = document.meta.severity
        self.placed: list[tuple[str, ItemPart]] = [(part.code, item) for part in document.sections for item in part.items]
        self.items: list[ItemPart] = [item for _, item in self.placed]
        self.answers = document.answers
        self.answer_values = {value for table in document.answers.values() for value in table}
        self.items_by_key: dict[str, ItemPart] = {item.key: item for item in self.items}
        self.items_by_code: dict[str, ItemPart] = {item.code: item for item in self.items}
        self.says_where = any(section.places or any(item.places for item in section.items) for section in document.sections)
        self.section_uses = Counter(section.code for section in document.sections)
        self.sections = set(self.section_uses)
        self.key_uses = Counter(item.key for item in self.items)
        self.code_uses = Counter([item.code for item in self.items] + [rule.code for rule in document.cross_rules])
        self.tiers = [tier.code for tier in document.tiers]
        self.statuses = [status.code for status in document.meta.statuses]
        self.severity_levels: set[str] = set(table.levels) if table else set()
        self.severity_values: set[str] = set(table.values) if table else set()
        self.types = document.types
        self.type_attrs: set[str] = {name for kind in document.types.values() for name in kind.attrs}
        # what a fact may be compared with: None for a number, day or flag, the words for a choice
        self.fact_words: dict[str, set[str] | None] = {}
        self.fact_kinds: dict[str, str] = {}
        for key, fact in document.facts.items():
            self.fact_kinds[key] = "choice" if fact.kind == "type" else fact.kind
            words = set(document.types) if fact.kind == "type" else set(fact.options or [])
            self.fact_words[key] = words if self.fact_kinds[key] == "choice" else None
        for derived in document.derived:
            self.fact_kinds[derived.key] = self._kind(derived)
            self.fact_words[derived.key] = None
        self.facts = set(self.fact_kinds)

    def values_of(self, item: ItemPart) -> set[str]:
        """The values of a choice, and those that stand beside an item's text or marks."""
        return set(item.options or self.answers.get(item.answers or "", {}))

    def _kind(self, derived: DerivedPart) -> str:
        """The kind `number` where nothing else can come out, otherwise `any`."""
        if derived.op == "type_attr":
            given = [kind.attrs[derived.attr] for kind in self.types.values() if derived.attr in kind.attrs]
            return "number" if all(isinstance(value, FigurePart) for value in given) else "any"
        if derived.op == "first":
            return "number" if {self.fact_kinds.get(key) for key in derived.of} == {"number"} else "any"
        return "number"
