"""Signatures checked with whole numbers alone: as the standard's examples and the library say."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.credit.log import ed25519

# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
EXAMPLES = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
ORDER = 2**252 + 27742317777372353535851937790883648493


def by_library(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize("check", [ed25519.verify, ed25519.verify_with_numbers])
@pytest.mark.parametrize(("public", "message", "signature"), EXAMPLES)
def test_examples_of_the_standard(check, public: str, message: str, signature: str) -> None:
    key, text, mark = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert check(key, mark, text)
    assert not check(key, mark, text + b"x")


def test_says_what_the_library_says_of_sound_and_of_changed_ones() -> None:
    dice = random.Random(8032)
    sound = changed = 0
    for length in range(40):
        private = Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))
        parts = [private.public_key().public_bytes_raw(), b"", dice.randbytes(length * 3)]
        parts[1] = private.sign(parts[2])
        assert ed25519.verify_with_numbers(*parts)
        sound += 1
        for _ in range(3):
            place = dice.choice([0, 1, 2] if parts[2] else [0, 1])
            other = list(parts)
            bit = dice.randrange(len(other[place]) * 8)
            other[place] = bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(other[place]))
            assert ed25519.verify_with_numbers(*other) is by_library(*other) is False
            changed += 1
    assert (sound, changed) == (40, 120)


def test_a_second_form_of_a_signature_and_wrong_lengths_are_refused() -> None:
    public, message, signature = (bytes.fromhex(part) for part in EXAMPLES[1])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    second = signature[:32] + scalar.to_bytes(32, "little")
    assert not ed25519.verify_with_numbers(public, second, message)
    assert not ed25519.verify_with_numbers(public, signature[:63], message)
    assert not ed25519.verify_with_numbers(public[:31], signature, message)
    assert not ed25519.verify_with_numbers(b"\xff" * 32, signature, message), "no point"
    assert not ed25519.verify_with_numbers((1 | 1 << 255).to_bytes(32, "little"), signature, message), "zero has no sign"
