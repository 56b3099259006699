"""Publishing the rules of scores: each version is named in the log by its hash, a later one seven days before it counts."""

from __future__ import annotations

from datetime import timedelta

from app.credit.queries import published_policies, unpublished_policies
from app.credit.service.recording import record_of_the_log
from app.credit.service.sequencing import sequence
from app.kernel.time import shanghai_day
from app.kernel.work import Work

NOTICE_DAYS = 7


def publish_policies(work: Work) -> None:
    """Name every version that ships with the program and is not in the log yet. The first of its name counts from the start."""
    known = {each.name for each in published_policies(work)}
    today = shanghai_day(work.now)
    for policy in unpublished_policies(work):
        effective_on = today + timedelta(days=NOTICE_DAYS if policy.name in known else 0)
        known.add(policy.name)
        data = {
            "name": policy.name,
            "version": policy.version,
            "sha256": policy.sha256,
            "effective_on": effective_on.isoformat(),
        }
        record_of_the_log(work, "policy.published", data, key=f"policy.published:{policy.title}")
    while sequence(work):
        pass
