"""What people do with a form, programs do with an operation, or there is a reason why not."""

from __future__ import annotations

from flask import Flask

from app.api.faces import operations

PERSON = "who somebody is stays between the person and a page: an account, its password, its sessions and its tokens"
HOUSE = "who works for whom is offered, taken and ended by people on pages; a program must not give anybody power"
READER = "how pages look to a reader; a program says its language in every request"
STAFF = "staff look at what they decide: their pages show it, and no scope of a token gives their power away"
OFFICER = "oversight is one person's written look, for a purpose, on a page"
AUTHORITY = "two officers say on a page which key is their authority's; a program is not a second person"
PROVIDER = "the provider's own door, with the provider's signature"
ABROAD = "leads a person to the payment provider's own pages, where it asks who they are"
BENCH = "the workbench: photos and answers in batches are taken on its pages so far; saveFindings answers items"
AGENCY = "what an agency offers (places, times, prices) is kept by its manager on a page"
PAPERS = (
    "what the register keeps of agencies and appraisers is handed in, decided and tested on its pages; everybody reads it as JSON"
)
KEY = "a key is a person's own and is shown on a page: registered with the password, ended, and used with the draft's file; `xunyi signer` and grading sign for machines"
REPORT = "a report is corrected or withdrawn by a person who gives the reason on its page"
CHECK = "a program checks a report with grading, where its bytes are"
BLIND = "a second look is a person's own judgement of what they see, blind, on its page"
ARBITER = "a ruling is a person's own judgement of what both sides show, on the page that shows it"
STANDARD = "who compares a scheme with its standard has the book in hand and the page open"
DEVELOPMENT = "exists in development only"

# Endpoint of a form -> the operations that do the same, or why there is none.
DOORS: dict[str, tuple[str, ...] | str] = {
    "accounts.change_password": PERSON,
    "accounts.choose_locale": READER,
    "accounts.confirm": PERSON,
    "accounts.end_other_sessions": PERSON,
    "accounts.end_session": PERSON,
    "accounts.forgot": PERSON,
    "accounts.issue_token": PERSON,
    "accounts.end_role": HOUSE,
    "accounts.found": HOUSE,
    "accounts.invitation": HOUSE,
    "accounts.invite": HOUSE,
    "accounts.withdraw_invitation": HOUSE,
    "accounts.register": PERSON,
    "accounts.reset": PERSON,
    "accounts.revoke_token": ("revokeToken",),
    "accounts.sign_in": PERSON,
    "accounts.sign_out": PERSON,
    "appraisal.accept": ("acceptAppraisal",),
    "appraisal.add_photo": BENCH,
    "appraisal.add_signature": KEY,
    "appraisal.check": CHECK,
    "appraisal.confirm": ("confirmReport",),
    "appraisal.correct": REPORT,
    "appraisal.drop_correction": REPORT,
    "appraisal.freeze": KEY,
    "appraisal.refer_back": ("referBackReport",),
    "appraisal.register": KEY,
    "appraisal.reopen": ("reopenReport",),
    "appraisal.revoke": REPORT,
    "appraisal.revoke_key": KEY,
    "appraisal.add_place": AGENCY,
    "oversight.agency": OFFICER,
    "appraisal.approve_application": STAFF,
    "appraisal.correct_licence": STAFF,
    "appraisal.lift_suspension": STAFF,
    "appraisal.refuse_application": STAFF,
    "appraisal.review_certificate": STAFF,
    "appraisal.strike_calibration": STAFF,
    "appraisal.strike_course": STAFF,
    "appraisal.suspend_agency": STAFF,
    "appraisal.withdraw_licence": STAFF,
    "appraisal.apply_for_licence": PAPERS,
    "appraisal.begin_test": PAPERS,
    "appraisal.instrument": PAPERS,
    "appraisal.new_certificate": PAPERS,
    "appraisal.new_course": PAPERS,
    "appraisal.new_instrument": PAPERS,
    "appraisal.proficiency_test": PAPERS,
    "appraisal.retire_instrument": PAPERS,
    "appraisal.withdraw_application": PAPERS,
    "appraisal.answers": BENCH,
    "appraisal.assign": STAFF,
    "appraisal.book": ("bookTime",),
    "appraisal.bring": ("bringThing",),
    "appraisal.cancel": ("cancelAppraisal",),
    "appraisal.certify": ("recordErasure",),
    "appraisal.check_erasure": ("checkErasure",),
    "appraisal.check_in": ("checkIn",),
    "appraisal.choose_again": ("chooseAgain",),
    "appraisal.choose_back": ("chooseWayBack",),
    "appraisal.close_place": AGENCY,
    "appraisal.codes": BENCH,
    "appraisal.confirm_override": STAFF,
    "appraisal.decline": ("declineAppraisal",),
    "appraisal.end_late": STAFF,
    "appraisal.give_up": ("giveUpAppraisal",),
    "appraisal.hand_back": ("handThingBack",),
    "appraisal.mark_photo": BENCH,
    "appraisal.note_back": STAFF,
    "appraisal.move_visit": ("moveVisit",),
    "appraisal.nothing_found": BENCH,
    "appraisal.object_to_absence": ("objectToAbsence",),
    "appraisal.offer_times": AGENCY,
    "appraisal.propose_override": STAFF,
    "appraisal.receive": ("receiveThing",),
    "appraisal.reject": STAFF,
    "appraisal.remove_photo": BENCH,
    "appraisal.request_page": ("requestAppraisal",),
    "appraisal.request_visit": ("requestVisit",),
    "appraisal.save": ("saveFindings",),
    "appraisal.say_absent": ("sayAbsent",),
    "appraisal.say_sent": ("sayThingSent",),
    "appraisal.seal": ("sealThing",),
    "appraisal.send_back": ("sendThingBack",),
    "appraisal.set_price": AGENCY,
    "appraisal.sign": ("signReport",),
    "appraisal.take_back": ("takeThingBack",),
    "appraisal.take_time_back": AGENCY,
    "appraisal.undo": BENCH,
    "dev.become": DEVELOPMENT,
    "listings.again": ("sellAgain",),
    "listings.answer": ("saveDraft",),
    "listings.change": ("pauseListing", "resumeListing", "renewListing", "withdrawListing"),
    "listings.create": ("createListing",),
    "listings.decide": STAFF,
    "listings.delete_photo": ("deletePhoto",),
    "listings.discard": ("discardDraft",),
    "listings.edit": ("editListing",),
    "listings.appraise_unoffered": ("registerThing",),
    "listings.move_photo": ("movePhoto",),
    "listings.publish": ("publishListing",),
    "listings.try_answer": ("createEstimate",),
    "listings.upload": ("addPhoto",),
    "notices.open_notice": ("readNotice",),
    "notices.read_all": ("readAllNotices",),
    "trades.accept_offer": ("acceptOffer",),
    "trades.counter_offer": ("counterOffer",),
    "trades.decline_offer": ("declineOffer",),
    "trades.make_offer": ("makeOffer",),
    "trades.set_floor": ("setFloor",),
    "trades.withdraw_offer": ("withdrawOffer",),
    "oversight.close_purpose": OFFICER,
    "oversight.confirm_key": AUTHORITY,
    "oversight.end_key": AUTHORITY,
    "oversight.findings": OFFICER,
    "oversight.open_purpose": OFFICER,
    "oversight.propose_key": AUTHORITY,
    "pages.send_job_again": STAFF,
    "pages.set_language": READER,
    "pages.set_theme": READER,
    "pages.try_deadline_again": STAFF,
    "payments.close_anomaly": STAFF,
    "payments.pay_agency": STAFF,
    "payments.compare": STAFF,
    **dict.fromkeys(
        (
            "payments.assign_row",
            "payments.book_row",
            "payments.export_transfers",
            "payments.import_statement",
            "payments.payment_file",
            "payments.refuse_transfer",
            "payments.return_row",
        ),
        STAFF,
    ),
    "payments.retry": STAFF,
    "payments.sandbox_decide": ("payPayment",),
    "payments.start": ("payPayment",),
    "payments.open_account": ABROAD,
    "payments.open_agency_account": ABROAD,
    "payments.stripe_webhook": PROVIDER,
    "payments.webhook": PROVIDER,
    "reinspection.close": STAFF,
    "reinspection.contest": ("createContest",),
    "reinspection.search_again": STAFF,
    "reinspection.withdraw": ("withdrawContest",),
    "schemes.approve": STAFF,
    "schemes.check_reading": STANDARD,
    "schemes.propose": STAFF,
    "schemes.read_item": STANDARD,
    "schemes.refuse": STAFF,
    "schemes.withdraw": STAFF,
    "aftersales.accept": ("acceptClaim",),
    "aftersales.accept_ruling": ("acceptRuling",),
    "aftersales.agree": ("agreeToOffer",),
    "aftersales.appeal": ("appealRuling",),
    "aftersales.ask_again": ("askAgain",),
    "aftersales.carry_out": STAFF,
    "aftersales.claim": ("openClaim",),
    "aftersales.draw_dispute": STAFF,
    "aftersales.escalate": ("escalateClaim",),
    "aftersales.name_address": ("nameReturnAddress",),
    "aftersales.nothing_came": ("sayNothingCame",),
    "aftersales.offer": ("offerOnClaim",),
    "aftersales.receive_back": ("receiveClaimBack",),
    "aftersales.refuse": ("refuseClaim",),
    "aftersales.pass_on": ARBITER,
    "aftersales.rule": ARBITER,
    "aftersales.send_back": ("sendClaimBack",),
    "aftersales.withdraw": ("withdrawClaim",),
    "trades.accept": ("acceptOrder",),
    "trades.agree_cancel": ("agreeCancel",),
    "trades.answer_case": ("answerProblem",),
    "trades.arrange_meeting": ("arrangeMeeting",),
    "trades.ask_back": ("askBack",),
    "trades.buy": ("buy",),
    "trades.cancel": ("cancelOrder",),
    "trades.enter_meeting_code": ("handOver",),
    "trades.hand_in_check": ("handInCheck",),
    "trades.accept_change": ("acceptChange",),
    "trades.propose_change": ("proposeChange",),
    "trades.refuse_change": ("refuseChange",),
    "trades.withdraw_change": ("withdrawChange",),
    "trades.installed": ("installOrder",),
    "trades.object_cancel": ("objectCancel",),
    "peerreviews.decide": BLIND,
    "peerreviews.draw_again": STAFF,
    "peerreviews.hand_in": BLIND,
    "peerreviews.name": STAFF,
    "peerreviews.pass_on": BLIND,
    "peerreviews.save": BLIND,
    "trades.receive": ("receiveOrder",),
    "trades.report_problem": ("reportProblem",),
    "trades.rule": STAFF,
    "trades.send_back": ("sendBack",),
    "trades.ship": ("shipOrder",),
    "trades.give_back": STAFF,
    "trades.stop": STAFF,
    "trades.take_back": ("takeBack",),
    "trades.write_review": ("writeReview",),
    "trades.hide_review": STAFF,
    "trades.withdraw_problem": ("withdrawProblem",),
    "visits.close_area": AGENCY,
    "visits.decide": STAFF,
    "visits.offer_slots": AGENCY,
    "visits.open_area": AGENCY,
    "visits.take_slot_back": AGENCY,
    "valuation.ask": ("createEstimate",),
    **dict.fromkeys(
        (
            "valuation.check_table",
            "valuation.drop_table",
            "valuation.import_table",
            "valuation.promote_model",
            "valuation.roll_back_model",
            "valuation.train_model",
            "valuation.upload_table",
        ),
        STAFF,
    ),
}


def forms(app: Flask) -> set[str]:
    """Endpoints of pages that take a form."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("api.")
    }


def writes() -> set[str]:
    return {name for name, operation in operations().items() if not operation.is_read}


def test_every_form_has_an_operation_or_a_reason(app: Flask) -> None:
    assert forms(app) == set(DOORS)


def test_every_operation_that_writes_does_what_a_form_does() -> None:
    assert {name for door in DOORS.values() if isinstance(door, tuple) for name in door} == writes()


def test_the_check_sees_a_new_form(new_app: Flask) -> None:
    new_app.add_url_rule("/planted", "planted", lambda: "", methods=["POST"])
    assert forms(new_app) - set(DOORS) == {"planted"}


def test_what_only_staff_may_do_has_no_operation(app: Flask) -> None:
    """A form for members always has one: reasons are for accounts, readers, staff and machines."""
    policies = {endpoint: getattr(app.view_functions[endpoint], "__policy__", ()) for endpoint in forms(app)}
    for endpoint, door in DOORS.items():
        if door in (STAFF, OFFICER, AUTHORITY):
            assert not {"member", "anyone"} & set(policies[endpoint]), endpoint
        elif door in (BENCH, AGENCY, PAPERS, KEY, REPORT, CHECK):
            assert endpoint.startswith(("appraisal.", "visits.")), endpoint
        elif door == BLIND:
            assert endpoint.startswith("peerreviews."), endpoint
        elif door == ARBITER:
            assert endpoint.startswith("aftersales."), endpoint
        elif door == STANDARD:
            assert endpoint.startswith("schemes."), endpoint
        elif not isinstance(door, tuple):
            assert endpoint.split(".")[0] in ("accounts", "pages", "payments", "dev"), endpoint
