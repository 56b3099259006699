"""Who hears which news, whose deadline it is, and which doors to the outside are open."""

from __future__ import annotations

from app.accounts import service as accounts
from app.aftersales import jobs as aftersales_jobs
from app.aftersales import service as aftersales
from app.appraisal import jobs as appraisal_jobs
from app.appraisal import provider as appraisal_provider
from app.appraisal import queries as appraisal_queries
from app.appraisal import service as appraisal
from app.appraisal import store as appraisal_store
from app.credit import jobs as credit_jobs
from app.kernel.hub import Hub
from app.kernel.outbox import Listener
from app.listings import jobs as listings_jobs
from app.listings import service as listings
from app.listings.meaning import meaning_faults
from app.listings.pictures import first_photos
from app.media import jobs as media_jobs
from app.media import store as media_store
from app.notices import jobs as notices_jobs
from app.notices import joining
from app.notices import provider as notices_provider
from app.payments import jobs as payments_jobs
from app.payments import provider as payments_provider
from app.payments import service as payments
from app.peerreviews import jobs as peerreviews_jobs
from app.peerreviews import service as peerreviews
from app.reinspection import jobs as reinspection_jobs
from app.reinspection import queries as reinspection_queries
from app.reinspection import service as reinspection
from app.schemes import policy as schemes_policy
from app.schemes import service as schemes
from app.search import index as search_index
from app.search import jobs as search_jobs
from app.trades import service as trades
from app.trades.service import offers
from app.valuation import jobs as valuation_jobs
from app.valuation import service as valuation
from app.valuation import store as valuation_store
from app.visits import queries as visits_queries
from app.visits import service as visits


def inside(name: str, handle: object) -> Listener:
    """A listener whose effect commits together with the mark that it has heard."""
    return Listener(name, handle)  # type: ignore[arg-type]


def outside(name: str, handle: object) -> Listener:
    """A listener that touches the world outside the database; idempotent, run under a lease."""
    return Listener(name, handle, outside=True)  # type: ignore[arg-type]


# The names on the right are stored with every delivery: rename one only together with the rows that wait for it.
NEWS: dict[str, tuple[Listener, ...]] = {
    "RegistrationRequested": (outside("notices.mail_registration", notices_jobs.mail_registration),),
    "ResetRequested": (outside("notices.mail_reset", notices_jobs.mail_reset),),
    "PasswordChanged": (outside("notices.tell_password_changed", notices_jobs.tell_password_changed),),
    "InvitationMade": (outside("notices.mail_invitation", joining.mail_invitation),),
    "InvitationDeclined": (outside("notices.tell_declined", joining.tell_declined),),
    "MemberJoined": (outside("notices.tell_joined", joining.tell_joined),),
    "MemberLeft": (
        outside("notices.tell_left", joining.tell_left),
        inside("appraisal.on_member_left", appraisal.on_member_left),
        inside("peerreviews.on_member_left", peerreviews.on_member_left),
    ),
    "MailQueued": (outside("notices.send_mail", notices_jobs.send_mail),),
    "PhotoReceived": (outside("media.prepare_photo", media_jobs.prepare_photo),),
    "PhotoDeleted": (outside("media.remove_files", media_jobs.remove_files),),
    "CreditFact": (outside("credit.sequence", credit_jobs.sequence),),
    "MoneyCommandPlanned": (outside("payments.execute", payments_jobs.execute),),
    "PaymentSettled": (
        inside("trades.on_payment_settled", trades.on_payment_settled),
        inside("appraisal.on_payment_settled", appraisal.on_payment_settled),
        inside("reinspection.on_payment_settled", reinspection.on_payment_settled),
    ),
    "PaymentFailed": (
        inside("trades.on_payment_failed", trades.on_payment_failed),
        inside("appraisal.on_payment_failed", appraisal.on_payment_failed),
        inside("reinspection.on_payment_failed", reinspection.on_payment_failed),
    ),
    "PaymentCancelled": (outside("payments.end_checkout", payments_jobs.end_checkout),),
    "AppraiserWanted": (outside("appraisal.find_appraiser", appraisal_jobs.find_appraiser),),
    "ReviewerWanted": (outside("peerreviews.find_person", peerreviews_jobs.find_person),),
    "ArbitratorWanted": (outside("aftersales.find_arbitrator", aftersales_jobs.find_arbitrator),),
    "RulingFinal": (inside("aftersales.on_ruling_final", aftersales.on_ruling_final),),
    "RefundPaid": (
        inside("trades.on_refund_paid", trades.on_refund_paid),
        inside("aftersales.on_money_moved", aftersales.on_money_moved),
    ),
    "PayoutPaid": (
        inside("trades.on_payout_paid", trades.on_payout_paid),
        inside("aftersales.on_money_moved", aftersales.on_money_moved),
    ),
    "PayoutReturned": (inside("trades.on_payout_returned", trades.on_payout_returned),),
    "BankDisputeOpened": (inside("trades.on_bank_dispute_opened", trades.on_bank_dispute_opened),),
    "BankDisputeWon": (inside("trades.on_bank_dispute_won", trades.on_bank_dispute_won),),
    "BankDisputeLost": (
        inside("aftersales.on_bank_dispute_lost", aftersales.on_bank_dispute_lost),
        inside("trades.on_bank_dispute_lost", trades.on_bank_dispute_lost),
    ),
    "ThingTransferred": (
        inside("appraisal.on_thing_transferred", appraisal.on_thing_transferred),
        inside("reinspection.on_thing_transferred", reinspection.on_thing_transferred),
    ),
    "ReportSigned": (
        inside("listings.on_report_signed", listings.on_report_signed),
        inside("appraisal.on_report_signed", appraisal.on_report_signed),
        inside("peerreviews.on_report_signed", peerreviews.on_report_signed),
        outside("appraisal.print_report", appraisal_jobs.print_report),
        inside("reinspection.on_report_signed", reinspection.on_report_signed),
        outside("reinspection.draw_report", reinspection_jobs.draw_report),
        inside("appraisal.value_report", appraisal.value_report),
        inside("appraisal.on_report_silenced", appraisal.on_report_silenced),
    ),
    "ReportTookPlace": (
        inside("listings.on_report_signed", listings.on_report_signed),
        inside("appraisal.on_report_silenced", appraisal.on_report_silenced),
    ),
    "ReportRevoked": (
        inside("appraisal.on_report_silenced", appraisal.on_report_silenced),
        inside("listings.on_report_revoked", listings.on_report_revoked),
        inside("reinspection.on_report_revoked", reinspection.on_report_revoked),
    ),
    "VisitMissed": (inside("appraisal.on_visit_missed", appraisal.on_visit_missed),),
    "VisitSilent": (inside("appraisal.on_visit_silent", appraisal.on_visit_silent),),
    "SecondLookOrderEnded": (inside("reinspection.on_order_ended", reinspection.on_order_ended),),
    "EndedWithoutReport": (inside("peerreviews.on_order_ended", peerreviews.on_order_ended),),
    "ThingNotBack": (inside("reinspection.on_thing_not_back", reinspection.on_thing_not_back),),
    "AgencyWanted": (outside("reinspection.find_agency", reinspection_jobs.find_agency),),
    "SchemeApproved": (inside("appraisal.on_scheme_approved", appraisal.on_scheme_approved),),
    "OfferNamed": (inside("trades.on_offer_named", offers.on_offer_named),),
    "OrderCancelled": (inside("trades.on_order_cancelled", offers.on_order_cancelled),),
    "OrderPaid": (inside("trades.on_order_paid", offers.on_order_paid),),
    "OrderCompleted": (inside("valuation.on_order_completed", valuation.on_order_completed),),
    "ModelWanted": (outside("valuation.fit_model", valuation_jobs.fit_model),),
    "TableSent": (outside("valuation.read_table", valuation_jobs.read_table),),
    "ModelServes": (outside("listings.value_what_is_on_sale", listings_jobs.value_what_is_on_sale),),
    "ListingPublished": (
        outside("search.index_listing", search_jobs.index_listing),
        inside("listings.value_listing", listings.on_offered),
    ),
    "ListingChanged": (
        outside("search.index_listing", search_jobs.index_listing),
        inside("listings.value_listing", listings.on_offered),
    ),
    "ListingClosed": (
        outside("search.index_listing", search_jobs.index_listing),
        inside("trades.on_listing_closed", offers.on_listing_closed),
    ),
}

# News that nobody needs yet; named here so that a forgotten listener is not mistaken for one of them.
UNHEARD = {
    "UserRegistered": "the registration itself tells the person",
    "OrderShipped": "trades tells the buyer by itself",
    "OrderRefunded": "trades tells the buyer by itself",
    "ProblemReported": "the case page shows it to staff",
}

DEADLINES = {
    ("invitation", "lapse"): accounts.on_lapse,
    ("appraisal", "pay"): appraisal.on_pay_timeout,
    ("appraisal", "answer"): appraisal.on_answer_timeout,
    ("appraisal", "come"): appraisal.on_come_timeout,
    ("appraisal", "back"): appraisal.on_back_timeout,
    ("appraisal", "report"): appraisal.on_report_timeout,
    ("visit", "object"): visits.on_object_timeout,
    ("visit", "silent"): visits.on_silent,
    ("reinspection", "pay"): reinspection.on_pay_timeout,
    ("reinspection", "show"): reinspection.on_show_timeout,
    ("order", "pay"): trades.on_pay_timeout,
    ("order", "ship"): trades.on_ship_timeout,
    ("order", "ship_reminder"): trades.on_ship_reminder,
    ("order", "no_receipt"): trades.on_no_receipt,
    ("order", "install"): trades.on_install_timeout,
    ("order", "cancel"): trades.on_cancel_timeout,
    ("order", "acceptance"): trades.on_acceptance_timeout,
    ("order", "check_reminder"): trades.on_check_reminder,
    ("order", "way_back"): trades.on_way_back,
    ("claim", "answer"): aftersales.on_due,
    ("claim_dispute", "decide"): aftersales.on_silence,
    ("claim_dispute", "remind"): aftersales.on_reminder,
    ("claim_dispute", "wait"): aftersales.on_wait,
    ("claim_dispute", "appeal"): aftersales.on_appeal_over,
    ("claim_dispute", "carry_out"): aftersales.carry_out,
    ("review", "reveal"): trades.on_reveal,
    ("negotiation", "due"): offers.on_due,
    ("negotiation", "quiet"): offers.on_quiet,
    ("peer_review", "act"): peerreviews.on_timeout,
    ("peer_review", "wait"): peerreviews.on_wait,
    ("listing", "expiry"): listings.on_expiry,
    ("listing", "expiry_reminder"): listings.on_expiry_reminder,
    ("price_import", "forget"): valuation.on_forget,
    ("agency_licence", "reminder"): appraisal.on_licence_reminder,
    ("appraiser_certificate", "reminder"): appraisal.on_certificate_reminder,
    ("instrument_calibration", "reminder"): appraisal.on_calibration_reminder,
    ("proficiency_result", "reminder"): appraisal.on_proficiency_reminder,
    ("education_hours", "reminder"): appraisal.on_hours_reminder,
}


def connect(hub: Hub) -> None:
    """Give the hub its listeners, deadlines and doors."""
    hub.listeners = NEWS
    hub.deadline_handlers = DEADLINES
    hub.store = media_store.from_settings(hub.settings)
    hub.mailer = notices_provider.from_settings(hub.settings)
    hub.provider = payments_provider.from_settings(hub.settings, payments.DatabaseBooks(hub.db))
    hub.index = search_index.from_settings(hub.settings)
    hub.db.doors[appraisal_store.DOOR] = appraisal_store.from_settings(hub.settings)
    hub.db.doors[appraisal_provider.SECOND_LOOK] = peerreviews.Demands.from_settings(hub.settings, hub.sealer)
    hub.db.doors[appraisal_queries.CONTESTERS] = reinspection_queries.contesters
    hub.db.doors[visits_queries.PARTIES] = appraisal_queries.refuse_party_of_visit
    hub.db.doors[schemes_policy.READERS] = appraisal.require_scheme_reader
    hub.db.doors[schemes.NEIGHBOURS] = (appraisal.guidance_faults, meaning_faults)
    hub.db.doors[valuation_store.PICTURES] = first_photos
    hub.db.doors[valuation_store.DOOR] = valuation_store.from_settings(hub.settings)
    signer = appraisal_provider.from_settings(hub.settings)
    if signer is not None:
        hub.db.doors[appraisal_provider.DOOR] = signer
