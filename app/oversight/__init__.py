"""What a regulator reads, and the record that it was read.

Nouns: Purpose, AccessRow. Verbs: open_purpose, close_purpose, look_at_seller. Calls trades, credit, accounts; announces nothing.
Nothing is read without an open purpose, and the access is on record before the page is read: no row, no page.
"""
