"""What comparable things really sold for: the living side of prices.

Nouns: ObservedSale, Estimate. Verbs: observe, estimate. Calls goods (the catalogue). Hears that an order is completed; announces
nothing. An estimate always says what it rests on, and says so when there is too little to go by.
"""
