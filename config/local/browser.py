"""Finds a Chromium for the browser tests, or installs one, or says at once what is missing."""

import contextlib
import os
import shutil
import subprocess
import sys

from .place import LocalError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Administrators' programs, which the package manager's own scripts call, may be missing from a bare PATH.
ADMINISTRATORS_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def found() -> str | None:
    """The path of a Chromium: named in CHROMIUM, on the PATH, or installed earlier by Playwright."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise LocalError(f"CHROMIUM names {named}, which cannot be run.")
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None


def found_or_installed() -> str:
    path = found()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get", path=ADMINISTRATORS_PATH):
        _install_package()
        path = found()
    if path is None:
        _install_playwrights_own()
        path = _playwrights_own()
    if path is None:
        raise LocalError(
            "The browser tests need Chromium and none was found. Install the packages `chromium` and `fonts-nanum` (Debian, "
            "Ubuntu; `sudo make browser` does it), or name a Chromium in CHROMIUM. "
            "`make test-without-browser` runs all the other tests."
        )
    return path


def _install_package() -> None:
    print("Installing Chromium and a Korean font ...", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "PATH": ADMINISTRATORS_PATH}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-nanum"],
    ):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def _install_playwrights_own() -> None:
    print("Downloading Chromium ...", file=sys.stderr, flush=True)
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
