"""Refusals of the appraisal room."""

from __future__ import annotations

from collections.abc import Mapping

from app.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.kernel.text import N_


class AppraisalNotFound(NotFound):
    """No such appraisal, or it is neither yours nor your agency's."""

    code = "appraisal_not_found"


class ReportNotFound(NotFound):
    """No report has this number."""

    code = "report_not_found"
    message = N_("There is no report with this number. Please compare it with the one on the report, letter by letter.")


class AppraisalAlreadyOpen(Conflict):
    """The thing is being appraised already."""

    code = "appraisal_already_open"
    message = N_("An appraisal of this item is already under way.")


class OwnThing(NotAllowed):
    """Nobody appraises what is their own."""

    code = "own_thing"
    message = N_("You cannot appraise your own item. Please let another agency do it.")


class TooClose(NotAllowed):
    """The appraiser works with the owner, or a thing went from one of them to the other not long ago."""

    code = "too_close"
    message = N_(
        "You work with the owner of this item, or one of you has sold something to the other in the last twelve months. "
        "Please let somebody else appraise it."
    )


class FindingsMoved(Conflict):
    """Another device or person saved answers since this page was opened."""

    code = "findings_moved"
    message = N_(
        "Answers were saved from another device in the meantime. "
        "Nothing that you typed is lost: press “Save” to see both side by side."
    )


class NotComplete(InvalidInput):
    """Required items have no answer yet."""

    code = "not_complete"
    message = N_("%(count)s items have no answer yet. A report can be signed when every item is answered.")


class NameDiffers(InvalidInput):
    """The typed name is not the appraiser's own."""

    code = "name_differs"

    def __init__(self) -> None:
        super().__init__({"name": N_("Please type your own name exactly as it stands in your account.")})


class NothingToUndo(Conflict):
    """No save of answers is left that could be taken back."""

    code = "nothing_to_undo"
    message = N_("There is nothing left to take back.")


class NoShortcut(InvalidInput):
    """The section's items are looked at one by one."""

    code = "no_shortcut"
    message = N_("The items of this section cannot be set at once. Please look at each of them.")


class ShotsGone(InvalidInput):
    """Items were set at once because of their section's photos, which are no longer there or could not be read."""

    code = "shots_gone"
    message = N_(
        "Items were set to “nothing found” at once, and %(count)s photos of their sections are missing now. Please take them "
        "again, or answer these items one by one."
    )


class InstrumentsMissing(InvalidInput):
    """Required numbers were read from something that nobody has named, though the agency has instruments of their kind."""

    code = "instruments_missing"
    message = N_(
        "%(count)s numbers do not say with which instrument they were read. Please choose it beside each of them; every answer "
        "is kept."
    )


class ShotsMissing(InvalidInput):
    """The section's photos come first."""

    code = "shots_missing"
    message = N_(
        "Photos first: %(count)s of this section are still missing. Then its open items can be set to “nothing found” at once."
    )


class CodesRefused(InvalidInput):
    """A typed code cannot be read; ``words`` says why in both languages."""

    code = "code_refused"

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words


class PhotoElsewhere(NotFound):
    """The photo is of another inspection, or of none."""

    code = "photo_elsewhere"
    message = N_("This photo does not belong to this inspection, so it was not used. Your answers are kept.")


class PhotoOfAnotherThing(InvalidInput):
    """The same bytes are in the inspection of another thing: a picture from the album, or of the wrong order."""

    code = "photo_of_another_thing"
    message = N_(
        "This very photo stands in the inspection of another item. Please photograph the item in front of you; every answer "
        "is kept."
    )


class PhotoOfAnotherShot(InvalidInput):
    """One picture for two of the shots that are asked for: it would open sections of which there is no photo."""

    code = "photo_of_another_shot"
    message = N_("This very photo already stands for another of the photos that are asked for. Please take a new one here.")


class MeetingNotOver(Conflict):
    """Nobody is absent before the booked time has come."""

    code = "meeting_not_over"
    message = N_("Please wait until %(minutes)s minutes after the agreed time. The other side may be on the way.")
    shown = ("minutes",)


class MeetingOver(Conflict):
    """The booked time has passed without a meeting: what comes back depends on who was there."""

    code = "meeting_over"
    message = N_(
        "The booked time has begun. If nobody was there, please say so: our staff decide then. The appraiser can let its owner "
        "choose another time."
    )


class TooManyInspectionPhotos(InvalidInput):
    code = "too_many_inspection_photos"
    message = N_("An inspection holds at most %(most)s photos. Please remove one that is not needed.")


class MarkRefused(InvalidInput):
    """A box that is not inside its photo, or that names an answer which the item does not have."""

    code = "mark_refused"
    message = N_("This mark cannot be kept: the box must lie inside the photo, and its code must be an answer of the item.")


class FeeChanged(Conflict):
    """The agency changed its fee between the page and the request."""

    code = "fee_changed"
    message = N_("The agency's fee has changed since this page was opened: it is now %(fee)s. Please look again before you ask.")
    shown = ("fee_fen",)


class FeeAlreadyPaid(Conflict):
    """The owner takes an unpaid order back in the moment in which the fee arrives."""

    code = "fee_already_paid"
    message = N_("The fee has just arrived. Please open this page again.")


class NotYourTurn(Conflict):
    """Another appraiser was drawn for this order."""

    code = "not_your_turn"
    message = N_("Somebody else of your agency was drawn for this appraisal.")


class NoCandidate(InvalidInput):
    """Staff named somebody who cannot take the order."""

    code = "no_candidate"

    def __init__(self, field: str = "appraiser") -> None:
        super().__init__({field: N_("Please choose one of the agency's appraisers who are listed.")})


class OverrideNeeded(Conflict):
    """Something stands against this appraiser; two members of staff would have to let it pass."""

    code = "override_needed"
    message = N_("Something stands against this appraiser. Only two members of staff together can let it pass.")


class SecondPersonNeeded(NotAllowed):
    """Whoever proposed to let a conflict pass does not confirm it."""

    code = "second_person_needed"
    message = N_("Somebody else of the staff must confirm this: you proposed it yourself.")


class OverrideNotFound(NotFound):
    code = "override_not_found"


class PlaceNotFound(NotFound):
    """No such place, or it is not your agency's."""

    code = "place_not_found"


class SlotTaken(Conflict):
    """Somebody else has booked this time, or the agency has taken it back."""

    code = "slot_taken"
    message = N_("This time has just been taken. Please choose another one.")


class InCustody(Conflict):
    """An order cannot end while the agency holds the thing and nobody has said how it comes back."""

    code = "in_custody"
    message = N_("The agency has your item. Please choose how it comes back to you, then the order can end.")


class ParcelUnderWay(Conflict):
    """An order does not end while a carrier has the thing: it would arrive where nobody takes it any more."""

    code = "parcel_under_way"
    message = N_("The item is on its way to the agency. Please wait until it is there; then the order can end.")


class NotInCustody(Conflict):
    """Nothing is to be given back."""

    code = "not_in_custody"
    message = N_("The agency does not have the item.")


class HandOverFirst(Conflict):
    """The inspection begins with the thing: at a booked time, or after it was handed over."""

    code = "hand_over_first"
    message = N_("The inspection begins when the item is there: confirm that it was brought, or that its owner has come.")


class SealDiffers(Conflict):
    """The seal that is on the thing now is not the one that was closed when it came."""

    code = "seal_differs"
    message = N_("This is not the number of the seal that was noted when the item came. Write down what happened, then go on.")


class WorkStopped(Conflict):
    """Base of everything that keeps an agency or an appraiser from taking new work."""


class AgencyNotLicensed(WorkStopped):
    code = "agency_not_licensed"
    message = N_("This agency has no licence to appraise this kind of item.")


class LicenceNotBegun(WorkStopped):
    code = "licence_not_begun"
    message = N_("The agency's licence for this kind of item begins on %(day)s.")
    shown = ("day",)


class LicenceEnded(WorkStopped):
    code = "licence_ended"
    message = N_("The agency's licence for this kind of item ended on %(day)s.")
    shown = ("day",)


class CalibrationEnded(WorkStopped):
    """Of a kind of instrument that the category asks for, none that the agency uses is calibrated."""

    code = "calibration_ended"
    message = N_("The agency's %(instrument)s, which this kind of item needs, has no valid calibration today.")
    shown = ("instrument",)


class AgencySuspended(WorkStopped):
    """Stops new work and signatures; what was begun is kept."""

    code = "agency_suspended"
    message = N_("The agency is suspended since %(day)s and takes no new work. Reason: %(reason)s")
    shown = ("day", "reason")


class NotItsAppraiser(WorkStopped):
    code = "not_its_appraiser"
    message = N_("This person does not work as an appraiser of this agency.")


class NotCertified(WorkStopped):
    code = "not_certified"
    message = N_("The appraiser has no confirmed certificate for this kind of item.")


class CertificateEnded(WorkStopped):
    code = "certificate_ended"
    message = N_("The appraiser's certificate for this kind of item ended on %(day)s.")
    shown = ("day",)


class ProficiencyMissing(WorkStopped):
    code = "proficiency_missing"
    message = N_("The appraiser has not passed the proficiency test for this kind of item yet.")


class ProficiencyEnded(WorkStopped):
    code = "proficiency_ended"
    message = N_("The appraiser's proficiency test for this kind of item was valid until %(day)s. Please take a new one.")
    shown = ("day",)


# What the register can have against an agency, and against an appraiser of it: operations name both in the document.
STOPS_AGENCY = (AgencyNotLicensed, LicenceNotBegun, LicenceEnded, CalibrationEnded, AgencySuspended)
STOPS_APPRAISER = (NotItsAppraiser, NotCertified, CertificateEnded, ProficiencyMissing, ProficiencyEnded)


class OperatorsOnly(NotAllowed):
    code = "operators_only"
    message = N_("Only the operator of the marketplace decides this.")


class ManagersOnly(NotAllowed):
    code = "managers_only"
    message = N_("Only a manager of the agency may do this.")


class AppraisersOnly(NotAllowed):
    code = "appraisers_only"
    message = N_("Only appraisers may do this.")


class RegisterEntryNotFound(NotFound):
    """No such agency, appraiser, application, licence, instrument or certificate, or it is not yours."""

    code = "register_entry_not_found"
    message = N_("The register has no such entry, or it is not yours.")


class LicencesOverlap(Conflict):
    code = "licences_overlap"
    message = N_("The agency has a licence for this kind of item on some of these days already. Please choose other days.")


class LicenceNumberTaken(Conflict):
    code = "licence_number_taken"
    message = N_("This licence number is in the register already.")


class AlreadySuspended(Conflict):
    code = "already_suspended"
    message = N_("Your authority has suspended this agency already. Lift that suspension first.")


class NoErasureHere(NotFound):
    """The scheme asks for no certificate of erasure."""

    code = "no_erasure_here"
    message = N_("This kind of thing stores no data, so there is nothing to erase.")


class NotTestedYet(Conflict):
    """Erasing comes after testing: afterwards there is nothing left to test with."""

    code = "not_tested_yet"
    message = N_("First test, then erase: %(count)s tests are still open.")


class EraseFirst(Conflict):
    code = "erase_first"
    message = N_("First erase, then seal: there is no certificate of erasure yet.")


class CheckPending(Conflict):
    """The draw asked for a second person, who has not looked yet or found data."""

    code = "check_pending"
    message = N_("A second person must check this erasure first, and find nothing. After a failed check, please erase again.")


class CheckTooLate(Conflict):
    """The answers are frozen: what a check found would change nothing about the report any more."""

    code = "check_too_late"
    message = N_(
        "The report of this inspection is made, so nothing is checked any more. If you still found data, tell its appraiser now: "
        "until the last signature they can take the draft back."
    )


class SamePerson(NotAllowed):
    code = "same_person"
    message = N_("Whoever erased cannot check it. Please let a colleague of the agency look.")


class AlreadySealed(Conflict):
    code = "already_sealed"
    message = N_("This step is already done and stays as it is.")


class SealTaken(Conflict):
    code = "seal_taken"
    message = N_("This seal number has been used before. Please read it from the seal once more.")


class ProficiencyTooSoon(Conflict):
    code = "test_too_soon"
    message = N_("The last test was not passed. The next can be begun on %(day)s.")
    shown = ("day",)


class ProficiencyOver(Conflict):
    code = "test_over"
    message = N_("This test is closed: it was handed in, or its time has run out. You can begin a new one on your page.")


class AlreadyLookedAt(Conflict):
    """Another second look at the same report is under way; the database lets one pass."""

    code = "already_looked_at"
    message = N_("This report is being looked at a second time already. Please wait for the result.")


class BlindToReport(NotAllowed):
    """The reader's agency looks at the same thing a second time and must not know the first result."""

    code = "blind_to_report"
    message = N_(
        "Your agency is inspecting this item a second time. Earlier results stay closed to you until your report is signed."
    )
