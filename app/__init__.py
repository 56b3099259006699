"""Xunyi, the marketplace: one package ("room") per domain, on floors (docs/house.md)."""
