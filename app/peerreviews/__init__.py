"""Peer reviews: before some reports are issued, a second person grades the thing without knowing the first grade.

Nouns: PeerReview (of one order), Asking (who was asked, and what they answered), ReviewResult (both grades side by side, frozen),
ReviewDecision (a senior's, with the reason).
Verbs: ask_next, save, hand_in, pass_on, decide, name_by_staff, draw_again. Demands answers the question of appraisal.
Calls appraisal, listings, valuation, accounts, notices. Announces ReviewerWanted.
"""
