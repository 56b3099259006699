"""Hostile values and fields too many for the forms that the walk of test_forms never meets: in a world that has one of everything."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.attack.crawling import Place, Sheet, endpoint_at
from tests.attack.size import FULL, some
from tests.attack.test_forms import BANK_FORMS, EXTRA, NOT_OFFERED, differences, is_walked, play, rows_after, values_for
from tests.attack.vault import Vault
from tests.guards.test_doors_for_programs import DOORS
from tests.guards.test_roles import ROWS

# Writes that no reader of this world is offered, and why. What programs can do too is attacked as an operation (test_api.py).
NOT_HERE = {
    "payments.webhook": "comes from the provider; test_tokens plays it",
    "payments.stripe_webhook": "comes from the provider; tests/payments/test_stripe_webhooks.py plays it",
    **dict.fromkeys(("payments.open_account", "payments.open_agency_account"), "a button without a field, with Stripe only"),
    "appraisal.answers": "sent by the workbench's script, as JSON; its tables are tests/appraisal/test_bench_pages.py",
    **dict.fromkeys(("accounts.confirm", "accounts.reset"), "behind the link of a mail; their passwords are those of register"),
    **dict.fromkeys(
        (
            "appraisal.propose_override",
            "appraisal.confirm_override",
            "appraisal.reject",
            "appraisal.note_back",
            "appraisal.end_late",
        ),
        "their only field is the reason of staff, in the form that appraisal.assign has here",
    ),
    **dict.fromkeys(("appraisal.mark_photo", "appraisal.remove_photo"), "numbers of a box, and none; test_bench_pages"),
    **dict.fromkeys(
        (
            "aftersales.carry_out",
            "aftersales.draw_dispute",
            "appraisal.drop_correction",
            "pages.send_job_again",
            "pages.try_deadline_again",
            "peerreviews.draw_again",
            "reinspection.search_again",
            "valuation.promote_model",
            "valuation.roll_back_model",
        ),
        "a button without a field",
    ),
    "appraisal.freeze": "a typed name, as at appraisal.sign",
    "appraisal.refer_back": "waits for a senior; a reason, as at appraisal.correct",
    **dict.fromkeys(BANK_FORMS, "with the bank door only; tests/payments/test_bank_pages.py attacks them"),
    "payments.close_anomaly": "the books of this world are in order",
    "peerreviews.name": "a choice of persons, where nobody was drawn",
    "peerreviews.save": "the other button of the form that hands in",
}


def rarely_offered() -> set[str]:
    """Endpoints of forms that the other walk is not offered and no operation stands for."""
    names = {name.split()[0]: row for name, row in ROWS.items() if name.endswith(" POST") and not name.startswith("api.")}
    rare = {name for name, row in names.items() if name in NOT_OFFERED or not is_walked(name, row)}
    return {name for name in rare if not isinstance(DOORS.get(name), tuple)}


@dataclass
class Rare:
    """What was attacked, and what was found."""

    seen: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def attack(self, place: Place, vault: Vault, role: str, sheets: dict[str, Sheet]) -> None:
        """Every rarely offered form among these of the reader; ends with the rows as they were."""
        browser, wanted = place.browser(role), rarely_offered()
        vault.keep()
        for name, sheet in sheets.items():
            endpoint, _ = endpoint_at(place, sheet.action, "POST")
            if endpoint not in wanted or (endpoint in self.seen and not FULL):
                continue
            self.seen.add(endpoint)
            said = f"{role} {name}"
            for control in some(sheet.typed, 60 if FULL else 6, name):
                values = values_for(control, endpoint)
                for value in values if FULL else values[:2]:
                    self.faults += play(vault, browser, said, endpoint, sheet, control, value)
            own = {each.name for each in sheet.fields}
            extra = {key: value for key, value in EXTRA.items() if key not in own}
            first, again, attacked, last = (rows_after(vault, browser, sheet, more) for more in ({}, {}, extra, {}))
            if attacked[0] != first[0]:
                self.faults.append(f"{said}: {attacked[0]} instead of {first[0]}")
            self.faults += [f"{said}: {where}" for where in differences(attacked[1], first[1], again[1], last[1])]
        vault.restore()
