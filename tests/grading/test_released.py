"""A scheme that has been used is never edited: signed reports name the SHA-256 of its file. A correction is a new version."""

from __future__ import annotations

from grading import list_schemes, load_scheme

RELEASED = {
    "appliance-2026.1": "717130975720d1b2140cfef7fcfc5783dab9c83b3ba489050b22c4f43acdee0b",
    "ev-house-1": "0d130e4048e6a8a9a7948e36f3033e4e40e213272651c9592da47e2aa5e61c20",
    "gbt30323-2013": "2fc3a6a1b7644f8439e55f4b127ced608d8b25dc6f62cb946bc2f7f1ea635c2d",
    "phone-2026.1": "2b7518eebbebb6e3b7f32c7c735075d002f38c7a18629ed35b2dead6f4375790",
}


def test_released_schemes_are_the_files_that_reports_name() -> None:
    assert {scheme_id: load_scheme(scheme_id).sha256 for scheme_id in list_schemes()} == RELEASED
