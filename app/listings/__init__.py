"""Offers to sell: from the first question of the wizard to sold.

Nouns: Listing (draft and offer), ListingVersion (frozen snapshot with hash), ListingPhoto, ListingDecision (why a member of
staff or a rule acted), the attribute schemas (schemas/*.yaml) and the review rules (rules.yaml).
Verbs: start_draft, save_draft, add_photo, publish, edit, pause, resume, renew, withdraw, approve, reject, take_down, restore,
sell_again, reserve, unreserve (back on sale, or paused), mark_sold.
Calls goods, media, valuation, appraisal, credit, notices, accounts. Announces ListingPublished, ListingChanged, ListingClosed.
"""
