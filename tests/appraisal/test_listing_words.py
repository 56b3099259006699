"""Owner and agency find their orders in a list, whatever state these are in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from app.appraisal import service
from app.appraisal.listing_words import AGENCYS_LIST, OWNERS_LIST
from app.appraisal.states import APPRAISAL_FLOW
from app.kernel.hub import Hub
from tests.accounts.making import actor, reader, sign_in
from tests.appraisal.making import CLOSED, clean_answers, make_inspection, make_key


@pytest.mark.parametrize("words", [OWNERS_LIST, AGENCYS_LIST], ids=["owner", "agency"])
def test_every_state_has_its_word(words: Mapping[str, tuple[str, str]]) -> None:
    assert set(words) == set(APPRAISAL_FLOW.states)


def test_a_report_that_waits_for_its_signature_is_in_both_lists(app: Flask, hub: Hub) -> None:
    case = make_inspection(hub, clean_answers())
    make_key(hub, case.appraiser)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.freeze(work, case.code, CLOSED)
    for who, address, word in (
        (case.owner, "/my/appraisals", "Report being signed"),
        (case.appraiser, "/appraiser", "Waits for the signature"),
    ):
        client = reader(app)
        sign_in(client, hub, who)
        assert word in client.get(address).text
