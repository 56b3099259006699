"""After a sale: a claim points at items of what was promised and ends in an agreement, a ruling or nothing.

Nouns: Claim, ClaimItem (an item of the signed report, or an answer of the seller), ClaimProposal (what one side asks, offers or
refuses), ClaimEvidence (a photo by its hash, chained to the one before), ClaimDispute (an escalated claim before an arbitrator),
ClaimRuling, ClaimLeg (one part of the money after a final ruling). Verbs: open_claim, accept, offer, refuse, agree, ask_again,
escalate, withdraw, pass_on, rule, accept_ruling, appeal, carry_out. Calls trades (which alone moves the order and its money),
payments (to ask again for what the payer refused), regulations, appraisal, listings, media, notices. Is told of BankDisputeLost,
RefundPaid, PayoutPaid.
"""
