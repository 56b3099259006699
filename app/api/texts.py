"""The words of the document that belong to no single operation."""

from __future__ import annotations

from app.kernel.text import N_

TITLE = "Xunyi API"
VERSION = "1.0"
SUMMARY = "The whole sale of a second-hand item: offer, appraise, find, buy, pay, ship, accept."
DESCRIPTION = """\
Everything that a person can do in the browser around one sale, for programs.

**Who you are.** Send `Authorization: Bearer xunyi_…`. A person issues a token on their account page (or an operator with
`xunyi token issue`), chooses its scopes, and can revoke it at any time; it never allows more than its person may do.
Cookies mean nothing here.

**Writes** carry a header `Idempotency-Key` of your own choice, a new one for each new request. Sending the same request again
with the same key has no second effect and gets the first answer (`Idempotent-Replayed: true`); another request with the same key
is refused with 422. Keys are kept for 24 hours. What was refused was not done, so the key is free again.

**Bodies** are JSON, read strictly: a number is not a text, and a field that this document does not name, or that stands there
twice, is refused with 400.

**Refusals** are `application/problem+json`. `code` never changes its meaning; `errors` names fields; `detail` is for people, in
the language of `Accept-Language` (`zh`, the default, or `en`). Each operation names every code that it can answer. Before an
operation is found, four more are possible: 404 `not_found` (the address leads nowhere), 405 `http_405` (the address takes other
methods, which `Allow` names), 400 `foreign_host` (the request calls the marketplace by a name that is not its own) and 403
`not_allowed` (a page of another site wants to write). An address with a doubled slash is sent on with 308 to the right one.

**Reading** gives an `ETag`; with `If-None-Match` you get 304 while nothing has changed. Where an operation reads `If-Match`,
send the ETag of the thing as you saw it; 412 means that it was edited since. `If-Match` looks at the two numbers with which
the ETag begins (version of the state, revision of the content), when publishing also at the photos: what changes by itself,
such as a photo that has become ready, does not make an edit stale.

**Lists** come in pages: send `next_cursor` back as `cursor`. Cursors are opaque and belong to the list they came from.

**Money** is whole fen: 1 yuan is 100 fen. **Moments** are UTC (RFC 3339), **days** are those of Shanghai.

**Limits** of writes are counted per person, those that are refused too, and told in `RateLimit-*`; 429 and 503 say in
`Retry-After` how many seconds to wait."""

SECURITY = "A token issued by a person. Its scopes:"
KEY = "A new one for every new request; the same one when you send the same request again."
IF_MATCH = "The ETag of the thing as you saw it last."
IF_NONE_MATCH = "The ETag that you hold: 304 while it is still right."
SUCCESS = "Done."
NOT_MODIFIED = "What you hold is still right."

TAGS = {
    "account": N_("Who the token stands for."),
    "catalogue": N_("Categories with the questions a seller is asked, brands, models, districts."),
    "search": N_("Find what is on sale."),
    "listings": N_("Offers: draft, answers, photos, publish, change, withdraw."),
    "appraisals": N_("Ask an agency, inspect, sign; reports that anybody can check."),
    "rights": N_("What buyers can ask for, of whom and until when, with the source of each rule."),
    "contests": N_("Doubt a grade: another agency looks again without knowing the first result."),
    "estimates": N_("What things are worth, and what like ones were sold for."),
    "offers": N_("Offers and counter-offers between one buyer and the seller, and a seller's lowest price."),
    "orders": N_("Buy, ship or meet, receive, accept, report a problem."),
    "claims": N_("When what arrived is not what was promised: open, answer, settle."),
    "payments": N_("Pay for an order; where the money is."),
    "records": N_("What people did, event by event."),
    "notices": N_("What the marketplace told you."),
}


def _header(kind: str, description: str) -> dict[str, object]:
    return {"description": description, "schema": {"type": kind}}


HEADERS = {
    "X-Request-Id": _header("string", "Names this request in our logs."),
    "ETag": _header("string", "How the thing stands now."),
    "Allow": _header("string", "The methods that this address takes."),
    "Location": _header("string", "Where the new thing is."),
    "Retry-After": _header("integer", "Seconds to wait before the same request can succeed."),
    "WWW-Authenticate": _header("string", "Bearer"),
    "Idempotent-Replayed": _header("string", "`true`: the answer of the first request with this key."),
    "RateLimit-Limit": _header("integer", "How many are allowed in the window."),
    "RateLimit-Remaining": _header("integer", "How many are left."),
    "RateLimit-Reset": _header("integer", "Seconds until the window ends."),
    "RateLimit-Policy": _header("string", "The limit as `most;w=seconds`."),
}
