"""Search: finding what is on sale, by text, filters and facets.

Nouns: SearchQuery, SearchPage, Facet, Relaxation; words (text to tokens) and the text index.
Verbs: search, rebuild, refresh, differences. The index is a copy that can always be built anew from the database.
Calls listings (cards), goods (catalogue) and grading (tier names). Announces nothing.
"""
