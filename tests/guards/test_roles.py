"""Who may do what: every endpoint has a row in role_matrix.yaml, and every role is played against every row."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from flask import Flask

from app.api.faces import operations
from app.factory import create_app
from app.kernel.hub import Hub
from app.web import access
from tests.guards.conftest import ROLES, Town

FILE = Path(__file__).parent / "role_matrix.yaml"
MATRIX = yaml.safe_load(FILE.read_text())
ROWS: dict[str, dict] = MATRIX["rows"]
LAST = (
    "listings.delete_photo POST",
    "appraisal.remove_photo POST",
    "reinspection.withdraw POST",
    "listings.publish POST",
    "listings.discard POST",
    "accounts.end_other_sessions POST",
    "api.deletePhoto DELETE",
    "api.cancelAppraisal POST",
    "api.giveUpAppraisal POST",
    "api.cancelOrder POST",
    "api.withdrawListing POST",
    "api.discardDraft DELETE",
)  # they end things


def endpoints(app: Flask) -> dict[str, tuple[str, ...]]:
    """``endpoint METHOD`` -> policy, for everything that the application answers."""
    return {
        f"{rule.endpoint} {method}": access.policy_of(app, rule.endpoint) or ()
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_matrix_and_application_name_the_same_endpoints_with_the_same_policy(app: Flask) -> None:
    assert {name: tuple(row["policy"]) for name, row in ROWS.items()} == endpoints(app)


def test_the_check_sees_a_new_endpoint(new_app: Flask) -> None:
    def planted() -> str:
        return ""

    planted.__policy__ = ("anyone",)  # type: ignore[attr-defined]
    new_app.add_url_rule("/planted", "planted", planted)
    assert set(endpoints(new_app)) - set(ROWS) == {"planted GET"}


def test_no_endpoint_has_two_rows() -> None:
    assert len([line for line in FILE.read_text().splitlines() if line.startswith("  ")]) == len(
        ROWS
    )  # YAML keeps the last in silence


def test_every_row_has_a_status_for_every_role() -> None:
    assert tuple(MATRIX["roles"]) == ROLES
    assert [name for name, row in ROWS.items() if len(row["statuses"]) != len(ROLES)] == []


def test_rows_agree_with_their_policy() -> None:
    """What the policy alone decides must stand in the row: visitors sign in, other roles are refused."""
    for name, row in ROWS.items():
        got = dict(zip(ROLES, row["statuses"], strict=True))
        if {"anyone", "provider"} & set(row["policy"]):
            continue
        assert got["visitor"] == (401 if name.startswith("api.") else 303), name
        if "member" not in row["policy"]:
            assert {got[role] for role in ROLES[1:] if role not in row["policy"]} == {403}, name
            assert all(got[role] != 403 for role in row["policy"] if role in ROLES), name


@pytest.mark.parametrize("kind", ["draft", "own_listing", "private_photo", "purchase", "sale", "payment", "notice", "session"])
def test_what_belongs_to_somebody_else_does_not_exist_for_others(kind: str) -> None:
    rows = [row for row in ROWS.values() if row["kind"] == kind]
    assert rows
    for row in rows:
        assert row["statuses"][ROLES.index("household")] != 403
        assert set(row["statuses"][ROLES.index("other") :]) == {404}, row


def test_every_operation_for_programs_is_in_the_matrix() -> None:
    assert {f"api.{each.id} {each.method}" for each in operations().values()} <= set(ROWS)


def test_every_role_gets_what_the_matrix_says(town: Town) -> None:
    """GET first, then writes (an empty form with a valid token); the owner is last, so that the thing is still there."""
    faults = []
    for name in sorted(ROWS, key=lambda name: (not name.endswith(" GET"), LAST.index(name) if name in LAST else -1, name)):
        endpoint, method = name.split()
        row = ROWS[name]
        address = town.address(endpoint, row["kind"])
        for role in sorted(ROLES, key=lambda role: role == "household"):
            expected, got = row["statuses"][ROLES.index(role)], town.play(role, method, address)
            if got != expected:
                faults.append(f"{name} as {role}: {got} instead of {expected}")
    assert not faults, "\n".join(faults)


def test_a_route_without_a_policy_stops_the_start(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    check = access.check_policies

    def with_a_bare_route(app: Flask) -> None:
        app.add_url_rule("/bare", "bare", lambda: "")
        check(app)

    monkeypatch.setattr(access, "check_policies", with_a_bare_route)
    with pytest.raises(RuntimeError, match="bare"):
        create_app(hub)


def test_a_route_that_lost_its_policy_is_refused_at_the_door(new_app: Flask) -> None:
    new_app.add_url_rule("/bare", "bare", lambda: "secret")
    answer = new_app.test_client().get("/bare")
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_an_unknown_role_in_a_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown roles"):
        access.allow("everybody")
    with pytest.raises(ValueError):
        access.allow()
