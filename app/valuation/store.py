"""Where price models lie, and what an estimate may use besides the database."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from app.valuation.errors import ModelDamaged
from config import Settings
from grading.pricing.artifacts import load, read_manifest
from grading.pricing.errors import ModelRefused
from grading.pricing.model import Model

DOOR = "valuation"
PICTURES = "valuation.pictures"
"""The door of the room that has photos: codes of listings -> the first photo of each, as pages draw one. Set by wiring."""
KEPT = 6  # models in memory: those that serve, and some that a recheck asked for


@dataclass
class Desk:
    """The door: folders of models, whether invented ones may serve, the fee of a sale in basis points.

    A model is read and its hashes are checked once per process; two threads may read the same one, which does no harm.
    """

    folder: Path
    may_invent: bool
    fee_bp: int
    _loaded: dict[str, Model] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def model(self, name: str, sha256: str) -> Model:
        """The registered model. Raises ModelDamaged naming the file that is missing or was changed."""
        with self._lock:
            found = self._loaded.get(sha256)
        if found is not None:
            return found
        folder = self.folder / name
        try:
            if read_manifest(folder)["sha256"] != sha256:
                raise ModelDamaged(name=name, file="manifest.json")
            found = load(folder)
        except ModelRefused as refusal:
            raise ModelDamaged(name=name, file=str(refusal.detail.get("file", "manifest.json"))) from refusal
        with self._lock:
            if len(self._loaded) >= KEPT:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[sha256] = found
        return found

    def card(self, name: str, sha256: str, language: str) -> str:
        """The model card as Markdown. Raises ModelDamaged."""
        folder, file = self.folder / name, f"card.{language}.md"
        try:
            if read_manifest(folder)["sha256"] != sha256:
                raise ModelDamaged(name=name, file="manifest.json")
            return (folder / file).read_text("utf-8")
        except ModelRefused as refusal:
            raise ModelDamaged(name=name, file=str(refusal.detail.get("file", file))) from refusal
        except OSError as missing:
            raise ModelDamaged(name=name, file=file) from missing


def from_settings(settings: Settings) -> Desk:
    """Models below models/ of the data directory; invented ones serve outside production only."""
    return Desk(settings.data_dir.resolve() / "models", not settings.is_production, settings.fee_bp)
