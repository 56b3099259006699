"""The interface of programs, fed with generated cases of its own document as every role: nothing undocumented, never a fault."""

from __future__ import annotations

import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
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
from app.api.faces import PREFIX
from app.api.faces import operations as known
from app.web.api import Operation
from tests.accounts.making import make_member, make_organisation
from tests.api.making import make_token, new_key
from tests.attack.scenes import Scene, scenes_of
from tests.attack.size import FULL, some
from tests.attack.vault import Vault
from tests.guards.conftest import ROLES, Town
from tests.listings.making import tiny_photo

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
IN_SCENE = 4  # times as many cases for the role that can do it, so that most of its writes are tried out, not only refused
OTHERS = 3  # roles besides it that ask for the same
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


@dataclass
class Played:
    """What came back: every status, and how many of the cases that were set in their scene succeeded."""

    statuses: Counter[int] = field(default_factory=Counter)
    set_in_scene: Counter[bool] = field(default_factory=Counter)  # succeeded -> cases
    elsewhere: Counter[bool] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def update(self, more: Played) -> None:
        self.statuses.update(more.statuses)
        self.set_in_scene.update(more.set_in_scene)
        self.elsewhere.update(more.elsewhere)


class Actor:
    """A role with its token, and the tag of what it looks at."""

    def __init__(self, town: Town, role: str, secret: str | None) -> None:
        self.role, self._client = role, town.app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def tag(self, operation_id: str, parts: dict[str, str]) -> str:
        address = PREFIX + known()[operation_id].path.format(**parts)
        return self._client.get(address, headers=self.headers).headers["ETag"]


def set_in_scene(case: Case, scene: Scene, actor: Actor, declared: Operation, turn: int) -> dict[str, str]:
    """Put the case where it can succeed: the thing, its tag, the ids, and one generated field in a body that works otherwise."""
    if scene.parts:
        case.path_parameters.update(scene.parts)
    if declared.body is not None:
        sent = case.body if isinstance(case.body, dict) else {}
        optional = sorted(set(sent) - set(scene.fixed))
        chosen = {optional[turn % len(optional)]: sent[optional[turn % len(optional)]]} if optional and turn % 2 else {}
        case.body = {**declared.example, **chosen, **scene.fixed}
    return {"If-Match": actor.tag(scene.seen, scene.parts)} if scene.seen else {}


def play(operation: Any, actor: Actor, label: str, town: Town, vault: Vault, most: int, scene: Scene | None = None) -> Played:
    """Send ``most`` generated cases, half of them wrong on purpose; most of the right ones in the scene, where there is one."""
    played = Played()
    declared = known().get(operation.definition.raw["operationId"])
    mode = GenerationMode.POSITIVE

    def send(case: Case) -> None:
        turn = played.statuses.total()
        headers, extra = dict(actor.headers), {}
        if operation.method.upper() != "GET" and turn % 5:
            headers["Idempotency-Key"] = new_key()
        is_set = scene is not None and declared is not None and mode is GenerationMode.POSITIVE and turn % 4 > 0
        if is_set:
            headers |= set_in_scene(case, scene, actor, declared, turn)
            headers["Idempotency-Key"] = new_key()
            if declared.upload:
                extra = {"data": tiny_photo(turn + 100)}
                headers["Content-Type"] = "image/jpeg"
        else:
            with_real_parts(case, town.parts, turn)
        response = case.call(headers=headers, **extra)
        played.statuses[response.status_code] += 1
        succeeded = response.status_code < 300
        (played.set_in_scene if is_set else played.elsewhere)[succeeded] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except BaseExceptionGroup as wrong:
            played.faults.append(f"{operation.label} as {label}: " + "; ".join(str(each)[:600] for each in wrong.exceptions))
        except AssertionError as wrong:
            played.faults.append(f"{operation.label} as {label}: {str(wrong)[:600]}")
        if played.statuses.total() % OFTEN == 0 or (scene is not None and succeeded):
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
            seed(zlib.crc32(f"{operation.label} {label} {mode}".encode()))(quiet(given(strategy)(send)))()
        except schemathesis.errors.SchemathesisError as nothing:  # an operation without anything that could be wrong
            if mode is GenerationMode.POSITIVE:
                played.faults.append(f"{operation.label}: {nothing}")
    vault.restore()
    return played


def asked_by(operation: Any, actors: list[Actor], scene: Callable[[Any, Actor], Scene | None]) -> list[Actor]:
    """Who can do it and ``OTHERS`` others, other ones for each operation; everybody in a full drill."""
    others = [actor for actor in actors if scene(operation, actor) is None]
    return [actor for actor in actors if actor not in others] + some(others, OTHERS, operation.label)


def test_generated_requests_of_every_role_get_documented_answers(town: Town, vault: Vault) -> None:
    people = people_of(town)
    scenes = scenes_of(town)
    actors = [Actor(town, role, make_token(town.hub, user).secret if user is not None else None) for role, user in people.items()]
    vault.keep()
    operations = operations_of(town.app)

    def scene(operation: Any, actor: Actor) -> Scene | None:
        found = scenes.get(operation.definition.raw["operationId"])
        return found if found is not None and found.role == actor.role else None

    asked = {operation.label: asked_by(operation, actors, scene) for operation in operations}
    shares = sum(IN_SCENE if scene(operation, actor) else 1 for operation in operations for actor in asked[operation.label])
    each = -(-CASES // shares)
    results: dict[str, Played] = {}
    faults: list[str] = []
    rounds = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of the generator about itself
        while sum(found.statuses.total() for found in results.values()) < CASES and rounds < 10:
            rounds += 1
            for operation in operations:
                for actor in asked[operation.label]:
                    here = scene(operation, actor)
                    most = each * (IN_SCENE if here else 1)
                    played = play(operation, actor, f"{actor.role} {rounds}", town, vault, most, here)
                    results.setdefault(operation.label, Played()).update(played)
                    faults += played.faults[:3]
    whole = Played()
    for found in results.values():
        whole.update(found)
    total = whole.statuses.total()
    print(f"{total} cases over {len(operations)} operations as {len(people)} roles: {dict(sorted(whole.statuses.items()))}")
    writes = {label: found for label, found in results.items() if found.set_in_scene}
    alone = sum((found.elsewhere for found in writes.values()), Counter())
    print(f"writes that succeed: {share(alone)} of {alone.total()} cases by themselves, {share(whole.set_in_scene)} of "
          f"{whole.set_in_scene.total()} in their scene")  # fmt: skip
    for label, found in sorted(writes.items()):
        print(f"  {label}: {share(found.set_in_scene)} of {found.set_in_scene.total()}, elsewhere {share(found.elsewhere)}")
    assert not faults, "\n\n".join(faults[:40])
    assert total >= CASES
    # The cases must get behind the door: each operation succeeds or finds its thing in some way now and then.
    behind = {label for label, found in results.items() if set(found.statuses) - {400, 401, 403, 404, 415, 429}}
    assert len(behind) >= len(operations) * 2 // 3, sorted(set(results) - behind)
    # And what writes must write: otherwise only the refusals were tried.
    assert len(writes) == len(scenes)
    assert [label for label, found in writes.items() if not found.set_in_scene[True]] == []
    assert whole.set_in_scene[True] * 3 >= whole.set_in_scene.total()


def share(counted: Counter[bool]) -> str:
    return f"{100 * counted[True] // max(counted.total(), 1)} %"


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
                played = play(operation, Actor(town, "visitor", None), "visitor", town, vault, 4)
            assert played.faults
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
