"""Rules of a scheme that a shape cannot say: every name known, every number reachable, every figure with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from grading.errors import Problem
from grading.ids import COMPUTATIONS
from grading.schemes.conditions import check_condition
from grading.schemes.confirming import check_confirmed
from grading.schemes.document import BandPart, CrossRulePart, ItemPart, OutcomePart, SchemePart, SectionPart
from grading.schemes.index import Index
from grading.schemes.model import GRADED, UNGRADABLE
from grading.schemes.parts import FigurePart
from grading.schemes.tables import check_answers, check_inputs, check_tables


def check_document(document: SchemePart, stem: str | None) -> list[Problem]:
    """Every fault of a document whose shape is right. `stem`: the file's name without .yaml; None: any name will do."""
    check = _Check(document)
    check.head(stem)
    check.severity()
    check.facts()
    check.types()
    for number, section in enumerate(document.sections):
        check.section(f"sections[{number}]", section)
    check.groups()
    check.instruments()
    for number, rule in enumerate(document.cross_rules):
        check.cross_rule(f"cross_rules[{number}]", rule)
    check.tiers()
    check.test_record()
    check.erasure()
    check_tables(document, check.index, check.say, check.outcome, check.sources)
    check_inputs(document, check.index, check.say)
    check_confirmed(document, check.index, check.say)
    return check.problems


class _Check:
    def __init__(self, document: SchemePart) -> None:
        self.document = document
        self.index = Index(document)
        self.problems: list[Problem] = []

    def say(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def unique(self, path: str, what: str, values: Iterable[str]) -> None:
        seen: set[str] = set()
        for value in values:
            if value in seen:
                self.say(path, f"the {what} {value!r} is used twice")
            seen.add(value)

    def known(self, path: str, what: str, value: str, among: Iterable[str]) -> None:
        if value not in set(among):
            self.say(path, f"unknown {what} {value!r}")

    def sources(self, path: str, codes: Iterable[str]) -> None:
        for code in codes:
            self.known(f"{path}.source", "source", code, self.document.sources)
        self.unique(f"{path}.source", "source", codes)

    # --- head -------------------------------------------------------------------------------------------------------
    def head(self, stem: str | None) -> None:
        meta, document = self.document.meta, self.document
        ending, slash, revision = meta.version.partition("/")  # what follows a slash is the revision of our data
        expected = meta.scheme_id if revision in ("", "r1") else f"{meta.scheme_id}_{revision}"
        if stem is not None and expected != stem:
            self.say("meta.scheme_id", f"the file must be named {expected!r}, but the file is named {stem!r}")
        if slash and not re.fullmatch(r"r[1-9][0-9]{0,3}", revision):
            self.say("meta.version", "what follows the slash is a revision: r1, r2, ...")
        if not meta.scheme_id.endswith(f"-{ending}"):
            self.say("meta.version", f"the id {meta.scheme_id!r} must end with -{ending}")
        if meta.effective_until is not None and meta.effective_until < meta.effective_from:
            self.say("meta.effective_until", "is before effective_from")
        if meta.floor > meta.base_score:
            self.say("meta.floor", "is above base_score")
        self.sources("meta", meta.source)
        codes = [status.code for status in meta.statuses]
        self.unique("meta.statuses", "status", codes)
        if codes[-1] != GRADED:
            self.say("meta.statuses", f"the last status must be {GRADED!r} (strictest first)")
        self.known("meta.statuses", "status (it must be there for missing items)", UNGRADABLE, codes)
        for status in meta.statuses:
            if status.tier is not None:
                self.known("meta.statuses", "tier", status.tier, self.index.tiers)
        if codes[-1] == GRADED and (meta.statuses[-1].tier is not None or not meta.statuses[-1].scored):
            self.say("meta.statuses", f"{GRADED!r} is scored, and its tier follows from the score")
        for name in [] if meta.fully_functional is None else meta.fully_functional.sections:
            self.known("meta.fully_functional.sections", "section", name, self.index.sections)
        stated = meta.counts
        found = {
            "sections": len(document.sections),
            "items": sum(len(section.items) for section in document.sections),
            "cross_rules": len(document.cross_rules),
            "tiers": len(document.tiers),
        }
        for what, number in found.items():
            if getattr(stated, what) != number:
                self.say(f"meta.counts.{what}", f"{getattr(stated, what)} stated, {number} found")

    def severity(self) -> None:
        table = self.document.meta.severity
        if table is None:
            return
        self.sources("meta.severity", table.source)
        for level, row in table.levels.items():
            for value, outcome in row.items():
                path = f"meta.severity.levels.{level}.{value}"
                self.known(path, "severity value", value, table.values)
                self.outcome(path, outcome)
            for value, described in table.values.items():
                free = described.state in ("good", "inapplicable")
                if free == (value in row):
                    verb = "must not cost anything" if free else "needs a row"
                    self.say(f"meta.severity.levels.{level}", f"the value {value!r} ({described.state}) {verb}")

    def facts(self) -> None:
        document = self.document
        kinds = [key for key, fact in document.facts.items() if fact.kind == "type"]
        if len(kinds) > 1 or bool(kinds) != bool(document.types):
            self.say("facts", "exactly one fact of kind type belongs to a document with types, none to one without")
        for key, fact in document.facts.items():
            path = f"facts.{key}"
            if (fact.options is not None) != (fact.kind == "choice"):
                self.say(path, "options belong to facts of kind choice, and only there")
            if fact.unit is not None and fact.kind != "number":
                self.say(f"{path}.unit", "belongs to facts of kind number")
            if (fact.max_length is not None) != (fact.kind == "text"):
                self.say(f"{path}.max_length", "belongs to facts of kind text, and only there")
            numeric = (fact.min is not None, fact.max is not None, fact.decimals is not None)
            if set(numeric) != {fact.kind == "number"}:
                self.say(path, "min, max and decimals belong to facts of kind number, all three, and only there")
            elif fact.min is not None and fact.max is not None and fact.min >= fact.max:
                self.say(path, "min must be below max")
        known = set(document.facts)
        for number, derived in enumerate(document.derived):
            path = f"derived[{number}]"
            if derived.key in known:
                self.say(path, f"the fact {derived.key!r} is there twice")
            for key in derived.of:
                self.known(f"{path}.of", "fact (it must stand before this one)", key, known)
            fewest, most = _ARGUMENTS.get(derived.op, (2, 2))
            if not fewest <= len(derived.of) <= most:
                self.say(f"{path}.of", f"{derived.op} takes {fewest} to {most} facts")
            takes = {"years_between": "date", "first": None, "type_attr": None}.get(derived.op, "number")
            for key in derived.of:
                if takes is not None and self.index.fact_kinds.get(key, takes) != takes:
                    self.say(f"{path}.of", f"{derived.op} takes facts of kind {takes}, and {key!r} is none")
            if (derived.attr is not None) != (derived.op == "type_attr"):
                self.say(f"{path}.attr", "belongs to type_attr, and only there")
            elif derived.attr is not None:
                self.known(f"{path}.attr", "attribute of types", derived.attr, self.index.type_attrs)
                self.rows(f"{path}.of", derived.attr, derived.of)
            known.add(derived.key)

    def rows(self, path: str, attr: str, of: list[str]) -> None:
        """A table of figures is read by a fact whose answers hold every row."""
        figures = [kind.attrs.get(attr) for kind in self.document.types.values()]
        rows = {row for figure in figures if isinstance(figure, FigurePart) for row in figure.by or {}}
        if bool(rows) != bool(of):
            self.say(path, f"{attr!r} {'is a table and needs the fact that it is read by' if rows else 'is no table'}")
        elif of and not rows <= (self.index.fact_words.get(of[0]) or set()):
            self.say(path, f"{of[0]!r} does not have every answer of {sorted(rows)}")

    def types(self) -> None:
        for code, kind in self.document.types.items():
            for name, attr in kind.attrs.items():
                if isinstance(attr, FigurePart):
                    path = f"types.{code}.attrs.{name}"
                    self.sources(path, attr.source)
                    if (attr.value is None) == (attr.by is None):
                        self.say(path, "a figure has either value or by")

    # --- items ------------------------------------------------------------------------------------------------------
    def section(self, path: str, section: SectionPart) -> None:
        if self.index.section_uses[section.code] > 1:
            self.say(f"{path}.code", f"the section {section.code!r} is used twice")
        for number, item in enumerate(section.items):
            here = f"{path}.items[{number}]"
            if "." in item.code and not item.code.startswith(f"{section.code}."):
                self.say(f"{here}.code", f"{item.code!r} is not in section {section.code!r}")
            self.item(here, item, section)
            self.where(here, item, section)
        self.unique(f"{path}.places", "place", section.places or [])

    def where(self, path: str, item: ItemPart, section: SectionPart) -> None:
        if self.index.says_where and not (item.places or section.places):
            self.say(f"{path}.places", "other items say where they can be measured; this one must too")
        self.unique(f"{path}.places", "place", item.places or [])
        if item.instrument is not None:
            self.known(f"{path}.instrument", "instrument", item.instrument, self.document.instruments)

    def item(self, path: str, item: ItemPart, section: SectionPart) -> None:
        if self.index.code_uses[item.code] > 1:
            self.say(f"{path}.code", f"the code {item.code!r} is used twice")
        if self.index.key_uses[item.key] > 1:
            self.say(f"{path}.key", f"the key {item.key!r} is used twice")
        self.sources(path, item.source)
        if (item.kind is None) == (item.severity is None):
            self.say(path, "an item has either severity or kind, never both")
            return
        if item.severity is not None:
            self.known(f"{path}.severity", "severity level", item.severity, self.index.severity_levels)
        for field, kinds in _FIELDS_OF_KINDS.items():
            given = getattr(item, field) is not None
            if given and item.kind not in kinds:
                self.say(f"{path}.{field}", f"does not belong to {item.kind or 'a severity item'}")
            if not given and item.kind in kinds and field not in _FIELDS_BY_CHOICE:
                self.say(f"{path}.{field}", f"is needed for kind {item.kind}")
        check_answers(path, item, self.document, self.say)
        for value, outcome in (item.costs or {}).items():
            self.outcome(f"{path}.costs.{value}", outcome)
        for value, option in (item.options or {}).items():
            here = f"{path}.options.{value}"
            self.outcome(here, option)
            if option.deduct is None and option.effect is None:
                self.say(here, "an option states deduct or effect")
        if item.kind == "number":
            self.bands(path, item)
        for here, outcome in self.outcomes(path, item):
            if outcome.deduct is not None and outcome.deduct > section.max_deduction:
                self.say(
                    here,
                    f"deducts {outcome.deduct}, but section {section.code} never takes more than {section.max_deduction}",
                )
        self.presence(path, item)

    def outcomes(self, path: str, item: ItemPart) -> Iterable[tuple[str, OutcomePart]]:
        for value, option in (item.options or {}).items():
            yield f"{path}.options.{value}", option
        for value, outcome in (item.costs or {}).items():
            yield f"{path}.costs.{value}", outcome
        for number, band in enumerate(item.bands or []):
            yield f"{path}.bands[{number}]", band
        for name in item.marks or []:
            found = self.document.marks.get(name)
            for degree, outcome in found.degrees.items() if found else ():
                yield f"marks.{name}.degrees.{degree}", outcome
        table = self.document.meta.severity
        if item.severity is not None and table is not None:
            for outcome in table.levels.get(item.severity, {}).values():
                yield f"{path}.severity", outcome

    def outcome(self, path: str, outcome: OutcomePart) -> None:
        self.verdict(path, outcome.cap, outcome.effect)
        if outcome.warning is not None:
            self.known(f"{path}.warning", "warning", outcome.warning, self.document.warnings)
        if outcome.deduct is not None and outcome.deduct > self.document.meta.base_score:
            self.say(path, "deducts more than the base score")

    def verdict(self, path: str, cap: str | None, effect: str | None) -> None:
        if cap is not None:
            self.known(f"{path}.cap", "tier", cap, self.index.tiers)
        if effect is not None:
            strict = [code for code in self.index.statuses if code != GRADED]
            self.known(f"{path}.effect", "status (graded is no effect):", effect, strict)

    def bands(self, path: str, item: ItemPart) -> None:
        bands, low, high = item.bands, item.min, item.max
        if bands is None or low is None or high is None:
            return  # said above
        if low >= high:
            self.say(path, "min must be below max")
        ascending = item.bands_order == "ascending_max"
        edges: list[Decimal] = []
        for number, band in enumerate(bands):
            here = f"{path}.bands[{number}]"
            edge = band.max if ascending else band.min
            if edge is None or (band.min if ascending else band.max) is not None:
                self.say(here, f"needs {'max' if ascending else 'min'} only (see bands_order)")
                return
            self.band(here, band)
            edges.append(edge)
        for number in range(1, len(edges)):
            if (edges[number] <= edges[number - 1]) if ascending else (edges[number] >= edges[number - 1]):
                order = "rising" if ascending else "falling"
                self.say(f"{path}.bands[{number}]", f"overlaps the band before it: edges must be {order}")
        if item.rescale is not None:
            fact = self.document.facts.get(item.rescale.fact)
            if fact is None or fact.kind != "number" or fact.min is None or fact.max is None or fact.min <= 0 or low < 0:
                self.say(f"{path}.rescale.fact", "must be a number fact with a min above 0, for an item of 0 or more")
                return
            low, high = low * item.rescale.to / fact.max, high * item.rescale.to / fact.min
        if edges[-1] < high if ascending else edges[-1] > low:
            self.say(f"{path}.bands", f"leave values between {low} and {high} without a band")
        if len(edges) > 1 and (edges[-2] >= high if ascending else edges[-2] <= low):
            self.say(f"{path}.bands[{len(edges) - 1}]", "no value between min and max reaches this band")

    def band(self, path: str, band: BandPart) -> None:
        self.outcome(path, band)
        if band.deduct is None and band.effect is None:
            self.say(path, "a band states deduct or effect")

    def presence(self, path: str, item: ItemPart) -> None:
        if item.required_any is not None:
            self.known(f"{path}.required_any", "group", item.required_any, self.document.groups)
            if item.required:
                self.say(f"{path}.required", "an item of a required_any group is not required by itself")
        if item.only_if_missing is not None:
            other = self.index.items_by_key.get(item.only_if_missing)
            if other is None or other.key == item.key:
                self.say(f"{path}.only_if_missing", f"unknown item {item.only_if_missing!r}")
            elif other.only_if_missing is not None or other.required_any != item.required_any:
                self.say(f"{path}.only_if_missing", f"{other.key!r} must be of the same group and count by itself")
        if item.applies is not None:
            check_condition(item.applies, f"{path}.applies", self.index, self.say, facts_only=True)
        computed = item.computed
        if computed is not None:
            if computed.or_typed and computed.fact is None:
                self.say(f"{path}.computed.or_typed", "belongs to a fact")
            if (computed.by is None) == (computed.fact is None):
                self.say(f"{path}.computed", "has either by or fact")
            elif computed.by is not None:
                self.known(f"{path}.computed.by", "computation", computed.by, COMPUTATIONS)
            elif computed.fact not in self.index.facts or item.kind != "number":
                self.say(f"{path}.computed.fact", "must be a known fact, for an item of kind number")
        clash = item.key in self.index.facts
        if clash and (computed is None or computed.fact != item.key):
            self.say(f"{path}.key", f"{item.key!r} is also the name of a fact")

    def groups(self) -> None:
        for group in self.document.groups:
            members = [item for item in self.index.items if item.required_any == group]
            if len(members) < 2:
                self.say(f"groups.{group}", "a group needs at least two items")

    def instruments(self) -> None:
        used = {item.instrument for item in self.index.items}
        for key in self.document.instruments:
            if key not in used:
                self.say(f"instruments.{key}", "no item needs this instrument")

    # --- rules over several items, tiers, certificate ------------------------------------------------------------------
    def cross_rule(self, path: str, rule: CrossRulePart) -> None:
        if self.index.code_uses[rule.code] > 1:
            self.say(f"{path}.code", f"the code {rule.code!r} is used twice")
        self.sources(path, rule.source)
        check_condition(rule.when, f"{path}.when", self.index, self.say, facts_only=False)
        then = rule.then
        self.verdict(f"{path}.then", then.cap, then.effect)
        if (then.deduct is None) != (then.section is None):
            self.say(f"{path}.then", "deduct and section go together")
        if then.section is not None:
            self.known(f"{path}.then.section", "section", then.section, self.index.sections)
        if then.waives is not None:
            gates = [code for code in self.index.statuses if code not in (GRADED, UNGRADABLE)]
            self.known(f"{path}.then.waives", "status (missing results are never waived):", then.waives, gates)
            if then.flag is None or then.disclosure is None:
                self.say(f"{path}.then.waives", "is never silent: flag and disclosure go with it")
        if not then.model_fields_set:
            self.say(f"{path}.then", "nothing follows from this rule")

    def tiers(self) -> None:
        meta, tiers = self.document.meta, self.document.tiers
        codes = [tier.code for tier in tiers]
        self.unique("tiers", "tier", codes)
        if codes != meta.tier_order:
            self.say("meta.tier_order", f"is {meta.tier_order}, but the tiers are {codes}")
        given = {status.tier for status in meta.statuses}
        scores: list[Decimal] = []
        for number, tier in enumerate(tiers):
            here = f"tiers[{number}].min_score"
            if tier.min_score is None:
                if tier.code not in given:
                    self.say(here, "is missing, and no status gives this tier")
                continue
            if scores and tier.min_score >= scores[-1]:
                self.say(here, "must be below that of the better tier before it")
            scores.append(tier.min_score)
        if not scores or scores[0] > meta.base_score:
            self.say("tiers[0].min_score", "no score reaches the best tier")
        if scores and scores[-1] > meta.floor:
            self.say(f"tiers[{len(scores) - 1}].min_score", "leaves low scores without a tier")

    def test_record(self) -> None:
        record = self.document.test_record
        if record is not None:
            self.sources("test_record", record.source)
            self.unique("test_record.required_fields", "field", record.required_fields)

    def erasure(self) -> None:
        certificate = self.document.erasure_certificate
        if certificate is None:
            return
        path = "erasure_certificate"
        self.sources(path, certificate.source)
        self.unique(f"{path}.required_fields", "field", certificate.required_fields)
        self.unique(f"{path}.sanitisation_levels", "level", certificate.sanitisation_levels)
        self.known(f"{path}.minimum_for_resale", "level", certificate.minimum_for_resale, certificate.sanitisation_levels)


# How many facts a derivation takes, where that is not two.
_ARGUMENTS = {"first": (2, 9), "greatest": (2, 9), "least": (2, 9), "type_attr": (0, 1)}
# Which kinds of item a field belongs to; those in _FIELDS_BY_CHOICE may be left out.
_FIELDS_OF_KINDS: dict[str, tuple[str, ...]] = {
    "options": ("choice",),
    "costs": ("choice",),
    "marks": ("marks",),
    "disclose": ("text",),
    "bands": ("number",),
    "bands_order": ("number",),
    "min": ("number",),
    "max": ("number",),
    "decimals": ("number",),
    "unit": ("number",),
    "rescale": ("number",),
    "max_length": ("text",),
}
_FIELDS_BY_CHOICE = {"bands_order", "unit", "rescale", "options", "costs", "disclose"}
