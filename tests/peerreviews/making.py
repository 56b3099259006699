"""Reports that wait for a second look, and people who look, for the tests of this and other rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from app.accounts.models import Organisation, User
from app.appraisal import queries as appraisal
from app.appraisal import service as appraisals
from app.appraisal.models import Appraisal, Report
from app.appraisal.provider import SECOND_LOOK
from app.goods.models import Thing
from app.kernel.hub import Hub
from app.peerreviews import queries, service
from app.peerreviews.models import PeerReview, ReviewResult
from tests.accounts.making import actor, make_member, make_organisation, make_user
from tests.appraisal.admitting import qualify
from tests.appraisal.making import Case, clean_answers, erase_and_seal, make_inspection, order_of
from tests.listings.making import tiny_photo

REASON = "背面的划痕在照片里很浅，按方案属于轻微。"

_photos = count(7000)  # no photo shows two things


@dataclass
class Held:
    """An order whose signed report waits, and everybody around it."""

    hub: Hub
    case: Case
    colleagues: list[User] = field(default_factory=list)
    seniors: list[User] = field(default_factory=list)

    @property
    def order(self) -> Appraisal:
        return order_of(self.hub, self.case)

    @property
    def state(self) -> str:
        return self.order.state

    @property
    def review(self) -> PeerReview:
        with self.hub.look() as work:
            found = queries.review_of_order(work, self.order.id)
        assert found is not None
        return found

    @property
    def results(self) -> list[ReviewResult]:
        with self.hub.look() as work:
            return queries.results_of(work, self.review.id)

    @property
    def report(self) -> Report | None:
        with self.hub.look() as work:
            return appraisal.report_of(work, self.order)

    @property
    def person(self) -> User:
        """Who is to act now."""
        with self.hub.look() as work:
            return work.session.get_one(User, self.review.person_id)

    def find(self) -> User:
        """Let the job draw; returns who was drawn."""
        self.hub.drain()
        return self.person

    def look(self, *, drain: bool = True, **changes: str | None) -> ReviewResult:
        """Whoever is asked hands the second look in: the best answer to everything, with these changes (None: cannot tell)."""
        review, person = self.review, self.person
        with self.hub.begin(actor(self.hub, person)) as work:
            result = service.hand_in(work, review.code, second_answers(self.hub, review, **changes), review.answers_rev)
        if drain:
            self.hub.drain()
        return result

    def photo(self) -> str:
        """Code of the first photo of the inspection."""
        with self.hub.look() as work:
            return appraisal.photos_of_inspection(work, self.order)[0][1].code

    def ask(self, staff: User, person: User) -> None:
        """Staff ask this person."""
        with self.hub.begin(actor(self.hub, staff)) as work:
            service.name_by_staff(work, self.review.code, person.code)

    def decide(self, decision: str, reason: str = REASON, *, drain: bool = True) -> None:
        review, person = self.review, self.person
        with self.hub.begin(actor(self.hub, person)) as work:
            service.decide(work, review.code, decision, reason)
        if drain:
            self.hub.drain()


def demand(hub: Hub, *, first: int = 0, percent: int = 0, above_fen: int = 0) -> None:
    """What this marketplace asks a second look for."""
    hub.db.doors[SECOND_LOOK] = service.Demands(first, percent, above_fen, hub.sealer)


def second_answers(hub: Hub, review: PeerReview, **changes: str | None) -> dict[str, str]:
    """The best answer to everything that is asked; ``changes`` replace single ones, None: cannot tell from here."""
    with hub.look() as work:
        sheet = appraisal.blind_sheet(work, appraisal.draft_by_id(work, review.draft_id))
    items = sheet.scheme.items_by_key
    given = {key: (items[key].clean or appraisal.NOT_JUDGED) if key in items else "false" for key in sheet.asked}
    return given | {key: appraisal.NOT_JUDGED if value is None else value for key, value in changes.items()}


def make_colleague(hub: Hub, agency: Organisation, name: str, *, senior: bool = False) -> User:
    person = make_member(hub, "appraiser", user=make_user(hub, name=name), organisation=agency)
    if senior:
        with hub.begin() as work:
            qualify(work, person.id, level="senior")
    return person


def make_held(
    hub: Hub,
    *,
    colleagues: int = 1,
    seniors: int = 1,
    thing: Thing | None = None,
    agency: Organisation | None = None,
    photo: bool = False,
    **answers: str | None,
) -> Held:
    """A phone's report, signed and waiting; everybody is asked for by draw once ``find`` has run the job."""
    if not any(getattr(hub.db.doors[SECOND_LOOK], name) for name in ("first", "percent", "above_fen")):
        demand(hub, first=20)
    case = make_inspection(hub, agency=agency, thing=thing, owner=owner_of(hub, thing))
    held = Held(hub, case)
    held.seniors = [make_colleague(hub, case.agency, f"沈知行{no}", senior=True) for no in range(seniors)]
    held.colleagues = [make_colleague(hub, case.agency, f"顾明远{no}") for no in range(colleagues)]
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert not appraisals.save_findings(work, case.code, clean_answers(**answers), 0).refused
    if photo:
        with hub.begin(actor(hub, case.appraiser)) as work:
            appraisals.add_photo(work, hub.store, hub.sealer, case.code, tiny_photo(next(_photos)), item_key="screen_glass")
        hub.drain()  # no report before its photos are prepared
    checker = make_member(hub, "appraiser", organisation=case.agency, qualified=False)  # may check an erasure, and never looks
    erase_and_seal(hub, case.code, case.appraiser, checker, f"QH-{case.code[:12]}")
    with hub.begin(actor(hub, case.appraiser)) as work:
        assert appraisals.sign(work, case.code, case.appraiser.display_name, held.order.findings_rev) is None
    return held


def owner_of(hub: Hub, thing: Thing | None) -> User | None:
    if thing is None:
        return None
    with hub.look() as work:
        return work.session.get_one(User, thing.owner_id)


def other_agency(hub: Hub, name: str = "云杉检测") -> Organisation:
    return make_organisation(hub, "agency", name)
