"""What an owner has said about a thing is kept in the words of a scheme, so that an outlook can be given before paying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.appraisal.models import Declared
from app.appraisal.queries import declared_about
from app.goods.models import Thing
from app.kernel.work import Work

Findings = Sequence[Sequence[Mapping[str, str]]]


def declare(work: Work, thing: Thing, scheme_id: str, findings: Findings, version_sha256: str) -> None:
    """Write down what the thing's owner says in public. Saying the same again adds nothing.

    ``findings``: a list; of each entry's alternatives (item key -> answer) at least one is so.
    """
    said = [[dict(alternative) for alternative in entry] for entry in findings]
    last = declared_about(work, thing)
    if last is not None and (last.scheme_id, last.findings) == (scheme_id, said):
        return
    row = Declared(
        thing_id=thing.id,
        owner_id=thing.owner_id,
        scheme_id=scheme_id,
        findings=said,
        version_sha256=version_sha256,
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
