"""Appraisal: agencies inspect things and sign reports that stand by themselves.

Nouns: Appraisal (one order to inspect one thing), Report (frozen, hashed, never changed).
Verbs: request, accept, decline, cancel, save_findings, give_up, sign; an open appraisal ends when the thing changes hands.
Calls grading, goods, credit, notices, accounts. Announces ReportSigned.
"""
