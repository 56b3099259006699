"""The document says everything and nothing but what is so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from pydantic import TypeAdapter

from app.accounts.rules import SCOPES
from app.api import document as made
from app.api.examples import example_of
from app.api.faces import FACES, operations
from app.appraisal.service.guarding import require_appraiser_may, require_may_sign
from app.kernel.errors import NotFound
from app.kernel.hub import Hub
from app.listings import service as listings
from app.web.api.operation import Operation
from tests.accounts.making import make_user
from tests.api.making import Program
from tests.api.reachable import refusals_in

OPERATIONS = list(operations().values())
DOCUMENT = made.document("https://xunyi.example")


# What the code could raise but cannot come to: an account or organisation is closed and never deleted, an order has its payment,
# and the revision of a scheme that an order names stays for ever.
NEVER = {"user_not_found", "organisation_not_found", "payment_not_found", "scheme_not_found"}
# What comes from behind a door that is open at run time only.
BEHIND_A_DOOR = {"payPayment": {"provider_unavailable", "provider_refused"}, "createEstimate": {"price_model_damaged"}}


def named(operation: Operation) -> str:
    return operation.id


def test_it_is_served_with_an_etag_and_is_the_same_as_the_declarations(app: Flask, hub: Hub) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.get_json() == json.loads(made.document_bytes(hub.settings.base_url))
    again = app.test_client().get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_its_pages_lead_to_every_operation_and_every_code(app: Flask) -> None:
    reader = app.test_client()
    index = reader.get("/developers").text
    told = {code for operation in OPERATIONS for sentences in made.codes_of(operation).values() for code in sentences}
    told |= set(made.OF_ADDRESSES)
    assert set(re.findall(r'<div id="(\w+)"><dt><code>', index)) == told
    links = re.findall(r'href="(/developers/\w+)#(\w+)"', index)
    assert sorted(name for _, name in links) == sorted(operation.id for operation in OPERATIONS)
    shown = {address: reader.get(address).text for address, _ in links}
    for address, name in links:
        assert f' id="{name}"' in shown[address]
        assert f"<code>{name}</code>" in shown[address]
    for address, page in shown.items():
        assert set(re.findall(r'href="/developers#(\w+)"', page)) <= told, address
    assert reader.get("/developers/nothing").status_code == 404


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [each for child in value.values() for each in references(child)]
        return [each for child in value for each in references(child)] if isinstance(value, list) else []

    for reference in set(references(DOCUMENT)):
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            assert part in found, reference
            found = found[part]


def test_names_of_operations_and_tags_are_unique_and_explained() -> None:
    assert len({face.tag for face in FACES}) == len(FACES)
    assert {each.tag for each in OPERATIONS} <= {tag["name"] for tag in DOCUMENT["tags"]}
    for operation in OPERATIONS:
        assert re.fullmatch(r"[a-z][A-Za-z]+", operation.id)
        assert operation.description, operation.id
        assert operation.scope is None or operation.scope in SCOPES
        assert operation.is_read or operation.limit is not None, f"{operation.id} is not counted"


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_links_lead_to_operations_and_fill_their_addresses(operation: Operation) -> None:
    for name, (target, parameters) in operation.links.items():
        assert target in operations(), f"{operation.id}.{name}"
        wanted = operations()[target]
        assert set(parameters) <= set(wanted.parts), f"{operation.id}.{name}"
        for expression in parameters.values():
            if expression.startswith("$request.path."):
                assert expression.removeprefix("$request.path.") in operation.parts
                continue
            value: Any = example_of(
                {"$ref": f"#/components/schemas/{made.name_of(operation.answer)}"}, DOCUMENT["components"]["schemas"]
            )
            for step in expression.removeprefix("$response.body#/").split("/"):
                value = value[int(step)] if step.isdigit() else value[step]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.body is not None], ids=named)
def test_examples_of_bodies_are_read_by_their_operation(operation: Operation) -> None:
    assert operation.example is not None, "an example by hand says more than one that is made"
    operation.body.model_validate_json(json.dumps(operation.example))


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.answer is not None], ids=named)
def test_examples_of_answers_have_the_shape_of_answers(operation: Operation) -> None:
    shown = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"][str(operation.status)]
    TypeAdapter(operation.answer).validate_json(json.dumps(shown["content"]["application/json"]["example"]), strict=True)


def test_a_read_that_leads_to_a_conditional_write_carries_the_tag_for_it() -> None:
    needing = {each.id for each in OPERATIONS if each.if_match == "needed"}
    leading = [each for each in OPERATIONS if each.is_read and needing & {target for target, _ in each.links.values()}]
    assert leading
    assert [each.id for each in leading if not each.tagged] == []


def test_what_a_tagged_read_shows_comes_with_its_tag_from_every_write() -> None:
    """Whoever has just changed a thing can change it again without reading it first."""
    shown = {each.answer for each in OPERATIONS if each.is_read and each.tagged}
    assert [each.id for each in OPERATIONS if each.answer in shown and not each.tagged] == []
    conditional = {each.answer for each in OPERATIONS if each.if_match} - {None}
    assert [each.id for each in OPERATIONS if each.if_match and each.answer and not each.tagged] == []
    assert conditional <= {each.answer for each in OPERATIONS if each.tagged}


def test_the_document_is_valid_by_an_outside_judge() -> None:
    """Structure, references, parameters and examples' places: by the published schema of OpenAPI 3.1."""
    assert DOCUMENT["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(DOCUMENT).validate()


@pytest.mark.parametrize(
    "fault",
    [
        lambda document: document.pop("info"),
        lambda document: document["paths"]["/listings"]["get"].update(responses=[]),
        lambda document: document["paths"]["/listings"]["get"]["parameters"][0].pop("in"),
        lambda document: document["paths"]["/orders/{code}"]["get"]["parameters"].pop(0),
        lambda document: document["paths"].update(orders={}),
        lambda document: document["components"]["schemas"]["OrderOut"].update(type="thing"),
    ],
)
def test_the_outside_judge_sees_a_fault(fault: Callable[[dict[str, Any]], Any]) -> None:
    document = made.document("https://xunyi.example")
    fault(document)
    with pytest.raises(OpenAPIValidationError):
        OpenAPIV31SpecValidator(document).validate()


def test_every_code_of_the_document_is_met_by_a_test_or_raised_by_code_that_names_it() -> None:
    """Declared refusals are followed through the code (below); those of the frame are named where a test meets them."""
    assert set(made.OF_ADDRESSES) <= set(DOCUMENT["components"]["examples"])
    documented = {code for each in OPERATIONS for codes in made.codes_of(each).values() for code in codes}
    classes = {code: refusal.__name__ for each in OPERATIONS for code, refusal in made.refusals_of(each).items()}
    raised = {each.code for operation in OPERATIONS for each in refusals_in(operation.handler)}
    met = "\n".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py") if path != Path(__file__))
    assert {code for code in documented - raised if f'"{code}"' not in met and classes.get(code, code) not in met} == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_every_refusal_that_the_code_can_raise_is_documented(operation: Operation) -> None:
    documented = set(made.refusals_of(operation))
    missing = {each.code for each in refusals_in(operation.handler)} - documented - NEVER
    assert missing == set()


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_every_documented_refusal_is_one_that_the_code_can_raise(operation: Operation) -> None:
    possible = {each.code for each in refusals_in(operation.handler)}
    declared = {each.code for each in operation.refusals} - set(made.refusals_of(_bare(operation)))
    assert declared - possible == BEHIND_A_DOOR.get(operation.id, set())


def test_the_check_sees_a_refusal_that_is_not_documented() -> None:
    def planted(call: Any) -> None:
        listings.publish(call.work, "x")

    found = {each.code for each in refusals_in(planted)}
    assert {"listing_not_found", "listing_incomplete", "thing_already_on_sale", "already_published", "bad_state"} <= found


def test_the_check_sees_a_refusal_that_is_handed_on_as_a_value() -> None:
    """Written down as the reason of a hindrance, raised by whoever reads the hindrance."""
    found = {each.code for each in refusals_in(require_appraiser_may)}
    assert found == {
        *("agency_not_licensed", "licence_not_begun", "licence_ended", "calibration_ended", "agency_suspended"),
        *("not_its_appraiser", "not_certified", "certificate_ended", "proficiency_missing", "proficiency_ended"),
    }
    assert {each.code for each in refusals_in(require_may_sign)} == {"agency_suspended"}


def test_the_check_refuses_a_raise_that_it_cannot_read() -> None:
    def planted(what: Any) -> None:
        raise what.refusal()

    with pytest.raises(AssertionError, match=r"raise what\.refusal\(\)"):
        refusals_in(planted)


def test_the_check_knows_what_is_caught() -> None:
    assert {each.code for each in refusals_in(_catching)} == {"not_found", "bad_state", "conflict"}


def _catching() -> None:
    try:
        listings.withdraw(None, "x")  # type: ignore[arg-type]
    except NotFound as refusal:
        raise NotFound() from refusal


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.body is not None], ids=named)
def test_an_unknown_field_is_refused_by_every_body(app: Flask, hub: Hub, operation: Operation) -> None:
    """Before anything is looked up: also by a program that may not see the thing."""
    from tests.accounts.making import make_member

    program = Program(app, hub, make_member(hub, operation.roles[0]) if "member" not in operation.roles else make_user(hub))
    parts = dict.fromkeys(operation.parts, "0" * 26)
    headers = {"If-Match": '"1.1.0000000000000000"'} if operation.if_match else {}
    body = {**operation.example, "is_admin": True}
    assert program.refused(operation.id, parts, body=body, headers=headers) == (400, "unknown_field")


def _bare(operation: Operation) -> Operation:
    from dataclasses import replace

    return replace(operation, refusals=())
