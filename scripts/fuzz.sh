#!/bin/sh
# Runs every fuzz target in turn: fuzz.sh SECONDS, for all of them together.
# A target gets at least one second and in a short run at most five.
set -eu

total=${1:-60}
list=$(grep -rn --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' internal cmd | sed 's/:[0-9]*:func / /' | sort)
count=$(printf '%s\n' "$list" | grep -c . || true)
if [ "$count" -eq 0 ]; then
	echo "there are no fuzz targets: something is wrong with this script" >&2
	exit 1
fi
each=$((total / count))
if [ "$each" -lt 1 ]; then each=1; fi
if [ "$total" -le 300 ] && [ "$each" -gt 5 ]; then each=5; fi

printf '%s\n' "$list" | while read -r file name; do
	pkg=./$(dirname "$file")
	if ! out=$(CGO_ENABLED=0 "${GO:-go}" test -run '^$' -fuzz "^$name\$" -fuzztime "${each}s" "$pkg" 2>&1 </dev/null); then
		printf '%s\n' "$out"
		echo "$pkg: $name failed" >&2
		exit 1
	fi
	printf 'fuzz %ss\t%s\t%s\n' "$each" "$pkg" "$name"
done
