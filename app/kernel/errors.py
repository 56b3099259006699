"""The five kinds of refusal. A room's error is a subclass with a stable code and a sentence for the user.

Anything else that is raised is a programming mistake and is let through, so that it is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from app.kernel.text import N_


class DomainError(Exception):
    """A refusal that the user may read.

    ``code`` is stable for programs; ``message`` is an English sentence with named values, translated where shown;
    ``values`` fills it.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "refused"
    message: ClassVar[str] = N_("This is not possible.")
    shown: ClassVar[tuple[str, ...]] = ()  # names of the values that programs get beside the sentence

    def __init__(self, **values: Any) -> None:
        super().__init__(self.code)
        self.values = values

    def __str__(self) -> str:
        return f"{self.code}: {self.message % self.values}"


class NotFound(DomainError):
    """It does not exist, or it is not yours to know."""

    status = 404
    code = "not_found"
    message = N_("We could not find this page. It may have been moved, or the address is not complete.")


class NotAllowed(DomainError):
    """Known, but this role may not do it."""

    status = 403
    code = "not_allowed"
    message = N_("Your account may not do this.")


class InvalidInput(DomainError):
    """What was typed cannot be used; ``errors`` holds one sentence per field (key "" for the whole form)."""

    status = 422
    code = "invalid_input"
    message = N_("Please check the marked fields.")

    def __init__(self, errors: Mapping[str, str] | None = None, **values: Any) -> None:
        super().__init__(**values)
        self.errors = dict(errors or {})


class Conflict(DomainError):
    """Somebody else was first, or the thing has moved on since it was shown."""

    status = 409
    code = "conflict"
    message = N_("Somebody changed this in the meantime. Please look at it again.")


class BadState(Conflict):
    """The flow's table does not list this event for the present state."""

    code = "bad_state"
    message = N_("This step is no longer possible: things have moved on since this page was opened.")
    shown = ("entity", "state", "event", "allowed")

    def __init__(self, entity: str, state: str, event: str, allowed: list[str]) -> None:
        super().__init__(entity=entity, state=state, event=event, allowed=allowed)


class Unavailable(DomainError):
    """A part that we depend on does not answer just now; trying again later is right."""

    status = 503
    code = "unavailable"
    message = N_("This part is not reachable at the moment. Please try again in a minute; nothing was lost.")
    retry_after_seconds: ClassVar[int] = 10
