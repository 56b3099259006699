"""Price estimates that show their work: fitted on any table of prices, with ranges that cover, reasons that sum, and no pickle.

Nouns: columns, table, frame, model, member, estimate, reason, card. Verbs: `read_columns`, `read_table`, `fit`, `estimate`,
`explain`, `save`, `load`, `evaluate`. Pure: no database, no request, no clock. Needs numpy, scikit-learn and LightGBM
(`requirements/pricing.in`), which nothing else in `grading` may import. Command line: `python -m grading.pricing --help`.
"""
