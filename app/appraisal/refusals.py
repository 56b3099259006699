"""Refusals about keys, frozen drafts and signed reports."""

from __future__ import annotations

from app.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.kernel.text import N_


class OwnKeyNeeded(Conflict):
    """Nobody signs for somebody who holds a key, and without the demo's signer everybody needs one."""

    code = "own_key_needed"
    message = N_(
        "Reports are signed with your own key here. Register one first, then freeze the report and sign it with the key."
    )


class SealFirst(Conflict):
    """A grade of a thing that stores data rests on its erasure, and the seal says that nothing was stored since."""

    code = "seal_first"
    message = N_("A grade needs the erasure and the seal: please go through test, erase, seal first. Every answer is kept.")


class PhotosWaiting(Conflict):
    """A report names its photos by the hash of the prepared file."""

    code = "photos_waiting"
    message = N_("The last photos are still being prepared. Please try again in a moment; nothing is lost.")


class NoReviewer(Conflict):
    """A car's report needs a second person."""

    code = "no_reviewer"
    message = N_(
        "A car's report is also signed by a senior appraiser of the agency, and nobody else of yours may do that now. "
        "Everything you answered is kept."
    )


class ReviewerUnknown(InvalidInput):
    code = "reviewer_unknown"

    def __init__(self) -> None:
        super().__init__({"reviewer": N_("Please choose one of the agency's senior appraisers.")})


class DraftMoved(Conflict):
    """The draft was taken back, or another one was frozen since."""

    code = "draft_moved"
    message = N_(
        "This is no longer the draft that waits for a signature: it was taken back or made anew. "
        "Nothing that was answered is lost; open the order to see how it stands."
    )


class KeyNotFound(NotFound):
    code = "key_not_found"
    message = N_("There is no such key among yours.")


class KeyNotYours(Conflict):
    """The signature was made with a key that is not registered for this person."""

    code = "key_not_yours"
    message = N_("This signature was made with a key that is not registered in your name. Choose the file of your own key.")


class KeyRevoked(Conflict):
    code = "key_revoked"
    message = N_("This key has ended and signs no more. Register a new one; the draft and every answer are kept.")


class CertificateWithdrawn(Conflict):
    """The certificate by which the person may sign in this category, at this level, was withdrawn since."""

    code = "certificate_withdrawn"
    message = N_("You have no certificate for this signature any more: it was withdrawn. Every answer is kept; ask the operator.")


class KeyNewerThanDraft(Conflict):
    """Readers compare the key's first day with the time in the draft."""

    code = "key_newer_than_draft"
    message = N_("Your key is newer than this draft. Take the draft back and freeze it once more; every answer is kept.")


class SignatureWrong(Conflict):
    """Damaged, or over other bytes."""

    code = "signature_wrong"
    message = N_("The signature does not fit this draft: it is damaged or was made over another file. Please sign once more.")


class ProofWrong(Conflict):
    """The signature over the challenge does not fit, or the challenge is too old."""

    code = "proof_wrong"
    message = N_("The proof does not fit: the key must sign the text of this page, within an hour. Please begin once more.")


class KeyAlreadyKnown(Conflict):
    code = "key_already_known"
    message = N_("This key is registered already. A key belongs to one person and is registered once.")


class NotYourReport(NotAllowed):
    """Corrections are the appraiser's own, a withdrawal is for the agency's managers and the operator."""

    code = "not_your_report"
    message = N_("Only its appraiser corrects a report; a manager of the agency or the operator can withdraw it.")


class ReportMoved(Conflict):
    code = "report_moved"
    message = N_("A newer version of this report was signed in the meantime. Please look at that one.")


class ReportSilenced(Conflict):
    """It was withdrawn, or another report speaks for the thing: a next version would take that one's place."""

    code = "report_silenced"
    message = N_(
        "This report no longer speaks for the item: it was withdrawn, or another inspection has taken its place. "
        "So it is not corrected any more."
    )


class ReportConfirming(Conflict):
    """It was made for a second look and did not take the first report's place: a next version would."""

    code = "report_confirming"
    message = N_(
        "This report was made for a second look at another report, and that one speaks for the item. So it is not corrected any "
        "more."
    )


class ReportContested(Conflict):
    """What another agency is about to decide, or has just found, is not changed under its hands."""

    code = "report_contested"
    message = N_(
        "Another agency looks at the item, or has just done so. This report can be corrected when that is decided; "
        "what you have answered is kept."
    )


class CorrectionChangesGrade(Conflict):
    """People rely on a signed grade, and others have been asked about it: nobody changes it alone afterwards."""

    code = "correction_changes_grade"
    message = N_(
        "A correction does not change the grade. If the grade is wrong, ask a manager of your agency to withdraw the report "
        "with the reason: the fee goes back, and the owner can order a new inspection. What you have answered is kept."
    )


class ContestDecides(Conflict):
    """Whose grade is doubted does not end the doubt."""

    code = "contest_decides"
    message = N_(
        "Somebody contests this report, and another agency looks at the item: what it finds decides. Until then only our staff "
        "can withdraw the report."
    )


class ReportAlreadyRevoked(Conflict):
    code = "report_already_revoked"
    message = N_("This report has been withdrawn already.")


class EarlierOrderOpen(Conflict):
    """What the earlier owner ordered is not settled yet."""

    code = "earlier_order_open"
    message = N_(
        "The earlier owner had booked an appraisal of this item, and it is not settled yet who was there. "
        "When it is, you can ask for your own."
    )


class FirstAppraiser(NotAllowed):
    """Nobody looks at their own report a second time, whatever agency they work for now."""

    code = "first_appraiser"
    message = N_("You signed the report that is looked at again. Please let a colleague do it.")
