"""Keys and findings of authorities for tests of this and other rooms."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import Membership, Organisation, User
from app.credit import jobs
from app.credit import queries as credit
from app.credit.log.findings import Finding, sign_finding
from app.credit.log.notes import Signer, new_signer, read_key
from app.kernel.hub import Hub
from app.kernel.ids import new_code
from app.kernel.time import shanghai_day
from app.oversight import service
from tests.accounts.making import actor, make_member
from tests.credit.making import make_checkpoint


def make_key(hub: Hub, officer: User, signer: Signer) -> str:
    """A key that a colleague of the officer brought and nobody has confirmed yet; returns its code."""
    with hub.look() as work:
        mine = select(Organisation).join(Membership, Membership.organisation_id == Organisation.id)
        authority = work.session.scalars(mine.where(Membership.user_id == officer.id, Membership.role == "officer")).one()
    colleague = make_member(hub, "officer", organisation=authority)
    with hub.begin(actor(hub, colleague)) as work:
        return service.propose_key(work, signer.key.text).code


def make_finding(hub: Hub, officer: User, seller: User, purpose: str) -> str:
    """A penalty that the officer's authority signed about somebody who is in the log; returns its number."""
    jobs.sequence_all(hub)
    with hub.look() as work:
        has_key = credit.log_key(work) is not None
    if not has_key:
        make_checkpoint(hub)
    signer = new_signer("scjg.linjiang.example")
    code = make_key(hub, officer, signer)
    with hub.begin(actor(hub, officer)) as work:
        service.confirm_key(work, code)
        log, subject = credit.log_key(work), credit.pseudonym_of(work, seller.id)
        assert log is not None
        assert subject is not None
        finding = Finding(
            log=read_key(log.vkey).name,
            id=new_code(),
            kind="penalty",
            subject=subject,
            document_sha256="ab" * 32,
            decided_on=shanghai_day(work.now),
            what="false_description",
            severity="general",
        )
        service.append_finding(work, purpose, sign_finding(finding, signer))
    jobs.sequence_all(hub)
    return finding.id
