"""Photos of a signed report: drawn with their marks for everybody, except of papers and numbers, and kept as evidence."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.appraisal import queries, service
from app.appraisal.models import Report
from app.appraisal.service.photographing import Box
from app.kernel.hub import Hub
from app.media.models import Photo
from app.web.printing import Printer
from tests.accounts.making import actor, make_user, reader, sign_in
from tests.appraisal.making import Case, clean_answers, close, make_inspection, sign
from tests.listings.making import tiny_photo


@pytest.fixture
def case(hub: Hub) -> Case:
    """A scratched phone with a photo of the scratch and one of its number."""
    case = make_inspection(hub, clean_answers(screen_glass=None))
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.save_findings(work, case.code, {"screen_glass": "visible"}, 1)
        box = Box("screen_glass", "visible", 100, 200, 300, 50)
        service.add_photo(work, hub.store, hub.sealer, case.code, tiny_photo(1), item_key="screen_glass", boxes=[box])
        service.add_photo(work, hub.store, hub.sealer, case.code, tiny_photo(2), item_key="imei_match")
    hub.drain()
    return case


def named(report: Report) -> tuple[str, str]:
    """Codes of the photo of the scratch and of the photo of the number."""
    photos = {photo["item"]: photo["photo"] for photo in report.content["evidence"]["photos"]}
    return photos["screen_glass"], photos["imei_match"]


def test_everybody_sees_the_marked_photo_and_nobody_but_the_parties_the_one_with_the_number(
    app: Flask, hub: Hub, case: Case
) -> None:
    hub.printer = Printer(lambda: app, hub.settings.base_url)
    report = sign(hub, case)
    hub.drain()
    scratch, number = named(report)
    visitor = reader(app)
    for address in (f"/reports/{report.code}", f"/reports/{report.code}/print"):
        page = visitor.get(address).text
        assert f"/media/{scratch}/" in page
        assert '<rect class="mark-box" x="100" y="200" width="300" height="50"/>' in page
        assert f"/media/{number}/" not in page
        assert "shown to the owner and the agency only" in page
    assert visitor.get(f"/media/{scratch}/page.webp").status_code == 200
    assert visitor.get(f"/media/{number}/page.webp").status_code == 404
    stranger = app.test_client()
    sign_in(stranger, hub, make_user(hub))
    owner = app.test_client()
    sign_in(owner, hub, case.owner)
    for client, status in ((stranger, 404), (owner, 200)):
        assert client.get(f"/appraisals/{case.code}/photos/{number}/card.webp").status_code == status
    with visitor.get(f"/reports/{report.code}.pdf") as answer:
        pdf = PdfReader(io.BytesIO(answer.data))
    assert len({image.data for page in pdf.pages for image in page.images}) == 1


def test_the_report_says_how_the_data_were_erased_and_which_seal_closes_the_phone(app: Flask, hub: Hub, case: Case) -> None:
    close(hub, case.appraiser, case.code, seal_no="QH-2026-0042", tool_name="擦除工具甲")
    report = sign(hub, case)
    page = reader(app).get(f"/reports/{report.code}").text
    erasure = report.content["evidence"]["erasure"]
    for told in ("QH-2026-0042", "擦除工具甲", erasure["certificate_no"], erasure["sha256"], "No data are left"):
        assert told in page
    assert (case.thing.imei or "-") not in page


def test_a_photo_that_a_report_names_stays_when_the_correction_does_without_it(hub: Hub, case: Case) -> None:
    first = sign(hub, case)
    scratch, number = named(first)
    with hub.begin(actor(hub, case.appraiser)) as work:
        service.correct(work, first.code, "The scratch was dirt that came off.")
        service.remove_photo(work, case.code, scratch)
        service.remove_photo(work, case.code, number)
    second = sign(hub, case)
    assert second.content["evidence"]["photos"] == []
    with hub.look() as work:
        assert {photo.code: photo.audience for photo in work.session.query(Photo)} == {scratch: "public", number: "parties"}
        assert [photo["photo"] for photo in queries.open_photos(work, first)] == [scratch]
    with pytest.raises(DBAPIError), hub.begin() as work:
        work.session.execute(text("DELETE FROM photo"))
