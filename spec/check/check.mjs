#!/usr/bin/env node
// Reads every vector of spec/vectors with code that was written from the
// specification alone, in another language than the product's. Where the two
// disagree, one of them, or the specification, is wrong.
//
//	node spec/check/check.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as line from './line.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'vectors');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const files = (...path) => readdirSync(join(root, ...path)).filter((f) => f.endsWith('.json')).sort();

let failed = 0;
const counts = {};
function tell(kind, name, ok, why) {
	counts[kind] = (counts[kind] ?? 0) + 1;
	if (ok) return;
	failed++;
	console.error(`${kind}/${name}: ${why}`);
}

// How many there are of each. A folder that lost its files would else pass.
const want = { cell: 9, chain: 4, epoch: 6, frame: 5, handshake: 9, invite: 16, plaintext: 17 };

for (const kind of Object.keys(line).filter((k) => want[k])) {
	for (const f of files('line', kind)) {
		const v = read('line', kind, f);
		const [got, out = {}] = line[kind](v.in);
		let why = got === v.expect ? '' : `${got}, and ${v.expect} was expected`;
		for (const [k, x] of Object.entries(v.out ?? {})) if (out[k] !== x) why ||= `${k} is ${out[k]}, and ${x} was expected`;
		tell(kind, v.name, !why, why);
	}
}

for (const [kind, n] of Object.entries(want)) if (counts[kind] !== n) { failed++; console.error(`${counts[kind] ?? 0} vectors of kind ${kind}, want ${n}`); }
const all = Object.values(counts).reduce((a, b) => a + b, 0);
console.log(`${all} vectors read by the second reader: ${Object.entries(counts).map(([k, n]) => `${n} ${k}`).join(', ')}`);
if (failed) { console.error(`${failed} disagree`); process.exit(1); }
