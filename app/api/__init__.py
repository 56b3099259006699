"""The interface for programs, version 1: mounts every room's operations and serves the document that describes them.

Nouns: the list of faces, the OpenAPI document, its readable page. No business rule and no operation of its own.
"""
