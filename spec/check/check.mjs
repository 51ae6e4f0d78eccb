#!/usr/bin/env node
// Reads the vectors of spec/vectors with code that was written from the
// specification alone, in another language than the product's. Where the two
// disagree, one of them, or the specification, is wrong.
//
//	node spec/check/check.mjs
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as line from './line.mjs';
import * as agreement from './agreement.mjs';
import * as pouch from './pouch.mjs';
import * as record from './record.mjs';
import * as relay from './relay.mjs';
import * as bonafides from './bonafides.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'vectors');
const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const files = (...path) => readdirSync(join(root, ...path)).filter((f) => f.endsWith('.json')).sort();

// How many there are of each. A folder that lost its files would else pass.
const want = {
	cell: 9, chain: 4, epoch: 6, frame: 5, handshake: 9, invite: 16, plaintext: 17,
	typed: 9, hashes: 6, signatures: 2, files: 32, terms: 34, pouch: 15, bonafides: 12, relay: 99, entries: 43, forms: 52, messages: 19, digests: 1,
};

let failed = 0, altered = 0;
const counts = {};
function tell(kind, name, why) {
	counts[kind] = (counts[kind] ?? 0) + 1;
	if (!why) return;
	failed++;
	console.error(`${kind}/${name}: ${why}`);
}

function disagrees(kind, v) {
	const [got, out = {}] = line[kind](v.in);
	if (got !== v.expect) return `${got}, and ${v.expect} was expected`;
	for (const [k, x] of Object.entries(v.out ?? {})) if (out[k] !== x) return `${k} is ${out[k]}, and ${x} was expected`;
	return '';
}

// flipped gives a vector with a little of its longest input changed: a reader
// that notices at no place looks at nothing.
function flipped(v, part) {
	const k = Object.keys(v.in).reduce((a, b) => (v.in[a].length >= v.in[b].length ? a : b));
	const at = Math.floor(v.in[k].length * part / 64), c = v.in[k][at];
	return { ...v, in: { ...v.in, [k]: v.in[k].slice(0, at) + (c === '1' ? '2' : '1') + v.in[k].slice(at + 1) } };
}

for (const kind of ['cell', 'chain', 'epoch', 'frame', 'handshake', 'invite', 'plaintext', 'typed']) {
	for (const f of files('line', kind)) {
		const v = read('line', kind, f);
		tell(kind, v.name, disagrees(kind, v));
		if (v.expect !== 'ok' || Object.values(v.out ?? {}).every((x) => x === '')) continue;
		altered++;
		const noticed = [1, 8, 24, 40, 56].some((part) => { try { return disagrees(kind, flipped(v, part)) !== ''; } catch { return true; } });
		if (!noticed) { failed++; console.error(`${kind}/${v.name}: nothing changes when a bit of it does`); }
	}
}

read('record', 'hashes.json').forEach((v) => tell('hashes', v.comment, agreement.hashes(v) === v.hash ? '' : `${agreement.hashes(v)}, and ${v.hash} was expected`));
read('confirmation', 'signatures.json').forEach((v, i) => tell('signatures', i, agreement.signatures(v)));
// The specification says what must be refused. As what, is the program's own affair.
for (const kind of ['files', 'terms']) {
	for (const v of read('confirmation', `${kind}.json`)) {
		const got = agreement[kind](v);
		tell(kind, v.comment, (got === 'ok') === (v.want === 'ok') ? '' : `${got}, and ${v.want} was expected`);
	}
}

for (const f of files('pouch')) {
	const v = read('pouch', f), [got, out] = pouch.open(v);
	const same = got === v.expect && ['number', 'text', 'sender_fingerprint'].every((k) => out[k] === v[k]);
	tell('pouch', v.name, same ? '' : `${got} ${JSON.stringify(out)}, and ${v.expect} was expected`);
}

const timetable = relay.timetableOf(read('relay', 'charter-two-members.json'));
for (const f of files('relay')) {
	const v = read('relay', f), [got, out] = relay.read(v, timetable);
	const same = (got === 'ok') === (v.expect === 'ok') && (!v.hash || out.hash === v.hash);
	tell('relay', f, same ? '' : `${got} ${out.hash ?? ''}, and ${v.expect} was expected`);
	if (v.expect !== 'ok' || !v.hash) continue;
	altered++;
	const as = v.text ? 'text' : 'hex';
	for (const part of [2, 8, 24, 40, 62]) { // a signature or a hash covers all of it
		const [alike, after] = relay.read({ ...v, ...flipped({ in: { [as]: v[as] } }, part).in }, timetable);
		if (alike === 'ok' && after.hash === v.hash) { failed++; console.error(`relay/${f}: nothing changes when a bit of it does`); }
	}
}

for (const [folder, kind] of [['record', 'entries'], ['compare', 'messages']]) {
	for (const v of read(folder, `${kind}.json`)) {
		const got = record[kind](v);
		tell(kind, v.comment, (got === 'ok') === (v.want === 'ok') ? '' : `${got}, and ${v.want} was expected`);
	}
}
read('compare', 'forms.json').forEach((v, i) => tell('forms', `${i} ${v.kind}`, record.forms(v)));
tell('digests', 'digests', record.digests(read('compare', 'digests.json')));

for (const f of files('bonafides')) {
	const v = read('bonafides', f), [got, texts] = bonafides.run(v);
	tell('bonafides', v.name, got === v.expect && texts.join(' ') === v.texts.join(' ') ? '' : `${got}, and ${v.expect} was expected, or other texts`);
}

for (const [kind, n] of Object.entries(want)) {
	if (counts[kind] !== n) { failed++; console.error(`${counts[kind] ?? 0} vectors of kind ${kind}, want ${n}`); }
}
const all = Object.values(counts).reduce((a, b) => a + b, 0);
console.log(`${all} vectors read by the second reader: ${Object.entries(counts).map(([k, n]) => `${n} ${k}`).join(', ')}; ${altered} were noticed when altered`);
if (failed) { console.error(`${failed} disagree`); process.exit(1); }
