"""What things are worth: the living side of prices.

Nouns: ObservedSale, PriceTable with its ObservedPrices, PriceImport, PriceModel, Valuation (an estimate as it was given). Verbs:
observe, upload, check, import, train, promote, roll back, value, recheck. Calls goods (the catalogue), schemes, accounts. Hears
that an order is completed; announces TableSent, ModelWanted, ModelServes. An estimate says on what it rests.
"""
