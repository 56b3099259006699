"""``xunyi docs flows``: every life cycle as a page with diagrams, printed from the tables that the rooms themselves obey."""

from __future__ import annotations

from collections.abc import Iterable

import click

from app.accounts.states import INVITATION_FLOW
from app.aftersales.states import CLAIM_FLOW, LEG_FLOW
from app.aftersales.states import DISPUTE_FLOW as CLAIM_DISPUTE_FLOW
from app.appraisal.states import APPLICATION_FLOW, APPRAISAL_FLOW
from app.kernel.flow import Flow
from app.listings.states import LISTING_FLOW
from app.payments.states import COMMAND_FLOW, DISPUTE_FLOW, PAYMENT_FLOW, ROW_FLOW, TAKE_BACK_FLOW, TRANSFER_FLOW
from app.peerreviews.states import REVIEW_FLOW
from app.reinspection.states import REINSPECTION_FLOW
from app.trades.states import CASE_FLOW, ORDER_FLOW
from app.trades.states.changes import CHANGE_FLOW
from app.trades.states.offers import NEGOTIATION_FLOW
from app.trades.states.reviews import REVIEW_FLOW as SALE_REVIEW_FLOW
from app.valuation.states import IMPORT_FLOW, MODEL_FLOW
from app.visits.states import VISIT_FLOW

FLOWS = (
    *(LISTING_FLOW, NEGOTIATION_FLOW, ORDER_FLOW, CHANGE_FLOW, CASE_FLOW, CLAIM_FLOW, PAYMENT_FLOW, COMMAND_FLOW, DISPUTE_FLOW),
    *(CLAIM_DISPUTE_FLOW, LEG_FLOW),
    *(SALE_REVIEW_FLOW, TAKE_BACK_FLOW, ROW_FLOW, TRANSFER_FLOW),
    *(APPLICATION_FLOW, APPRAISAL_FLOW, VISIT_FLOW, REVIEW_FLOW, REINSPECTION_FLOW),
    *(MODEL_FLOW, IMPORT_FLOW, INVITATION_FLOW),
)

HEAD = """# Life cycles

Printed by `xunyi docs flows` from the tables in `app/*/states.py`; a test compares. A row's state changes only along these lines:
an event that the present state does not list is refused (409, `bad_state`, with the events that are allowed). Every change is one
row of the audit chain (`xunyi audit verify`). In the tables an event leads to the state behind the arrow; without an arrow the
state stays as it is.
"""


@click.group("docs")
def docs() -> None:
    """Pages of the documentation that are printed from the program."""


@docs.command("flows")
def flows() -> None:
    """Every life cycle: states, events, who brings them about, and a diagram (docs/flows.md)."""
    click.echo(page(FLOWS), nl=False)


def page(machines: Iterable[Flow]) -> str:
    """The whole page as Markdown with Mermaid diagrams."""
    return "\n".join([HEAD, *map(_section, machines)])


def _section(machine: Flow) -> str:
    ends = [state for state in machine.states if all(end == state for (start, _), end in machine.table.items() if start == state)]
    lines = [f"## {machine.name}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {machine.states[0]}"]
    lines += [f"    {start} --> {end}: {event}" for (start, event), end in machine.table.items()]
    lines += [f"    {state} --> [*]" for state in ends]
    lines += ["```", "", "| event | by | from → to |" if machine.by else "| event | from → to |"]
    lines += ["|---|---|---|" if machine.by else "|---|---|"]
    for event in machine.events:
        ways = [
            f"{start} → {end}" if start != end else start for (start, listed), end in machine.table.items() if listed == event
        ]
        who = f" {machine.by[event]} |" if machine.by else ""
        lines.append(f"| `{event}` |{who} {', '.join(ways)} |")
    return "\n".join([*lines, ""])
