"""Shared nouns without a product: work, money, time, errors, outbox, flow, audit.

Nouns: Work (one unit of writing), Actor, Fen, Flow, Event, Deadline, AuditEntry.
Verbs: begin, look, announce, apply, record, set_deadline.
Knows no Flask and no room; everybody may call it. Announces nothing.
"""
