"""Who a token stands for, and how a program ends its own token."""

from __future__ import annotations

from app.accounts import queries, tokens
from app.accounts.errors import TokenNotFound
from app.accounts.schemas import Duty, Me, TokenOfMine
from app.kernel.text import N_
from app.web.api import Answer, Call, Face
from app.web.bearer import find_bearer

face = Face("account")


@face.get("/me", id="getMe", summary=N_("Who the token stands for"), answer=Me)
def me(call: Call) -> Answer:
    """The person, their roles, and what the token allows. Needs no scope."""
    bearer = find_bearer()
    assert bearer is not None
    user = queries.user_by_id(call.work, call.work.actor.id)
    held = queries.memberships_of(call.work, user.id)
    duties = [Duty(role=one.role, organisation=where.name, organisation_code=where.code) for one, where in held]
    token = TokenOfMine(code=bearer.code, label=bearer.label, scopes=sorted(bearer.scopes))
    return Answer(Me(code=user.code, display_name=user.display_name, duties=duties, token=token))


@face.delete(
    "/me/token", id="revokeToken", summary=N_("Revoke the token of this request"), answer=None, refusals=(TokenNotFound,)
)
def revoke(call: Call) -> Answer:
    """Afterwards the token works no more. Needs no scope."""
    bearer = find_bearer()
    assert bearer is not None
    tokens.revoke(call.work, call.work.actor.id, bearer.code)
    return Answer()
