"""Why something about the log is not believed. Each refusal has a class of its own and a stable code."""

from __future__ import annotations

from typing import ClassVar


class LogError(ValueError):
    """Something given to the verifier is not what it should be. ``code`` is stable; the text says what was seen."""

    code: ClassVar[str] = "log"


class NotJson(LogError):
    code = "not_json"


class RepeatedKey(NotJson):
    """Two readers could take two different values from it."""

    code = "repeated_key"


class NotWhole(NotJson):
    """A number with a fraction or an exponent, NaN, or beyond 2^53 - 1."""

    code = "not_whole"


class NotCanonical(LogError):
    """The bytes mean something, but are not the RFC 8785 form of it."""

    code = "not_canonical"


class TooLong(LogError):
    code = "too_long"


class WrongHashLength(LogError):
    """A hash that is not 32 bytes."""

    code = "hash_length"


class WrongSize(LogError):
    """Sizes or an index between which nothing can be proved: old size 0, an index outside the tree, a log that shrank."""

    code = "size"


class WrongProofLength(LogError):
    """Hashes are missing, or there are more than the proof needs."""

    code = "proof_length"


class WrongRoot(LogError):
    """The proof leads to another root: the event, the proof or the root was changed."""

    code = "root"


class BadKey(LogError):
    code = "key"


class BadNote(LogError):
    """Not the form of a signed note."""

    code = "note"


class WrongSignature(LogError):
    """A key that is known, and a signature that is not its own over this text."""

    code = "signature"


class NoKnownSignature(LogError):
    """Nobody signed whom the reader knows."""

    code = "no_known_signature"


class BadCheckpoint(LogError):
    code = "checkpoint"


class AnotherLog(LogError):
    """A checkpoint of a log with another name."""

    code = "another_log"


class ForkedLog(LogError):
    """Two checkpoints of one log that cannot both be true."""

    code = "forked"


class NoQuorum(LogError):
    """Too few of the witnesses whom the policy asks for have cosigned."""

    code = "no_quorum"


class WrongHead(LogError):
    """Not the newest event of this subject, or not the neighbours of one that is not there."""

    code = "head"


class BadPolicy(LogError):
    code = "policy"


class BadProofFile(LogError):
    code = "proof_file"


class BadTile(LogError):
    code = "tile"


class BadDisclosure(LogError):
    code = "disclosure"


class UnknownDisclosure(LogError):
    """A disclosure whose digest the event does not hold."""

    code = "disclosure_unknown"


class BadScorePolicy(LogError):
    """The rules of a score that cannot be rules."""

    code = "score_policy"


class BadFinding(LogError):
    """Not the form of an authority's finding."""

    code = "finding"


class BadArchive(LogError):
    """A case file that is not safe to open, or was changed after it was made."""

    code = "archive"
