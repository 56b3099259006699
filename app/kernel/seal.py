"""Personal columns are stored sealed: AES-256-GCM, bound to their place so that a copied value does not open elsewhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"


class SealBroken(RuntimeError):
    """A sealed value does not open at its place: wrong key, moved or altered."""


class Sealer:
    """Seals and opens short texts. ``key`` is any secret of at least 32 bytes; two separate keys are derived from it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"xunyi seal v1\x00" + key).digest())
        self._index_key = hashlib.sha256(b"xunyi index v1\x00" + key).digest()

    def seal(self, text: str, place: str) -> str:
        """Seal a text for one place, written ``table.column:code``; returns URL-safe base64 without padding."""
        nonce = secrets.token_bytes(12)
        raw = _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), place.encode())
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def open(self, sealed: str, place: str) -> str:
        """Open a sealed text. Raises SealBroken when it was not sealed for this place by this key."""
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        if raw[:1] != _VERSION:
            raise SealBroken(place)
        try:
            return self._cipher.decrypt(raw[1:13], raw[13:], place.encode()).decode()
        except InvalidTag as wrong:
            raise SealBroken(place) from wrong

    def seal_bytes(self, content: bytes, place: str) -> bytes:
        """Seal a file for one place, such as ``photo.original:code``."""
        nonce = secrets.token_bytes(12)
        return _VERSION + nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Open a sealed file. Raises SealBroken when it was not sealed for this place by this key."""
        if sealed[:1] != _VERSION:
            raise SealBroken(place)
        try:
            return self._cipher.decrypt(sealed[1:13], sealed[13:], place.encode())
        except (InvalidTag, ValueError) as wrong:
            raise SealBroken(place) from wrong

    def blind_index(self, normalised: str, purpose: str) -> str:
        """A keyed hash for looking up equal values without storing them in clear."""
        return hmac.new(self._index_key, f"{purpose}\x00{normalised}".encode(), hashlib.sha256).hexdigest()

    def token(self, purpose: str) -> str:
        """A secret text derived for one purpose (for example one reset link), the same each time it is asked for."""
        raw = hmac.new(self._index_key, f"token\x00{purpose}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")
