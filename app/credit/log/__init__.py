"""The log as mathematics: what anybody needs to check it, and nothing else. No database, no web, no clock, no files.

Nouns: leaf, root, proof, note, key, checkpoint, cosignature, policy, tile, disclosure. Follows RFC 6962 (tree), RFC 8785 (bytes
of an event), the C2SP specifications signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof, tlog-policy and tlog-tiles, and
RFC 9901 (disclosures). Needs only `cryptography` and `rfc8785`, so that a verifier can be packed as one file. Every refusal is a
`LogError`.
"""
