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

# late FILE: what Go 1.26 says when the time runs out while a worker is busy
# (golang/go#75804), and nothing else: no input was found that fails.
late() {
	grep -q 'context deadline exceeded' "$1" && ! grep -qE 'Failing input|panic|_test\.go|fatal error|data race' "$1"
}

printf '%s\n' "$list" | while read -r file name; do
	dir=$(dirname "$file")
	exe=$bin/$(echo "$dir" | tr / _).test
	if [ ! -e "$exe" ]; then
		CGO_ENABLED=0 "${GO:-go}" test -c -fuzz=Fuzz -o "$exe" "./$dir"
	fi
	for try in 1 2 3; do
		if (cd "$dir" && exec "$exe" -test.run '^$' -test.fuzz "^$name\$" -test.fuzztime "${each}s" \
			-test.fuzzcachedir "$cache/backchannel/$dir") >"$bin/out" 2>&1 </dev/null; then
			break
		fi
		if [ "$try" -lt 3 ] && late "$bin/out"; then
			echo "./$dir: $name: the time ran out in the middle; again" >&2
			continue
		fi
		cat "$bin/out"
		echo "./$dir: $name failed; an input that fails is under $dir/testdata/fuzz" >&2
		exit 1
	done
	printf 'fuzz %ss\t./%s\t%s\n' "$each" "$dir" "$name"
done
