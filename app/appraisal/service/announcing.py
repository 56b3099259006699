"""Corrected schemes: who of the appraisers is told, which agencies may compare one with its standard, what a workbench needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.accounts import queries as accounts
from app.appraisal.guidance import measures_of, shots_of, words_of_stop
from app.appraisal.queries import newest_licences
from app.appraisal.service.guarding import require_agency_may
from app.kernel.text import N_
from app.kernel.work import Work
from app.notices.service import notify
from app.schemes.events import SchemeApproved
from grading import Scheme

_LICENCES = {"electric_car": "car"}  # category of a scheme -> of the licence, where they differ


def on_scheme_approved(work: Work, event: SchemeApproved) -> None:
    """Tell the appraisers of every agency with a licence for it what is coming, and where they can read what changes."""
    category = _LICENCES.get(event.category, event.category)
    agencies = [agency.id for agency in accounts.organisations(work, "agency")]
    licensed = {licence.agency_id for licence in newest_licences(work, agencies) if licence.category == category}
    for agency_id in sorted(licensed):
        for appraiser in accounts.members(work, agency_id, "appraiser"):
            notify(
                work,
                appraiser.id,
                text=N_(
                    "From %(day)s on, new inspections follow revision %(revision)s of the scheme %(scheme)s. "
                    "What you have begun keeps its revision. Read what changes."
                ),
                values={"day": event.effective_on, "revision": event.revision, "scheme": event.scheme_id},
                link=f"/schemes/{event.scheme_id}/r{int(event.revision[1:]) - 1}/{event.revision}",
                key=f"scheme.coming:{event.scheme_id}:{event.revision}",
            )


def require_scheme_reader(work: Work, agency_id: int, category: str) -> None:
    """Only an agency that may take work of this kind compares its scheme with the standard. Raises a WorkStopped."""
    require_agency_may(work, agency_id, _LICENCES.get(category, category))


def guidance_faults(scheme: Scheme) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What the workbench would lack with this scheme: (item's code, message, values); nothing for one that it can show."""
    sections = {section.code: section for section in scheme.sections}
    for item in scheme.items:
        outcomes = [each.outcome for each in (*item.options, *item.bands, *item.marks)] + [item.outcome]
        if any(outcome.effect for outcome in outcomes) and words_of_stop(scheme, item) is None:
            yield (
                item.code,
                N_("Item %(item)s can end an inspection, but there are no words that tell the owner why."),
                {"item": item.code},
            )
    for code in shots_of(scheme):
        if code not in sections or not any(item.clean for item in sections[code].items):
            yield (
                "",
                N_("The workbench asks for photos of the section “%(section)s”, which this file does not have."),
                {"section": code},
            )
    for key, measures in measures_of(scheme).items():
        for measure in measures:
            if measure.instrument not in scheme.instruments:
                values = {"item": scheme.items_by_key[key].code, "instrument": measure.instrument}
                yield (
                    values["item"],
                    N_("Item %(item)s is measured with “%(instrument)s”, which this file does not have."),
                    values,
                )
