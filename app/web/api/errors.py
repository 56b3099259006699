"""What the interface of programs refuses by itself, before any room is asked."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, Unavailable
from app.kernel.text import N_


class MalformedBody(InvalidInput):
    """The body is no JSON, or none was expected."""

    status = 400
    code = "malformed_body"
    message = N_("The body could not be read as JSON: %(reason)s")


class UnknownField(InvalidInput):
    """The body or the address has a field that the document does not name."""

    status = 400
    code = "unknown_field"
    message = N_("The request has a field that is not known here.")


class RepeatedField(InvalidInput):
    """The body names a field twice: whichever of the two were read, the sender may have meant the other."""

    status = 400
    code = "repeated_field"
    message = N_("The body names a field more than once. Please send each field once.")


class BadCursor(InvalidInput):
    """The cursor was not made by us, or belongs to another list."""

    status = 400
    code = "bad_cursor"
    message = N_("This cursor does not belong to this list. Please begin without one.")


class KeyNeeded(InvalidInput):
    """A write without an idempotency key, or with one that cannot be used."""

    status = 400
    code = "idempotency_key_needed"
    message = N_(
        "Please send a header “Idempotency-Key” of 1 to 100 letters, digits, “-” or “_”, a new one for every new request."
    )


class WrongContentType(InvalidInput):
    status = 415
    code = "wrong_content_type"
    message = N_("This operation reads %(wanted)s only.")


class BadCondition(InvalidInput):
    """The header If-Match does not hold an entity tag of ours."""

    status = 400
    code = "bad_if_match"
    message = N_("The header “If-Match” must hold one ETag exactly as it was sent with the last answer.")


class ConditionNeeded(Conflict):
    """The edit could overwrite something that the program has not seen."""

    status = 428
    code = "if_match_needed"
    message = N_("Please send the ETag that you read last in the header “If-Match”.")


class Stale(Conflict):
    """It was changed since the program read it."""

    status = 412
    code = "stale"
    message = N_("This was changed since you read it. Please read it again, then send your change once more.")


class TooManyRequests(Unavailable):
    """A rate limit is reached; it opens again by itself."""

    status = 429
    code = "too_many_requests"
    message = N_("That was too often in a short time. Please wait %(seconds)s seconds and try again.")

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=str(seconds))
        self.retry_after_seconds = seconds  # type: ignore[misc]
