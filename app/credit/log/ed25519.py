"""Ed25519 (RFC 8032): by the library where it is there, else checked with whole numbers alone.

The second way exists for the tool in one file (app.credit.tool), which runs where nothing can be installed. It only checks: it
takes some milliseconds, and whoever signs has the library.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    HAS_LIBRARY = True
except ImportError:
    HAS_LIBRARY = False

if TYPE_CHECKING:
    Point = tuple[int, int, int, int]  # extended homogeneous coordinates: x = X/Z, y = Y/Z, x*y = T/Z (RFC 8032, 5.1.4)

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the key (32 bytes) made this signature (64 bytes) of the message."""
    if not HAS_LIBRARY:
        return verify_with_numbers(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def new_private_key() -> Ed25519PrivateKey:
    """A new private key, from the system's source of randomness. Needs the library."""
    return Ed25519PrivateKey.generate()


def private_key(raw: bytes) -> Ed25519PrivateKey:
    """The private key of these 32 bytes. Needs the library."""
    return Ed25519PrivateKey.from_private_bytes(raw)


def verify_with_numbers(public: bytes, signature: bytes, message: bytes) -> bool:
    """As `verify` (RFC 8032, 5.1.7, without the cofactor). Nothing secret goes in, so that its time may say what it likes."""
    key = _point(public)
    if key is None or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    x, y, z, t = _times(challenge, key)
    return _encoded(_plus(_times(scalar, _BASE), (-x % _P, y, z, -t % _P))) == signature[:32]


def _point(raw: bytes) -> Point | None:
    """The point that these bytes encode (RFC 8032, 5.1.3); None for bytes that encode none."""
    if len(raw) != 32:
        return None
    y, sign = int.from_bytes(raw, "little") & (2**255 - 1), raw[31] >> 7
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _plus(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _plus(found, point)
        point, number = _plus(point, point), number >> 1
    return found


_Y_OF_BASE = 4 * pow(5, -1, _P) % _P
_base = _point(_Y_OF_BASE.to_bytes(32, "little"))
assert _base is not None
_BASE = _base
