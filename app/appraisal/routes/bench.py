"""What the workbench shows beside the answers: drawings, asked shots, photos, instruments, stops, and the words of its script."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from app.appraisal import codes, queries
from app.appraisal.guidance import map_of, measures_of, shots_of, words_of_stop
from app.appraisal.measured import kinds_measured
from app.appraisal.models import Appraisal
from app.appraisal.parts import Part, skipped
from app.appraisal.rules import suggested_facts
from app.goods.models import Thing
from app.kernel.work import Work
from grading import GradeResult, Item, Option, Scheme

_CODE_EXAMPLES = {"car": "21XS2", "electric_car": "21XS2", "phone": "P3.01B", "appliance": "A2.04=0.12"}
SOUND, DEFECT, OTHER, OPEN = "sound", "defect", "other", "open"


def bench(work: Work, order: Appraisal, scheme: Scheme, thing: Thing, result: GradeResult, shown: list[Part]) -> dict[str, Any]:
    """Everything of the page that lies beside the answers; five queries."""
    photos: dict[str, list[Any]] = {}
    for row, photo in queries.photos_of_inspection(work, order):
        photos.setdefault(row.item_key or row.shot or "", []).append((row, photo))
    marks = queries.marks_of_inspection(work, order)
    readings = queries.readings_of(work, order)
    named = {key: reading.instrument for key, reading in readings.items()}
    measured = kinds_measured(scheme)
    beside = queries.instruments_beside(work, order.agency_id, measured, named)
    language = "en" if str(get_locale()) == "en" else "zh"
    return {
        "photos_of": photos,
        "marks_of": {row_id: len(several) for row_id, several in marks.items()},
        "shots": {part.code: _shots(scheme, part.code, photos) for part in shown if part.code in shots_of(scheme)},
        "maps": {
            part.code: drawn for part in shown if (drawn := map_of(part.code, [ask.item.key for ask in part.asks])) is not None
        },
        "part_state": {item.key: state_of(item, order.findings.get(item.key, "")) for item in scheme.items},
        "option_state": option_state,
        "measures": measures_of(scheme),
        "measured": measured,
        "instruments_beside": beside,
        "likely_instruments": {key: each.likely for key, each in (beside or {}).items() if each.likely},
        "readings": readings,
        "at_once": frozenset(queries.set_at_once(work, order)),
        "stops": stops(scheme, result),
        "erasing": queries.erasure_steps(work, order, result) if scheme.erasure_certificate is not None else None,
        "codes_table": codes.table(scheme, thing, skipped(result), language),
        "bench_words": words(language),
        "instrument_names": sorted(set(named.values())),
        "code_example": _CODE_EXAMPLES.get(scheme.category, ""),
        "suggested": frozenset(suggested_facts(thing)) - order.findings.keys(),
        "bare_defects": _bare_defects(scheme, order, photos),
    }


def stops(scheme: Scheme, result: GradeResult) -> dict[str, dict[str, str]]:
    """Key of an item whose answer forces a status -> what that means, in both languages."""
    by_code = scheme.items_by_code
    found = {}
    for effect in result.effects:
        item = by_code.get(effect.code)
        if item is not None:
            found[item.key] = words_of_stop(scheme, item) or dict(effect.reason)
    return found


def option_state(option: Option) -> str:
    """How an answer looks on the drawing and to the script."""
    if option.state is not None:
        return {"good": SOUND, "defect": DEFECT}.get(option.state, OTHER)
    return SOUND if option.outcome.is_free else DEFECT


def state_of(item: Item, answer: str) -> str:
    if not answer:
        return OPEN
    option = item.option(answer)
    return option_state(option) if option is not None else DEFECT


def words(language: str) -> dict[str, Any]:
    """The sentences of the workbench's script, in the reader's language."""
    return {
        "items_open": _("%(count)s items open", count="{count}"),
        "saved": _("Everything has been saved."),
        "saving": _("Saving: {count} on the way"),
        "waiting": _(
            "No connection: {answers} answers and {photos} photos wait on this device. They are sent once the network is back."
        ),
        "not_lasting": _("This browser cannot keep them when the page is closed: please leave it open."),
        "refused": _("{count} were not accepted; see the sentence beside them."),
        "apart": _("{count} were answered differently on another device; please choose."),
        "differs": _("You answered “{mine}”, another device “{theirs}”. Which one is right?"),
        "take_mine": _("Take mine"),
        "keep_theirs": _("Keep the other one"),
        "none": _("no answer"),
        "fault": _("Something went wrong on our side. What you had saved is still there. Please try again in a minute."),
        "undone": _("Taken back: {count} answers are as they were before."),
        "undo_offline": _("Taking back what has already been sent needs the network."),
        "shots_first": _("Please take the photos of this section first."),
        "new_photo": _("Photo just taken"),
        "photo_waits": _("Waits on this device."),
        "photo_sent": _("Photo {no} has arrived."),
        "draw": _("Draw a box around the defect with your finger."),
        "answer_first": _("Please answer the item first, then draw the box."),
        "marked": _("Marked as {code}."),
        "remove": _("Remove"),
        "open": _("open"),
        "sound": _("nothing found"),
        "defect": _("something found"),
        "other": _("not fitted or not inspected"),
        "codes": {
            "empty": codes.EMPTY[language],
            "too_long": codes.TOO_LONG[language],
            "unreadable": codes.UNREADABLE[language],
            "no_item": codes.NO_ITEM[language],
            "no_answer": codes.NO_ANSWER[language],
            "computed": codes.COMPUTED[language],
            "kept": _("Kept: {what}"),
        },
    }


def _bare_defects(scheme: Scheme, order: Appraisal, photos: dict[str, list[Any]]) -> list[Item]:
    """Items with a defect of which there is no photo yet, in the order of the form."""
    found = order.findings
    return [
        item for item in scheme.items if item.key in found and item.key not in photos and queries.is_defect(item, found[item.key])
    ]


def _shots(scheme: Scheme, section: str, photos: dict[str, list[Any]]) -> list[dict[str, Any]]:
    rows = []
    for shot in shots_of(scheme)[section]:
        place = f"{section}.{shot.code}"
        there = photos.get(place, [])
        rows.append(
            {"place": place, "name": shot.name, "photos": there, "taken": any(photo.state != "failed" for _row, photo in there)}
        )
    return rows
