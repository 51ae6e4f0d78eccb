#!/bin/sh
# Runs every fuzz target in turn: fuzz.sh SECONDS, for all of them together,
# building aside. A target gets at least one second and in a short run at most
# five. Each package is built once, since building takes longer than that.
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

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
cache=$(${GO:-go} env GOCACHE)/fuzz

printf '%s\n' "$list" | while read -r file name; do
	dir=$(dirname "$file")
	exe=$bin/$(echo "$dir" | tr / _).test
	if [ ! -e "$exe" ]; then
		CGO_ENABLED=0 "${GO:-go}" test -c -fuzz=Fuzz -o "$exe" "./$dir"
	fi
	if ! out=$(cd "$dir" && "$exe" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "${each}s" \
		-test.fuzzcachedir "$cache/backchannel/$dir" 2>&1 </dev/null); then
		printf '%s\n' "$out"
		echo "./$dir: $name failed; the input is under $dir/testdata/fuzz" >&2
		exit 1
	fi
	printf 'fuzz %ss\t./%s\t%s\n' "$each" "$dir" "$name"
done
