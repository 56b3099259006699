"""Conduct as events: facts of sales and appraisals in one append-only log that anybody can recompute.

Nouns: CreditSubject, CreditEvent. Verbs: record (in the caller's transaction), sequence (one writer, after the commit).
Calls accounts. Announces CreditFact, which its own sequencer hears. No personal data goes into an event.
"""
