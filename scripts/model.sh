#!/bin/sh
# Runs the models of spec/model: as specified, where nothing may fail, and with
# one rule left out at a time, where something must.
set -eu

models=$(cd "$(dirname "$0")/../spec/model" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# try MODEL LEFT-OUT KIND EXPECTED: builds and runs it, expects so many errors.
try() {
	rm -f pan*
	left=""
	if [ "$2" != - ]; then left="-D$2"; fi
	spin -a $left "$models/$1.pml" >said 2>&1 || { cat said >&2; exit 1; }
	case "$3" in
	safety)
		gcc -w -O1 -DSAFETY -DNOCLAIM -o pan pan.c
		./pan -m1000000 -E >out 2>&1 ;;
	live)
		gcc -w -O1 -DNFAIR=4 -o pan pan.c
		./pan -a -f -m1000000 >out 2>&1 ;;
	esac
	# A search that was cut short shows nothing.
	if grep -q "max search depth too small\|out of memory\|search not completed" out && [ "$4" = 0 ]; then
		cat out >&2
		exit 1
	fi
	errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' out)
	states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' out)
	if [ "$4" = 0 ] && [ "$errors" != 0 ] || [ "$4" != 0 ] && [ "${errors:-0}" = 0 ]; then
		cat out >&2
		echo "model $1, with $2: $errors errors where $4 were expected" >&2
		exit 1
	fi
	if [ "$2" = - ]; then
		echo "model $1 ($3): $states states, nothing fails"
	else
		echo "model $1 ($3): with $2 it fails, as it must"
	fi
}

try handshake - safety 0
for rule in REACH NOHASH NOCONFIRM NODONE NOSUITE NOONETIME NOTRANSCRIPT; do
	try handshake "$rule" safety 1
done
try epochs - safety 0
for rule in NOOLD EAGER ONEKEY; do
	try epochs "$rule" safety 1
done
try epochs - live 0
try epochs NOREPEAT live 1
