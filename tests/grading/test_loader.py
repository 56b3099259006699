"""Scheme files with one planted fault each: all are refused with the file, the place and a message."""

from __future__ import annotations

import datetime
from importlib import resources
from pathlib import Path

import pytest
import yaml

from grading import PLACES, SchemeError, list_schemes, load_scheme, read_scheme
from grading.__main__ import main
from grading.schemes.reading import LOADERS, compose, read_document

PHONE = (resources.files("grading") / "data" / "phone-2026.1.yaml").read_text("utf-8")
APPLIANCE = (resources.files("grading") / "data" / "appliance-2026.1.yaml").read_text("utf-8")
HOUSEHOLD = (Path(__file__).parent / "household-test-1.yaml").read_text("utf-8")
P601 = "  - {code: P6.01, key: power, name: {zh: 开机与稳定, en: Power-on and stability}, severity: critical, required: true,"
PX01 = "when: {count: {section: P6, severity: [major, critical], value: [fail], at_least: 2}}"

# what is wrong: (old text, new text, place, part of the message); the old text must be there exactly once
PHONE_FAULTS = {
    # traps of YAML itself
    "boolean key": ("options: {none: {zh: 无, en: None, deduct: 0}, present: {zh: 有, en: Present, deduct: 5", "options: {no: {zh: 无, en: None, deduct: 0}, present: {zh: 有, en: Present, deduct: 5", "sections[3].items[4].options", "the key 'no' is a boolean"),
    "key on": ("unlocked: {zh: 无锁", "on: {zh: 无锁", "sections[0].items[5].options", "boolean"),
    "empty key": ("unlocked: {zh: 无锁", "~: {zh: 无锁", "sections[0].items[5].options", "a key is empty"),
    "number as key": ("unlocked: {zh: 无锁", "1: {zh: 无锁", "sections[0].items[5].options", "the key '1' is not text"),
    "unquoted comma makes a key without a value": ('en: "Accounts, SIM and memory card removed"', "en: Accounts, SIM and memory card removed", "sections[1].items[1].name.SIM and memory card removed", "unquoted comma"),
    "null value": ("network_lock, name: {zh: 网络锁, en: Carrier lock}", "network_lock, name: {zh: 网络锁, en: }", "sections[0].items[5].name.en", "no value"),
    "boolean value": ("network_lock, name: {zh: 网络锁, en: Carrier lock}", "network_lock, name: {zh: 网络锁, en: Yes}", "sections[0].items[5].name.en", "boolean"),
    "key twice": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "unlocked: {zh: 无锁, en: Unlocked, deduct: 0, deduct: 5}", "sections[0].items[5].options.unlocked.deduct", "twice"),
    "option twice": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "locked: {zh: 无锁, en: Unlocked, deduct: 0}", "sections[0].items[5].options.locked", "twice"),
    "block twice": ("\ncross_rules:", "\ntiers: []\ncross_rules:", "tiers", "twice"),
    "alias": ("equivalents_note:", "again: &a [1]\nmore: *a\nequivalents_note:", "more", "aliases"),
    "merge key": ("  base_score: 100", "  <<: {floor: 1}\n  base_score: 100", "meta", "the key '<<' is not text"),
    "octal": ("base_score: 100", "base_score: 0100", "meta.base_score", "not a plain number"),
    "sexagesimal": ("base_score: 100", "base_score: 1:40", "meta.base_score", "not a plain number"),
    "underscore": ("base_score: 100", "base_score: 1_00", "meta.base_score", "not a plain number"),
    "exponent": ("base_score: 100", "base_score: 1.0e+2", "meta.base_score", "not a plain number"),
    "not a number": ("base_score: 100", "base_score: .nan", "meta.base_score", "not a plain number"),
    "python object": ("base_score: 100", "base_score: !!python/object:os.system 1", "meta.base_score", "not a plain number"),
    "impossible day": ("effective_from: 2025-01-01", "effective_from: 2025-02-30", "meta.effective_from", "not a day"),
    "time of day": ("effective_from: 2025-01-01", "effective_from: 2025-01-01T00:00:00Z", "meta.effective_from", "not a plain number"),
    "broken YAML": ("schema_version: 1", "schema_version: {", "", "not YAML"),
    "two documents": ("equivalents_note:", "---\nequivalents_note:", "", "not YAML"),
    # shape
    "unknown field": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "unlocked: {zh: 无锁, en: Unlocked, deduct: 0, dedcut: 1}", "sections[0].items[5].options.unlocked.dedcut", "Extra inputs"),
    "missing field": ("mdm, name: {zh: 企业监管/MDM, en: MDM or supervision}, kind: choice, required: true,", "mdm, name: {zh: 企业监管/MDM, en: MDM or supervision}, kind: choice,", "sections[0].items[4].required", "Field required"),
    "missing language": ("mdm, name: {zh: 企业监管/MDM, en: MDM or supervision}", "mdm, name: {zh: 企业监管/MDM}", "sections[0].items[4].name.en", "Field required"),
    "figure as text": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "unlocked: {zh: 无锁, en: Unlocked, deduct: '0'}", "sections[0].items[5].options.unlocked.deduct", "instance of Decimal"),
    "negative points": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "unlocked: {zh: 无锁, en: Unlocked, deduct: -1}", "sections[0].items[5].options.unlocked.deduct", "greater than or equal"),
    "unknown basis": ("kind: choice, required: true, basis: published, source: [TM_CASES]", "kind: choice, required: true, basis: guessed, source: [TM_CASES]", "sections[0].items[6].basis", "Input should be"),
    "no source": ("kind: choice, required: true, basis: published, source: [TM_CASES]", "kind: choice, required: true, basis: published, source: []", "sections[0].items[6].source", "at least 1"),
    "one option": ("options: {none: {zh: 无, en: None, deduct: 0}, present: {zh: 有, en: Present, effect: ungradable}}", "options: {none: {zh: 无, en: None, deduct: 0}}", "sections[0].items[4].options", "at least 2"),
    "true as a number": ("base_score: 100", "base_score: true", "meta.base_score", "instance of Decimal"),
    "unknown schema version": ("schema_version: 1", "schema_version: 2", "schema_version", "Input should be 1"),
    # names
    "id is not the file's name": ("scheme_id: phone-2026.1", "scheme_id: phone-2026.2", "meta.scheme_id", "the file is named 'phone-2026.1'"),
    "version is not in the id": ('version: "2026.1"', 'version: "2026.2"', "meta.version", "must end with -2026.2"),
    "ends before it begins": ("effective_from: 2025-01-01", "effective_from: 2025-01-01\n  effective_until: 2024-12-31", "meta.effective_until", "before"),
    "unknown tier in a cap": ("triggered: {zh: 变色, en: Triggered, deduct: 10, cap: C", "triggered: {zh: 变色, en: Triggered, deduct: 10, cap: F", "sections[8].items[0].options.triggered.cap", "unknown tier 'F'"),
    "unknown effect": ("present: {zh: 是, en: Present, effect: unsafe}", "present: {zh: 是, en: Present, effect: dangerous}", "sections[6].items[2].options.present.effect", "'dangerous'"),
    "graded as an effect": ("present: {zh: 是, en: Present, effect: unsafe}", "present: {zh: 是, en: Present, effect: graded}", "sections[6].items[2].options.present.effect", "graded is no effect"),
    "unknown source": ("basis: published, source: [TM_CASES]", "basis: published, source: [TM_CASE]", "sections[0].items[6].source", "unknown source 'TM_CASE'"),
    "source twice": ("basis: published, source: [TM_CASES]", "basis: published, source: [TM_CASES, TM_CASES]", "sections[0].items[6].source", "used twice"),
    "unknown source of the severity table": ("source: [BM, EBAY_AU, SERI_REC]       #", "source: [BN]       #", "meta.severity.source", "unknown source 'BN'"),
    "item code twice": ("code: P6.02,", "code: P6.01,", "sections[5].items[0].code", "used twice"),
    "item key twice": ("key: cellular,", "key: power,", "sections[5].items[1].key", "used twice"),
    "item in the wrong section": ("code: P6.02,", "code: P5.02,", "sections[5].items[1].code", "not in section 'P6'"),
    "section twice": ("- code: P10\n", "- code: P9\n", "sections[9].code", "used twice"),
    "unknown severity level": ("key: touch, name: {zh: 触控, en: Touch}, severity: critical", "key: touch, name: {zh: 触控, en: Touch}, severity: deadly", "sections[4].items[1].severity", "unknown severity level"),
    "a line lost": (PHONE[PHONE.index("  - {code: P6.14") : PHONE.index("  - {code: P6.15")], "", "meta.counts.items", "65 stated, 64 found"),
    # kinds
    "severity and kind": (P601, P601 + " kind: text,", "sections[5].items[0]", "either severity or kind"),
    "neither severity nor kind": (P601, P601.replace("severity: critical, ", ""), "sections[5].items[0]", "either severity or kind"),
    "options on a number": ("kind: number, min: 0, max: 1200,", "kind: number, options: {a: {zh: a, en: a, deduct: 0}, b: {zh: b, en: b, deduct: 0}}, min: 0, max: 1200,", "sections[9].items[0].options", "does not belong"),
    "number without limits": ("kind: number, min: 0, max: 1200,", "kind: number, min: 0,", "sections[9].items[0].max", "is needed"),
    "bands on a severity item": (P601, P601 + " bands: [{min: 0, deduct: 0}],", "sections[5].items[0].bands", "does not belong"),
    "choice without options": ("key: mdm, name: {zh: 企业监管/MDM, en: MDM or supervision}, kind: choice,", "key: mdm, name: {zh: 企业监管/MDM, en: MDM or supervision}, kind: text, max_length: 5,", "sections[0].items[4].options", "does not belong"),
    "text without a length": ("kind: text, max_length: 64,", "kind: text,", "sections[1].items[4].max_length", "is needed"),
    "option without a consequence": ("unlocked: {zh: 无锁, en: Unlocked, deduct: 0}", "unlocked: {zh: 无锁, en: Unlocked}", "sections[0].items[5].options.unlocked", "states deduct or effect"),
    "points in a pure gate": ("given: {zh: 有, en: Given, deduct: 0}", "given: {zh: 有, en: Given, deduct: 1}", "sections[1].items[0].options.given", "never takes more than 0"),
    "points above the section's limit": ("- code: P6\n  name: {zh: 功能检测, en: Functional tests}\n  kind: score\n  max_deduction: 60", "- code: P6\n  name: {zh: 功能检测, en: Functional tests}\n  kind: score\n  max_deduction: 30", "sections[5].items[0].severity", "never takes more than 30"),
    # bands
    "bands overlap": ("{min: 90, deduct: 1}", "{min: 95, deduct: 1}", "sections[6].items[0].bands[1]", "overlaps"),
    "bands out of order": ("{min: 90, deduct: 1}", "{min: 84, deduct: 1}", "sections[6].items[0].bands[2]", "overlaps"),
    "rising bands overlap": ("{max: 24, deduct: 1}", "{max: 12, deduct: 1}", "sections[9].items[0].bands[1]", "overlaps"),
    "rising bands without bands_order": ("source: [OWN], bands_order: ascending_max,\n     bands: [{max: 12,", "source: [OWN],\n     bands: [{max: 12,", "sections[9].items[0].bands[0]", "needs min only"),
    "band with two edges": ("{min: 90, deduct: 1}", "{min: 90, max: 94, deduct: 1}", "sections[6].items[0].bands[1]", "needs min only"),
    "values without a band below": ("{min: 0, deduct: 15, cap: E, disclose: true}", "{min: 1, deduct: 15, cap: E, disclose: true}", "sections[6].items[0].bands", "without a band"),
    "values without a band above": ("{max: 1200, deduct: 6}", "{max: 1199, deduct: 6}", "sections[9].items[0].bands", "without a band"),
    "converted values without a band": ("{max: 1000000, deduct: 15", "{max: 499999, deduct: 15", "sections[6].items[1].bands", "without a band"),
    "a band that no value reaches": ("{max: 1200, deduct: 6}", "{max: 1200, deduct: 6}, {max: 1300, deduct: 7}", "sections[9].items[0].bands[5]", "no value"),
    "band without a consequence": ("{min: 90, deduct: 1}", "{min: 90}", "sections[6].items[0].bands[1]", "states deduct or effect"),
    "unknown tier in a band": ("{min: 50, deduct: 15, cap: D", "{min: 50, deduct: 15, cap: X", "sections[6].items[0].bands[5].cap", "unknown tier"),
    "limits the wrong way round": ('unit: "%", min: 0, max: 100,', 'unit: "%", min: 100, max: 0,', "sections[6].items[0]", "min must be below max"),
    "rescaled by an unknown fact": ("rescale: {fact: design_cycles,", "rescale: {fact: cycles_designed,", "sections[6].items[1].rescale.fact", "number fact"),
    "rescaled by something that may be zero": ("kind: number, min: 100, max: 5000,", "kind: number, min: 0, max: 5000,", "sections[6].items[1].rescale.fact", "above 0"),
    # presence
    "required item in a group": ('kind: number, unit: "%", min: 0, max: 100, decimals: 2, required: false', 'kind: number, unit: "%", min: 0, max: 100, decimals: 2, required: true', "sections[6].items[0].required", "not required by itself"),
    "unknown group": ("required_any: battery_measure, instrument", "required_any: battery, instrument", "sections[6].items[0].required_any", "unknown group"),
    "only_if_missing of nothing": ("only_if_missing: battery_pct", "only_if_missing: battery", "sections[6].items[1].only_if_missing", "unknown item"),
    "only_if_missing of itself": ("only_if_missing: battery_pct", "only_if_missing: battery_cycles", "sections[6].items[1].only_if_missing", "unknown item"),
    "only_if_missing outside the group": ("only_if_missing: battery_pct", "only_if_missing: age_months", "sections[6].items[1].only_if_missing", "same group"),
    "unknown computation": ("computed: {by: imei_verdict}", "computed: {by: magic}", "sections[0].items[0].computed.by", "unknown computation"),
    "computed by nothing": ("computed: {by: imei_verdict}", "computed: {}", "sections[0].items[0].computed", "either by or fact"),
    "computed from an unknown fact": ("computed: {by: imei_verdict}", "computed: {fact: imei_ok}", "sections[0].items[0].computed.fact", "known fact"),
    "a fact named like an item": ("  found_not_declared: {", "  nfc: {name: {zh: a, en: a}, kind: flag}\n  found_not_declared: {", "sections[5].items[20].key", "name of a fact"),
    # rules over several items
    "unknown item in a rule": ("{item: P3.01, op: in", "{item: P3.09, op: in", "cross_rules[1].when.all[0].item", "unknown item"),
    "a value the item never has": ("op: in, value: [cracked]}", "op: in, value: [broken]}", "cross_rules[1].when.all[0].value", "never has the value 'broken'"),
    "unknown fact in a rule": ("{fact: found_not_declared, op: eq", "{fact: found_undeclared, op: eq", "cross_rules[2].when.any[0].fact", "unknown fact"),
    "a flag compared with a word": ("op: eq, value: true}", "op: eq, value: 'true'}", "cross_rules[2].when.any[0].value", "neither true nor false"),
    "a flag compared by size": ("op: eq, value: true}", "op: le, value: 1}", "cross_rules[2].when.any[0].op", "compares numbers"),
    "unknown operator": ("op: eq, value: true}", "op: is, value: true}", "cross_rules[2].when.any[0].op", "Input should be"),
    "no operator": ("op: eq, value: true}", "value: true}", "cross_rules[2].when.any[0].op", "is missing"),
    "no value to compare with": ("op: eq, value: true}", "op: eq}", "cross_rules[2].when.any[0].value", "needed"),
    "a value for missing": ("op: eq, value: true}", "op: missing, value: true}", "cross_rules[2].when.any[0].value", "does not belong"),
    "a list without in": ("op: eq, value: true}", "op: eq, value: [true]}", "cross_rules[2].when.any[0].value", "a list belongs"),
    "in without a list": ("op: in, value: [cracked]}", "op: in, value: cracked}", "cross_rules[1].when.all[0].value", "a list belongs"),
    "effect of a fact": ("op: eq, value: true}", "op: effect, value: unsafe}", "cross_rules[2].when.any[0].op", "asks about an item"),
    "unknown effect in a condition": ("op: in, value: [cracked]}", "op: effect, value: bad}", "cross_rules[1].when.all[0].value", "unknown status"),
    "two things in one condition": ("{fact: found_not_declared, op", "{item: P3.01, fact: found_not_declared, op", "cross_rules[2].when.any[0]", "exactly one"),
    "an empty condition": ("when: {any: [{fact: found_not_declared, op: eq, value: true}]}", "when: {}", "cross_rules[2].when", "exactly one"),
    "an empty list of conditions": ("when: {any: [{fact: found_not_declared, op: eq, value: true}]}", "when: {any: []}", "cross_rules[2].when.any", "is empty"),
    "an operator beside all": (PX01, "when: {op: eq, all: [{fact: found_not_declared, op: eq, value: false}]}", "cross_rules[0].when", "do not belong"),
    "a count that is never reached": (PX01, PX01.replace("at_least: 2", "at_least: 15"), "cross_rules[0].when.count.at_least", "can never be reached"),
    "a count in an unknown section": (PX01, PX01.replace("P6", "P66"), "cross_rules[0].when.count.section", "unknown section"),
    "a count of an unknown level": (PX01, PX01.replace("critical", "deadly"), "cross_rules[0].when.count.severity", "unknown severity level"),
    "a count of an unknown value": (PX01, PX01.replace("[fail]", "[failed]"), "cross_rules[0].when.count.value", "unknown severity value"),
    "a rule without a consequence": ("then: {credit_event: undisclosed_defect}", "then: {}", "cross_rules[2].then", "nothing follows"),
    "points without a section": ("then: {credit_event: undisclosed_defect}", "then: {deduct: 5}", "cross_rules[2].then", "go together"),
    "points in an unknown section": ("then: {credit_event: undisclosed_defect}", "then: {deduct: 5, section: P99}", "cross_rules[2].then.section", "unknown section"),
    "unknown tier in a rule": ("then: {credit_event: undisclosed_defect}", "then: {cap: Z}", "cross_rules[2].then.cap", "unknown tier"),
    "rule code twice": ("code: PX.02", "code: PX.01", "cross_rules[0].code", "used twice"),
    # tiers, statuses, the rest
    "tiers not in the stated order": ("tier_order: [S, A, B, C, D, E]", "tier_order: [S, A, B, D, C, E]", "meta.tier_order", "but the tiers are"),
    "least scores not falling": ("code: A, min_score: 88", "code: A, min_score: 95", "tiers[1].min_score", "below that of the better tier"),
    "a best tier that nobody reaches": ("code: S, min_score: 95", "code: S, min_score: 101", "tiers[0].min_score", "no score reaches"),
    "low scores without a tier": ("code: E, min_score: 0", "code: E, min_score: 1", "tiers[5].min_score", "without a tier"),
    "graded is not last": ("  - {code: graded, name", "  - {code: graded_now, name", "meta.statuses", "the last status must be 'graded'"),
    "no status for missing items": ("  - {code: ungradable, name", "  - {code: not_graded, name", "meta.statuses", "unknown status (it must be there"),
    "unknown section for functions": ("fully_functional: {sections: [P6]}", "fully_functional: {sections: [P66]}", "meta.fully_functional.sections", "unknown section"),
    "a severity row left out": ("trivial:  {fail: {deduct: 2,  cap: B, disclose: true}, degraded: {deduct: 1, disclose: true}, not_tested: {deduct: 1}}", "trivial:  {fail: {deduct: 2,  cap: B, disclose: true}, degraded: {deduct: 1, disclose: true}}", "meta.severity.levels.trivial", "needs a row"),
    "a good value that costs": ("trivial:  {fail:", "trivial:  {ok: {deduct: 1}, fail:", "meta.severity.levels.trivial", "must not cost"),
    "an unknown value in the severity table": ("trivial:  {fail:", "trivial:  {broken: {deduct: 1}, fail:", "meta.severity.levels.trivial.broken", "unknown severity value"),
    "an erasure level that is not listed": ("minimum_for_resale: purge", "minimum_for_resale: scrub", "erasure_certificate.minimum_for_resale", "unknown level"),
    "a certificate field twice": ("required_fields: [certificate_no,", "required_fields: [certificate_no, certificate_no,", "erasure_certificate.required_fields", "used twice"),
    "a place that does not exist": ("required: true, places: [workshop, hub]", "required: true, places: [garage]", "sections[8].items[1].places[0]", "Input should be"),
    "a place twice": ("required: true, places: [workshop, hub]", "required: true, places: [hub, hub]", "sections[8].items[1].places", "used twice"),
    "no place at all": ("required: true, places: [workshop, hub]", "required: true, places: []", "sections[8].items[1].places", "at least 1"),
    "places left out": ("  max_deduction: 10\n  places: [home, workshop, hub]\n", "  max_deduction: 10\n", "sections[9].items[2].places", "this one must too"),
    "unknown instrument": ("instrument: flat_plate", "instrument: flat_pan", "sections[8].items[2].instrument", "unknown instrument 'flat_pan'"),
    "an instrument for nothing": ("  flat_plate: {", "  crystal_ball: {zh: 水晶球, en: Crystal ball}\n  flat_plate: {", "instruments.crystal_ball", "no item needs"),
    "floor above the base": ("  floor: 0", "  floor: 101", "meta.floor", "above base_score"),
}  # fmt: skip

APPLIANCE_FAULTS = {
    "a class becomes a boolean": ("{fact: serviced, op: eq, value: true}", "{fact: serviced, op: eq, value: yes}", "cross_rules[4].when.all[0].value", "boolean"),
    "a boolean as a type": ("  microwave:\n", "  on:\n", "types", "boolean"),
    "unknown source of the head": ("  source: [OWN]\n  tier_order", "  source: [HEARSAY]\n  tier_order", "meta.source", "unknown source 'HEARSAY'"),
    "unknown source of a safe life": ("basis: published, source: [CVIA_LIFE]", "basis: published, source: [CVIA]", "types.tv.attrs.safe_life_years.source", "unknown source 'CVIA'"),
    "safe life without its basis": ("{value: 7, basis: published,", "{value: 7,", "types.tv.attrs.safe_life_years.FigurePart.basis", "Field required"),
    "a gas that nobody can choose": ("{natural: 8, lpg: 8, manufactured: 6}", "{natural: 8, biogas: 8, manufactured: 6}", "derived[1].of", "every answer"),
    "a class that nobody can choose": ("{by: {II: 0.25, III: 0.5}", "{by: {II: 0.25, IV: 0.5}", "derived[8].of", "every answer"),
    "a type that does not exist": ("value: [small_appliance]}", "value: [toaster]}", "sections[2].items[30].applies.value", "never has the value 'toaster'"),
    "unknown attribute in a rule": ("{type_attr: stores_data,", "{type_attr: keeps_data,", "cross_rules[7].when.all[0].type_attr", "unknown type_attr"),
    "bands overlap": ("{max: 0.3, deduct: 3,", "{max: 0.2, deduct: 3,", "sections[1].items[3].bands[1]", "overlaps"),
    "bands leave a gap": ("{max: 50, deduct: 0}, {max: 1000000, effect: unsafe}", "{max: 50, deduct: 0}, {max: 999999, effect: unsafe}", "sections[1].items[10].bands", "without a band"),
    "a floor that may be zero": ("unit: Mohm, min: 0.3, max: 1,", "unit: Mohm, min: 0, max: 1,", "sections[1].items[4].rescale.fact", "above 0"),
    "a part that the record names twice": ("required_fields: [item_name,", "required_fields: [item_name, item_name,", "test_record.required_fields", "used twice"),
    "unknown source of the record": ("source: [WEEE_UK9, MOFCOM1]", "source: [WEEE_UK9, MOFCOM2]", "test_record.source", "unknown source 'MOFCOM2'"),
    "a product of days": ("op: product, of: [rated_kw,", "op: product, of: [start_date,", "derived[12].of", "kind number"),
    "the greatest of one": ("op: greatest, of: [safe_life_stated, life_least]", "op: greatest, of: [life_least]", "derived[4].of", "takes 2 to 9"),
}  # fmt: skip

HOUSEHOLD_FAULTS = {
    "unknown fact to derive from": ("of: [bought_on, assessed_on]", "of: [bought_at, assessed_on]", "derived[0].of", "must stand before"),
    "derived from a later fact": ("of: [bought_on, assessed_on]", "of: [bought_on, leak_ratio]", "derived[0].of", "must stand before"),
    "a ratio of one fact": ("of: [leak_ma, leak_limit_ma]", "of: [leak_ma]", "derived[6].of", "takes 2 to 2"),
    "years between numbers": ("of: [bought_on, assessed_on]", "of: [leak_ma, assessed_on]", "derived[0].of", "kind date"),
    "a ratio with a day": ("of: [leak_ma, leak_limit_ma]", "of: [leak_ma, bought_on]", "derived[6].of", "kind number"),
    "a difference with a word": ("attr: life}", "attr: energy}", "derived[4].of", "kind number"),
    "derived twice": ("key: life_plain", "key: life_by_gas", "derived[2]", "there twice"),
    "unknown attribute": ("attr: life}", "attr: lives}", "derived[2].attr", "unknown attribute"),
    "attribute left out": (", attr: life}", "}", "derived[2].attr", "belongs to type_attr"),
    "unknown attribute in a condition": ("{type_attr: energy, op: eq, value: gas}", "{type_attr: power, op: eq, value: gas}", "cross_rules[0].when.all[0].type_attr", "unknown type_attr"),
    "applies asks about an item": ("applies: {fact: kind, op: in, value: [hob]}", "applies: {item: B.01, op: missing}", "sections[0].items[2].applies", "only facts"),
    "applies to an unknown type": ("applies: {fact: kind, op: in, value: [hob]}", "applies: {fact: kind, op: in, value: [oven]}", "sections[0].items[2].applies.value", "never has the value 'oven'"),
    "a day compared in a rule": ("when: {any: [{fact: age_years, op: gt, value: 13}]}", "when: {fact: bought_on, op: eq, value: x}", "cross_rules[1].when.op", "days are not compared"),
    "a number compared with a word": ("{fact: age_years, op: gt, value: 13}", "{fact: age_years, op: gt, value: old}", "cross_rules[1].when.any[0].value", "not a number"),
    "choice fact without options": ("kind: choice, options: {I: {zh: I类, en: Class I}, II: {zh: II类, en: Class II}}}", "kind: choice}", "facts.protection", "options belong"),
    "text fact without a length": ("name: {zh: 检修过, en: Serviced}, kind: flag}", "name: {zh: 检修过, en: Serviced}, kind: text}", "facts.serviced.max_length", "kind text"),
    "unit of a flag": ("kind: flag}", "kind: flag, unit: kg}", "facts.serviced.unit", "kind number"),
    "a figure without its source": ("life: {value: 5, basis: own, source: [OWN]}", "life: 5", "types.kettle.attrs.life.FigurePart", "valid dictionary"),
    "a figure of an unknown source": ("life: {value: 5, basis: own, source: [OWN]}", "life: {value: 5, basis: own, source: [HEARSAY]}", "types.kettle.attrs.life.source", "unknown source 'HEARSAY'"),
    "a figure that is also a table": ("life: {value: 5, basis", "life: {value: 5, by: {a: 1}, basis", "types.kettle.attrs.life", "either value or by"),
    "a figure without a number": ("life: {value: 5, basis", "life: {basis", "types.kettle.attrs.life", "either value or by"),
    "a table without the fact it is read by": (", of: [gas]}", "}", "derived[1].of", "is a table"),
    "a fact for what is no table": ("attr: life}", "attr: life, of: [gas]}", "derived[2].of", "is no table"),
    "a table with a row that no answer chooses": ("by: {natural: 8, manufactured: 6}", "by: {natural: 8, wood: 6}", "derived[1].of", "every answer"),
    "typed or computed from nothing": ("computed: {fact: leak_ratio}", "computed: {or_typed: true}", "sections[0].items[1].computed.or_typed", "belongs to a fact"),
    "number fact without limits": ("kind: number, min: 0, max: 10, decimals: 2}", "kind: number, decimals: 2}", "facts.leak_limit_ma", "all three"),
    "flag with limits": ("kind: flag}", "kind: flag, min: 0}", "facts.serviced", "all three"),
    "types without their fact": ("kind: type, required: true}", "kind: flag, required: true}", "facts", "exactly one fact of kind type"),
    "a group of one": ("required: false, required_any: proof, basis: own, source: [OWN]}", "required: false, basis: own, source: [OWN]}", "groups.proof", "at least two"),
    "text days": ('effective_from: "2024-06-01"', 'effective_from: "June"', "meta.effective_from", "isoformat"),
}  # fmt: skip


def refuse(tmp_path: Path, name: str, text: str) -> SchemeError:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError) as refused:
        read_scheme(file.name, file.read_bytes())
    return refused.value


def check_fault(tmp_path: Path, name: str, text: str, fault: tuple[str, str, str, str]) -> None:
    old, new, path, message = fault
    assert text.count(old) == 1, f"{text.count(old)} places for {old!r}"
    error = refuse(tmp_path, name, text.replace(old, new))
    assert error.file == name
    assert any(p.path == path and message in p.message for p in error.problems), str(error)
    assert name in str(error)


@pytest.mark.parametrize("fault", PHONE_FAULTS)
def test_a_scheme_with_a_planted_fault_is_refused_at_its_place(tmp_path: Path, fault: str) -> None:
    check_fault(tmp_path, "phone-2026.1.yaml", PHONE, PHONE_FAULTS[fault])


@pytest.mark.parametrize("fault", APPLIANCE_FAULTS)
def test_an_appliance_scheme_with_a_planted_fault_is_refused_at_its_place(tmp_path: Path, fault: str) -> None:
    check_fault(tmp_path, "appliance-2026.1.yaml", APPLIANCE, APPLIANCE_FAULTS[fault])


@pytest.mark.parametrize("fault", HOUSEHOLD_FAULTS)
def test_a_scheme_with_types_and_a_planted_fault_is_refused_at_its_place(tmp_path: Path, fault: str) -> None:
    check_fault(tmp_path, "household-test-1.yaml", HOUSEHOLD, HOUSEHOLD_FAULTS[fault])


def test_several_faults_are_told_together(tmp_path: Path) -> None:
    text = PHONE.replace("cap: E}", "cap: Z}").replace("floor: 0", "floor: 200")
    assert {p.path for p in refuse(tmp_path, "phone-2026.1.yaml", text).problems} >= {
        "meta.floor", "cross_rules[0].then.cap", "cross_rules[1].then.cap",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "not a map"), (b"- 1", "not a map"), (b"\xff\xfe", "not UTF-8"), (b"\x00", "not YAML"), (b"a: [" * 5000, "nested too deeply"),
     (b"a: " + b"[" * 200 + b"]" * 200, "nested too deeply"), (b"a: 1\n", "Field required"), (b"{a: {b: &x {c: *x}}}", "aliases")],
)  # fmt: skip
def test_bytes_that_are_no_scheme_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(SchemeError, match=message):
        read_scheme("x-1.yaml", data)


@pytest.mark.parametrize("loader", LOADERS, ids=("fast", "plain"))
def test_both_yaml_loaders_give_the_same_nodes_and_stop_at_deep_nesting(loader: type) -> None:
    def shape(node: yaml.Node) -> object:
        if isinstance(node, yaml.MappingNode):
            return [(shape(key), shape(value)) for key, value in node.value]
        if isinstance(node, yaml.SequenceNode):
            return [shape(part) for part in node.value]
        return (node.tag, node.value, node.start_mark.line)

    expected, found = yaml.compose(PHONE, Loader=yaml.SafeLoader), compose(PHONE, loader)
    assert expected is not None
    assert found is not None
    assert shape(found) == shape(expected)
    for deep in ("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000):
        with pytest.raises(yaml.YAMLError, match="nested too deeply"):
            compose(deep, loader)


def test_the_line_of_a_trap_is_told(tmp_path: Path) -> None:
    text = PHONE.replace("base_score: 100", "base_score: 0100")
    line = text[: text.index("base_score: 0100")].count("\n") + 1
    assert f"(line {line})" in str(refuse(tmp_path, "phone-2026.1.yaml", text))


def test_figures_are_read_without_floats() -> None:
    document = read_document("x.yaml", b"a: 0.1\nb: 7\nc: true\nd: 2026-01-02\ne: '1'\n")
    assert {key: (type(value).__name__, str(value)) for key, value in document.items()} == {
        "a": ("Decimal", "0.1"), "b": ("int", "7"), "c": ("bool", "True"), "d": ("date", "2026-01-02"), "e": ("str", "1"),
    }  # fmt: skip
    assert document["d"] == datetime.date(2026, 1, 2)


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_every_shipped_scheme_loads_and_reads_the_same_by_the_plain_yaml_loader(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    data = (resources.files("grading") / "data" / f"{scheme_id}.yaml").read_bytes()
    plain = yaml.safe_load(data)
    assert [item.code for item in scheme.items] == [i["code"] for s in plain["sections"] for i in s["items"]]
    assert read_scheme(f"{scheme_id}.yaml", data) == scheme


def test_the_phone_scheme_says_that_it_is_the_platforms_own() -> None:
    scheme = load_scheme("phone-2026.1")
    assert scheme.label == {"zh": "平台方案 phone-2026.1", "en": "platform scheme phone-2026.1"}
    assert [tier.code for tier in scheme.tiers] == ["S", "A", "B", "C", "D", "E"]
    assert [int(tier.min_score) for tier in scheme.tiers] == [95, 88, 78, 65, 40, 0]
    assert scheme.effective_from == datetime.date(2025, 1, 1)
    assert [item.key for item in scheme.items if item.computed] == ["imei"]
    certificate = scheme.erasure_certificate
    assert certificate is not None
    assert (certificate.minimum_for_resale, certificate.retention_years, len(certificate.required_fields)) == ("purge", 3, 30)


@pytest.mark.parametrize("scheme_id", list_schemes())
def test_every_item_of_a_shipped_scheme_says_where_it_can_be_measured(scheme_id: str) -> None:
    for item in load_scheme(scheme_id).items:
        assert item.places, item.code
        assert set(item.places) <= set(PLACES)


def test_an_item_has_its_own_places_or_those_of_its_section() -> None:
    scheme = load_scheme("phone-2026.1")
    assert scheme.get_item("ldi").places == ("home", "workshop", "hub")
    corrosion = scheme.get_item("corrosion")
    assert (corrosion.places, scheme.instruments[corrosion.instrument or ""].en) == (("workshop", "hub"), "Loupe and lamp")
    assert scheme.get_item("accessories").instrument is None


def test_the_check_command_says_the_faults_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "phone-2026.1.yaml"
    file.write_text(PHONE, encoding="utf-8")
    assert main(["check-scheme", str(file)]) == 0
    assert '"items": 65' in capsys.readouterr().out
    file.write_text(PHONE.replace("floor: 0", "floor: 200"), encoding="utf-8")
    assert main(["check-scheme", str(file)]) == 2
    assert "meta.floor" in capsys.readouterr().err
