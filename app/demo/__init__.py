"""The demo town: plainly fictional people, firms and phones, made by the marketplace's own verbs.

Nouns: Town. Verbs: fill_if_empty, draw_phone. Calls everybody; nobody calls it but the command line.
"""
