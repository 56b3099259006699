"""The command line ``xunyi``: serve, worker, sandbox, dev, db, ledger, search, audit, clock.

Knows everybody; nobody knows it.
"""
