"""Settings are documented, and production refuses to start on unsafe ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.factory import ROOT
from config import ConfigError, Settings


def test_every_setting_is_in_the_operators_guide() -> None:
    guide = (ROOT / "docs/operations.md").read_text()
    assert [name for name in Settings.model_fields if f"`XUNYI_{name.upper()}`" not in guide] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://xunyi.example"},
        {"base_url": "https://xunyi.example", "hosts": False},
        {"base_url": "https://xunyi.example", "keys": False},
    ],
)
def test_production_refuses_unsafe_settings(wrong: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if wrong.get("hosts", True):
        monkeypatch.setenv("XUNYI_TRUSTED_HOSTS", '["xunyi.example"]')
    if wrong.get("keys", True):
        for name in ("SECRET", "SEAL", "WEBHOOK"):
            monkeypatch.setenv(f"XUNYI_{name}_KEY", "x" * 40)
    with pytest.raises(ConfigError):
        Settings(env="production", data_dir=tmp_path, base_url=wrong["base_url"]).check()


def test_production_starts_on_safe_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNYI_TRUSTED_HOSTS", '["xunyi.example"]')
    for name in ("SECRET", "SEAL", "WEBHOOK"):
        monkeypatch.setenv(f"XUNYI_{name}_KEY", "x" * 40)
    Settings(env="production", data_dir=tmp_path, base_url="https://xunyi.example").check()


def test_short_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUNYI_SECRET_KEY", "short")
    with pytest.raises(ConfigError, match="SECRET"):
        Settings(env="test", data_dir=tmp_path).secret("secret")
