"""The interface of programs, fed with generated cases of its own document as every role: nothing undocumented, never a fault."""

from __future__ import annotations

import warnings
import zlib
from collections import Counter
from typing import Any

import pytest
import schemathesis
from flask import Flask, Response, jsonify
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.accounts.models import User
from tests.accounts.making import make_member, make_organisation
from tests.api.making import make_token, new_key
from tests.attack.size import FULL
from tests.attack.vault import Vault
from tests.guards.conftest import ROLES, Town

pytestmark = pytest.mark.slow

DOCUMENT = "/api/v1/openapi.json"
CASES = 20_000 if FULL else 2_000
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OFTEN = 25  # cases after which everything is as it was: what was deleted is there again, and no limit is used up
EVERYBODY = (*ROLES, "manager")


def people_of(town: Town) -> dict[str, User | None]:
    if "manager" not in town.people:
        town.people["manager"] = make_member(town.hub, "manager", organisation=make_organisation(town.hub, "agency", "云杉检测"))
    return {role: town.people.get(role) for role in EVERYBODY}


def operations_of(app: Flask) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, app)
    return [found.ok() for found in schema.get_all_operations()]


def with_real_parts(case: Case, parts: dict[str, dict[str, object]], turn: int) -> None:
    """Most generated codes name nothing: in two of three cases the address names something that is there."""
    if turn % 3 == 0 or not case.path_parameters:
        return
    kinds = [kind for kind, found in sorted(parts.items()) if set(case.path_parameters) & set(found)]
    if kinds:
        chosen = parts[kinds[turn % len(kinds)]]
        case.path_parameters.update({name: str(chosen[name]) for name in case.path_parameters if name in chosen})


def play(operation: Any, role: str, secret: str | None, town: Town, vault: Vault, most: int) -> tuple[Counter[int], list[str]]:
    """Send ``most`` generated cases, half of them wrong on purpose; returns the statuses and what was wrong."""
    seen: Counter[int] = Counter()
    faults: list[str] = []

    def send(case: Case) -> None:
        with_real_parts(case, town.parts, seen.total())
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        if operation.method.upper() != "GET" and seen.total() % 5:
            headers["Idempotency-Key"] = new_key()
        response = case.call(headers=headers)
        seen[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except BaseExceptionGroup as wrong:
            faults.append(f"{operation.label} as {role}: " + "; ".join(str(each)[:600] for each in wrong.exceptions))
        except AssertionError as wrong:
            faults.append(f"{operation.label} as {role}: {str(wrong)[:600]}")
        if seen.total() % OFTEN == 0:
            vault.restore()

    for mode, count in ((GenerationMode.POSITIVE, most - most // 2), (GenerationMode.NEGATIVE, most // 2)):
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            quiet = settings(
                max_examples=max(count, 1),
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            seed(zlib.crc32(f"{operation.label} {role} {mode}".encode()))(quiet(given(strategy)(send)))()
        except schemathesis.errors.SchemathesisError as nothing:  # an operation without anything that could be wrong
            if mode is GenerationMode.POSITIVE:
                faults.append(f"{operation.label}: {nothing}")
    vault.restore()
    return seen, faults


def test_generated_requests_of_every_role_get_documented_answers(town: Town, vault: Vault) -> None:
    people = people_of(town)
    secrets = {role: make_token(town.hub, user).secret if user is not None else None for role, user in people.items()}
    vault.keep()
    operations = operations_of(town.app)
    each = -(-CASES // (len(operations) * len(people))) + 1
    statuses: dict[str, Counter[int]] = {}
    faults: list[str] = []
    rounds = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the generator about itself
        while sum(found.total() for found in statuses.values()) < CASES and rounds < 10:
            rounds += 1
            for operation in operations:
                for role, secret in secrets.items():
                    seen, wrong = play(operation, f"{role} {rounds}", secret, town, vault, each)
                    statuses.setdefault(operation.label, Counter()).update(seen)
                    faults += wrong[:3]
    total = sum(found.total() for found in statuses.values())
    print(
        f"{total} cases over {len(operations)} operations as {len(people)} roles: {dict(sorted(sum(statuses.values(), Counter()).items()))}"
    )
    assert not faults, "\n\n".join(faults[:40])
    assert total >= CASES
    # The cases must get behind the door: each operation succeeds or finds its thing in some way now and then.
    behind = {label for label, found in statuses.items() if set(found) - {400, 401, 403, 404, 415, 429}}
    assert len(behind) >= len(operations) * 2 // 3, sorted(set(statuses) - behind)


def test_the_check_sees_an_undocumented_answer_and_a_fault(town: Town, vault: Vault) -> None:
    operation = next(found for found in operations_of(town.app) if found.method.upper() == "GET" and not found.path_parameters)
    endpoint = f"api.{operation.definition.raw['operationId']}"
    honest = town.app.view_functions[endpoint]
    try:
        for planted in (
            lambda: ("oops", 500),
            lambda: (jsonify(surprise=1), 200),
            lambda: Response("<p>", 418, mimetype="text/html"),
        ):
            planted.__policy__ = ("anyone",)  # type: ignore[attr-defined]
            town.app.view_functions[endpoint] = lambda **_: planted()  # noqa: B023 - called within this turn
            town.app.view_functions[endpoint].__policy__ = ("anyone",)  # type: ignore[attr-defined]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _, faults = play(operation, "visitor", None, town, vault, 4)
            assert faults
    finally:
        town.app.view_functions[endpoint] = honest


def test_a_browsers_session_opens_nothing_of_the_interface_for_programs(town: Town, vault: Vault) -> None:
    """The interface has no form tokens because it reads no cookie: so no cookie may count there."""
    vault.keep()
    browser = town.browser("household")
    vault.keep()
    for rule in town.app.url_map.iter_rules():
        if not rule.endpoint.startswith("api.") or "GET" in (rule.methods or ()):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            address = str(
                town.app.url_map.bind("127.0.0.1").build(rule.endpoint, dict.fromkeys(rule.arguments, "0" * 26), method=method)
            )
            answer = browser.open(address, method=method, json={}, headers={"Idempotency-Key": new_key()})
            assert answer.status_code == 401, address
    assert not vault.changed()
