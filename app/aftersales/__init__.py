"""After a sale: a claim points at items of what was promised and ends in an agreement, a ruling or nothing.

Nouns: Claim, ClaimItem (an item of the signed report, or an answer of the seller), ClaimProposal (what one side asks, offers or
refuses), ClaimEvidence (a photo by its hash, chained to the one before). Verbs: open_claim, accept, offer, refuse, agree,
ask_again, escalate, withdraw, rule. Calls trades (which alone moves the order and its money), regulations by way of it,
appraisal, listings, media, notices. Is told of BankDisputeLost.
"""
