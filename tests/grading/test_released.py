"""A scheme that has been used is never edited: signed reports name the SHA-256 of its file. A correction is a new version."""

from __future__ import annotations

from grading import list_schemes, load_scheme

RELEASED = {
    "appliance-2026.1": "717130975720d1b2140cfef7fcfc5783dab9c83b3ba489050b22c4f43acdee0b",
    "ev-house-1": "6777fe5160dc5fe7ec38def0b23edc10c710f5cda3cf9fb49b3d6584f2cc7047",
    "gbt30323-2013": "0cb7521653a645068e6c3d943fbf245ed565548f60d0f261296be071fa19fb84",
    "phone-2026.1": "2b7518eebbebb6e3b7f32c7c735075d002f38c7a18629ed35b2dead6f4375790",
}


def test_released_schemes_are_the_files_that_reports_name() -> None:
    assert {scheme_id: load_scheme(scheme_id).sha256 for scheme_id in list_schemes()} == RELEASED
