#!/bin/sh
# Makes .venv and installs what the requirements name; `setup.sh test` also looks after what the tests need.
# Quick when nothing changed: a stamp holds the checksum of the requirement files.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
WANT=${1:-run}
mkdir -p var
if command -v flock >/dev/null && [ -z "${LUODI_SETUP_LOCKED:-}" ]; then  # two makes at once must not share one pip
    LUODI_SETUP_LOCKED=1 exec flock var/setup.lock "$0" "$@"
fi

missing=""
need() { missing="$missing $1"; }
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || need python3
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
# What WeasyPrint lays papers out with, and the full Noto behind our cut fonts (names with rare characters).
"$PYTHON" - 2>/dev/null <<'LIBRARIES' || need "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
import ctypes, sys
for one in ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset", "fontconfig"):
    ctypes.CDLL(f"lib{one}.0.dylib" if sys.platform == "darwin" else f"lib{one}.so.{1 if one == 'fontconfig' else 0}")
LIBRARIES
{ command -v fc-list >/dev/null && fc-list :charset=2cb4e | grep -q .; } || need "fontconfig fonts-noto-cjk"
if [ "$WANT" = test ]; then
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need chromium
    command -v xgettext >/dev/null || need gettext
    command -v pdftotext >/dev/null || need poppler-utils
    { command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; } || need postgresql
fi
if [ -n "$missing" ]; then
    root=""
    if [ "$(id -u)" != 0 ]; then root="sudo -n"; fi
    line="apt-get install -y --no-install-recommends$missing"
    if command -v apt-get >/dev/null && [ ! -e "var/apt-tried-$WANT" ] && ${root:-true} true 2>/dev/null; then
        echo "Installing system packages:$missing"
        touch "var/apt-tried-$WANT"  # do not try again on every start
        ${root:-env} env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && $line -qq" </dev/null >var/apt.log 2>&1 \
            || echo "apt-get did not succeed, see var/apt.log. Run as administrator:  $line"
    else
        echo "Missing on this machine:$missing. Run once:  sudo $line"
    fi
    "$PYTHON" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
        || { echo "Python 3.11 or newer with venv is needed." >&2; exit 1; }
fi

stamp=".venv/stamp-$(cat requirements.txt requirements-dev.txt | cksum | tr -d ' ')"
if [ ! -e "$stamp" ] || ! .venv/bin/python -c '' 2>/dev/null; then
    echo "Setting up .venv (the first time takes a minute or two) ..."
    .venv/bin/python -c 'import pip' 2>/dev/null || "$PYTHON" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input -r requirements-dev.txt
    rm -f .venv/stamp-*
    touch "$stamp"
fi
.venv/bin/python scripts/messages.py compile
