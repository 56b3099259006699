"""Check the log of credit records without its server: Python 3.11 and the package `cryptography`, nothing of the marketplace.

    python check_log.py event  17.json 17.tlog-proof KEY         an event stands in the signed log
    python check_log.py growth OLD_CHECKPOINT NEW_CHECKPOINT PROOF KEY   the newer log continues the older one

KEY is the public key of the log, name+number+base64, as you were given it. Says what holds and ends with 0, or what does not: 2.
"""

import base64
import hashlib
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """(size, root) of a checkpoint that the key signed (C2SP signed-note, tlog-checkpoint)."""
    name, number, encoded = key.split("+", 2)
    public = base64.b64decode(encoded)
    if hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8] != number or public[:1] != b"\x01":
        raise ValueError("this is not a log's public key")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _dash, signer, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if signer == name and raw[:4].hex() == number:
            Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
            origin, size, root = text.splitlines()[:3]
            if origin != name:
                raise ValueError("a checkpoint of another log")
            return int(size), base64.b64decode(root)
    raise ValueError("the key has not signed this checkpoint")


def climb(index: int, last: int, start: bytes, proof: list[bytes], start_old: bytes = b"") -> tuple[bytes, bytes]:
    """From a hash at `index` to the root of a tree whose last leaf is `last` (RFC 9162, 2.1.3.2 and 2.1.4.2)."""
    reached, old = start, start_old
    for each in proof:
        if last == 0:
            raise ValueError("the proof has too many hashes")
        if index & 1 or index == last:
            reached, old = node(each, reached), old and node(each, old)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            reached = node(reached, each)
        index, last = index >> 1, last >> 1
    if last:
        raise ValueError("the proof has too few hashes")
    return reached, old


def hashes(lines: list[str]) -> list[bytes]:
    found = [base64.b64decode(line, validate=True) for line in lines if line]
    if any(len(each) != 32 for each in found):
        raise ValueError("a hash has 32 bytes")
    return found


def event(content: bytes, proof_file: str, key: str) -> str:
    head, _, note = proof_file.partition("\n\n")
    lines = head.splitlines()
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise ValueError("this is not a proof file")
    index, (size, root) = int(lines[1].split()[1]), checkpoint(note, key)
    if not 0 <= index < size:
        raise ValueError("the checkpoint is older than the event")
    if climb(index, size - 1, hashlib.sha256(b"\x00" + content).digest(), hashes(lines[2:]))[0] != root:
        raise ValueError("the event is not the one in the log")
    return f"the event is number {index} of the {size} that {key.partition('+')[0]} has signed"


def growth(old_note: str, new_note: str, proof: str, key: str) -> str:
    (old_size, old_root), (new_size, new_root) = checkpoint(old_note, key), checkpoint(new_note, key)
    path = hashes(proof.splitlines())
    if not 0 < old_size <= new_size:
        raise ValueError("the log has become shorter")
    if old_size == new_size:
        if path or old_root != new_root:
            raise ValueError("two different logs of one size: keep both files, they prove it")
        return f"both are the same log of {new_size} events"
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    index, last = old_size - 1, new_size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    reached, old = climb(index, last, path[0], path[1:], path[0])
    if (old, reached) != (old_root, new_root):
        raise ValueError("the newer log does not hold the older one: keep both files, they prove it")
    return f"the log of {new_size} events continues the one of {old_size}"


def main(what: str, *words: str) -> None:
    *files, key = words
    contents = [Path(file).read_bytes() for file in files]
    if what == "event":
        print(event(contents[0], contents[1].decode(), key))
    elif what == "growth":
        print(growth(*(each.decode() for each in contents), key))
    else:
        raise ValueError(__doc__)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InvalidSignature:
        sys.exit(print("DOES NOT HOLD: the signature is not over this text") or 2)
    except (ValueError, IndexError, TypeError, OSError) as trouble:
        sys.exit(print(f"DOES NOT HOLD: {trouble}") or 2)
