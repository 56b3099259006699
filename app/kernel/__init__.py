"""Shared nouns without a product: work, money, time, errors, outbox, flow, audit, draw.

Nouns: Work (one unit of writing), Actor, Fen, Flow, Event, Deadline, AuditEntry, DrawSeed.
Verbs: begin, look, announce, apply, record, set_deadline, draw.
Knows no Flask and no room; everybody may call it. Announces nothing.
"""
