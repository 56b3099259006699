"""System packages that the tests need: installed where we may, otherwise named exactly, with what will not work."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDS = {
    "chromium": (lambda: shutil.which("chromium") or shutil.which("chromium-browser"), "the browser tests"),
    "postgresql": (
        lambda: shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "the tests on PostgreSQL",
    ),
    "redis-server": (lambda: shutil.which("redis-server"), "the tests of limits on reading"),
    "libpangoft2-1.0-0": (lambda: ctypes.util.find_library("pangoft2-1.0"), "printed reports (PDF)"),
    "libharfbuzz-subset0": (lambda: ctypes.util.find_library("harfbuzz-subset"), "printed reports (PDF)"),
    "fonts-noto-cjk": (lambda: list(Path("/usr/share/fonts").rglob("NotoSansCJK*")), "Chinese text in screenshots"),
}


def missing() -> list[str]:
    return [name for name, (find, _) in NEEDS.items() if not find()]


def main() -> int:
    wanted = missing()
    if not wanted:
        return 0
    print(f"The tests need system packages that are not here: {', '.join(wanted)}", flush=True)
    apt = shutil.which("apt-get")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"] if shutil.which("sudo") else None
    if apt and prefix is not None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = {"stdout": subprocess.DEVNULL, "env": environment, "check": False}
        subprocess.run([*prefix, apt, "update", "-qq"], **quiet)
        subprocess.run([*prefix, apt, "install", "-y", "-qq", "--no-install-recommends", *wanted], **quiet)
    for name in missing():
        print(
            f"Please install {name} (Debian/Ubuntu: apt-get install {name}); without it {NEEDS[name][1]} cannot run.",
            file=sys.stderr,
        )
    return 1 if missing() else 0


if __name__ == "__main__":
    sys.exit(main())
