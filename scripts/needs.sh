#!/bin/sh
# Finds, or installs, what the tests need beside Go.
set -eu

for tool in git gcc node; do
	if ! command -v "$tool" >/dev/null; then
		echo "make test needs $tool: please install it" >&2
		exit 1
	fi
done

missing=""
if ! command -v spin >/dev/null; then
	missing="spin"
fi
found=""
for browser in chromium chromium-browser google-chrome google-chrome-stable; do
	if command -v "$browser" >/dev/null; then
		found=$browser
		break
	fi
done
if [ -z "$found" ]; then
	missing="$missing chromium"
fi
if ! command -v pdftotext >/dev/null; then
	missing="$missing poppler-utils"
fi
# One test talks to a real Tor, without a network; it is left out where there
# is none, so that is no reason to stop.
if ! command -v tor >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing tor: for the test of its control port"
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends tor; } >/dev/null 2>&1 || true
fi
if [ -z "$missing" ]; then
	exit 0
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing $missing: a browser for the tests of the desk's pages, spin for the models of the line, poppler to read what is printed"
	# shellcheck disable=SC2086 # a list of packages
	if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/tmp/needs.$$ 2>&1; then
		rm -f /tmp/needs.$$
		exit 0
	fi
	cat /tmp/needs.$$ >&2
	rm -f /tmp/needs.$$
fi
echo "make test needs $missing: please install it" >&2
echo "(on Debian, as root: apt-get install $missing)" >&2
exit 1
