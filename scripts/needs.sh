#!/bin/sh
# Finds, or installs, what the tests need beside Go.
set -eu

for tool in git gcc node; do
	if ! command -v "$tool" >/dev/null; then
		echo "make test needs $tool: please install it" >&2
		exit 1
	fi
done

for browser in chromium chromium-browser google-chrome google-chrome-stable; do
	if command -v "$browser" >/dev/null; then
		exit 0
	fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing chromium for the tests of the desk's pages"
	if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/tmp/needs.$$ 2>&1; then
		rm -f /tmp/needs.$$
		exit 0
	fi
	cat /tmp/needs.$$ >&2
	rm -f /tmp/needs.$$
fi
echo "make test needs a Chromium for the tests of the desk's pages: please install one" >&2
echo "(on Debian, as root: apt-get install chromium)" >&2
exit 1
