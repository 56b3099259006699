"""Figures of a month, a quarter or a year for the commerce authority and for everybody, closed once and recomputable.

Nouns: ClosedPeriod, fact, family (what is counted), dimension (by what), cell. Verbs: close, verify.
Calls trades, aftersales, appraisal, listings, goods, accounts, credit; announces nothing.
``rules`` is pure: neither database nor web.
"""
