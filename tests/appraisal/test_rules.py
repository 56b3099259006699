"""What an appraiser may state about a thing, and what nobody can type."""

from __future__ import annotations

import pytest

from app.appraisal.inspecting import typed_answers
from app.appraisal.rules import typed_facts
from grading import load_scheme


@pytest.mark.parametrize("scheme_id", ["gbt30323-2013", "ev-house-1"])
def test_no_appraiser_can_wave_a_car_through_the_tradable_check(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    gates = {"tradable_check", "documents_check", "judicial_commission"}
    assert gates <= {fact.key for fact in scheme.facts}
    assert not gates & {fact.key for fact in typed_facts(scheme)}
    assert typed_answers(scheme, {**dict.fromkeys(gates, "true"), "tradable_1": "Y"}) == {"tradable_1": "Y"}
