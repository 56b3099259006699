"""How fast: run by `make bench`, never by `make test`."""
