// What a desk and a relay say to each other, and what a relay writes down,
// written from relay.md alone.
import { createPublicKey, verify, constants } from 'node:crypto';
import * as cbor from './cbor.mjs';
import { sha256 } from './line.mjs';

const hex = (b) => b.toString('hex');
const bytes = (s) => Buffer.from(s ?? '', 'hex');
const text = (s) => Buffer.from(s);
const zero = (b) => b.every((x) => x === 0);
const H = (label, ...x) => sha256(Buffer.concat([text(label), Buffer.alloc(1), ...x]));

class Refused extends Error {}
const must = (ok) => { if (!ok) throw new Refused(); };
const map = (x, keys) => must(x instanceof Map && x.size === keys.length && keys.every((k) => x.has(k)));
const blob = (x, size) => must(Buffer.isBuffer(x) && (size === undefined || x.length === size));
const uint = (x, from = 0, to = 2 ** 63) => must(typeof x === 'bigint' && x >= BigInt(from) && x <= BigInt(to));

// base64url without padding or bits that say nothing.
function base64(s, size) {
	const b = Buffer.from(s, 'base64url');
	must(b.toString('base64url') === s && b.length === size);
	return b;
}

// Section 1.
function address(v) {
	must(Buffer.byteLength(v.text) <= 300);
	const m = /^backchannel-relay:((?:[a-z0-9.-]+)|(?:\[[0-9a-f:.]+\])):([1-9][0-9]*)#([A-Za-z0-9_-]{43})$/.exec(v.text);
	must(m && m[0].length === v.text.length && Number(m[2]) <= 65535);
	base64(m[3], 32);
}

// Sections 2 and 4a.
function ticket(v) {
	if (v.text.startsWith('bct1')) return { hash: hex(H('backchannel/relay/ticket/v1', base64(v.text.slice(4), 32))) };
	must(v.text.startsWith('bct2'));
	const b = base64(v.text.slice(4), 8 + 32 + 256), keyID = b.subarray(0, 8), secret = b.subarray(8, 40);
	must(H('backchannel/relay/ticket-key-id/v1', bytes(v.modulus)).subarray(0, 8).equals(keyID));
	const key = createPublicKey({ key: { kty: 'RSA', n: bytes(v.modulus).toString('base64url'), e: 'AQAB' }, format: 'jwk' });
	const message = Buffer.concat([secret, text('backchannel/relay/blind-ticket/v1'), Buffer.alloc(1), keyID]);
	must(verify('sha384', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }, b.subarray(40)));
	return { hash: hex(H('backchannel/relay/blind-ticket/v1', keyID, secret)) };
}

function revocation(v) {
	must(v.text.startsWith('bcr1'));
	return { hash: hex(H('backchannel/relay/revoke/v1', base64(v.text.slice(4), 32))) };
}

function hello(v) {
	const b = bytes(v.hex);
	must(b.length >= 34 && b[1] === 1);
	const rest = b.subarray(34);
	switch (b[0]) {
	case 1: must(b.length === 70 && zero(rest.subarray(0, 32))); return;
	case 2: must(b.length === 362 && (!zero(rest.subarray(64, 72)) || zero(rest.subarray(72)))); return;
	case 5: must(b.length === 70 && zero(rest)); return;
	}
	must(false);
}

function welcome(v) {
	const m = cbor.decode(bytes(v.hex));
	map(m, [1, 2, 3, 4, 5, 6, 7]);
	[1, 2, 3, 6, 7].forEach((k) => uint(m.get(k)));
	must(Array.isArray(m.get(4)));
	m.get(4).forEach((c) => blob(c));
	blob(m.get(5));
}

// Section 3.
function timetable(m) {
	map(m, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	must(/^[a-z0-9-]{1,32}$/.test(m.get(1)));
	const bounds = { 2: [0, 2 ** 53], 3: [20, 3600000], 4: [256, 16384], 5: [2, 256], 6: [1, 16], 7: [8, 2 ** 20], 8: [4, 2 ** 20], 9: [0, 2 ** 32], 10: [0, 16] };
	for (const [k, [from, to]] of Object.entries(bounds)) uint(m.get(Number(k)), from, to);
	const n = (k) => Number(m.get(k));
	const t = { cell: n(4), capacity: n(5), catchUp: n(6), joinEvery: n(8), epoch: n(9), tickets: n(10), bytes: hex(cbor.encode(m)) };
	must(t.tickets === 0 ? t.epoch === 0 : t.epoch >= t.joinEvery && t.epoch % t.joinEvery === 0);
	must(t.catchUp * t.capacity * t.cell <= 8 << 20);
	return t;
}

function signedCharter(b, key) {
	must(b.length >= 68 && b.readUInt32BE(0) === b.length - 68);
	const body = b.subarray(4, b.length - 64);
	const public_ = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' });
	must(verify(null, Buffer.concat([text('backchannel/relay/charter/v1'), Buffer.alloc(1), body]), public_, b.subarray(b.length - 64)));
	const m = cbor.decode(body);
	map(m, [1, 2, 3]);
	const t = timetable(m.get(1)), r = m.get(2), ticketKey = m.get(3);
	map(r, [1, 2, 3]);
	uint(r.get(1), 1);
	uint(r.get(2));
	const ids = r.get(3);
	must(Array.isArray(ids) && ids.length <= t.capacity);
	ids.forEach((id) => blob(id, 16));
	const named = ids.filter((id) => !zero(id)).map(hex);
	must(new Set(named).size === named.length);
	blob(ticketKey, t.tickets > 0 ? 256 : 0);
	must(t.tickets === 0 || (ticketKey[0] & 0x80 && ticketKey[255] & 1));
	return { t, version: Number(r.get(1)), from: Number(r.get(2)), ids: ids.map(hex), ticketKey: hex(ticketKey), hash: hex(H('backchannel/relay/charter/v1', body)) };
}

const charter = (v) => signedCharter(bytes(v.hex), bytes(v.key));

const vacant = '00'.repeat(16);
function follows(a, b) {
	must(b.version === a.version + 1 && b.t.bytes === a.t.bytes && b.from > a.from && b.from % b.t.joinEvery === 0); // RELAY-12
	must(b.ids.length >= a.ids.length);
	a.ids.forEach((id, slot) => {
		must(id === vacant || b.ids[slot] === id || b.ids[slot] === vacant); // RELAY-31
		must(id === vacant || !b.ids.some((other, at) => other === id && at !== slot));
	});
	const epoch = (c) => Math.floor(c.from / c.t.epoch);
	must(b.t.tickets === 0 || epoch(a) !== epoch(b) || a.ticketKey === b.ticketKey); // RELAY-29
}

function charters(v) {
	const held = [];
	for (const s of v.chain) {
		const c = signedCharter(bytes(s), bytes(v.key));
		const same = held.find((x) => x.version === c.version);
		if (same) { must(same.hash === c.hash); continue; } // RELAY-13
		if (held.length === 0) must(c.version === 1 && c.from === 0 && c.ids.length === 0);
		else follows(held[held.length - 1], c);
		held.push(c);
	}
}

// Sections 4 and 4a, under the timetable of the vectors.
const joinTick = (t, tick) => tick % BigInt(t.joinEvery) === 0n;

function errand(v, t) {
	const b = typeof v === 'object' && Buffer.isBuffer(v) ? v : bytes(v.hex);
	must(b.length === 9 + 256 * t.tickets && b[0] <= 3);
	must(b[0] & 2 ? b.readBigUInt64BE(1) > 0n : zero(b.subarray(1))); // RELAY-60
}

function receipt(v, t) {
	const b = Buffer.isBuffer(v) ? v : bytes(v.hex);
	must(b.length === 1 + 256 * t.tickets && b[0] <= 2 && (b[0] === 1 || zero(b.subarray(1))));
}

function request(v, t) {
	const b = bytes(v.hex);
	must(b.length >= 17 && b[0] === 3);
	const tail = b.subarray(17 + t.cell);
	if (joinTick(t, b.readBigUInt64BE(1))) errand(tail, t);
	else must(b.length === 17 + t.cell);
}

function reply(v, t) {
	const b = bytes(v.hex), room = 588 + 17 * t.capacity, bitmap = Math.ceil(t.capacity / 8), slate = 12 + bitmap + t.capacity * t.cell;
	must(b.length >= 35 && b[0] === 4 && b[1] >= 1 && b[1] <= 6);
	const [tick, , head, resume] = [2, 10, 18, 26].map((at) => b.readBigUInt64BE(at)), n = b[34];
	const extra = joinTick(t, tick) ? 1 + 256 * t.tickets : 0;
	must(n <= t.catchUp && b.length === 35 + room + n * slate + extra);
	if (extra) receipt(b.subarray(b.length - extra), t);
	const length = b.readUInt32BE(35) + 68;
	must(length <= room && zero(b.subarray(35 + length, 35 + room)));
	for (let i = 0; i < n; i++) {
		const s = b.subarray(35 + room + i * slate, 35 + room + (i + 1) * slate), present = s.subarray(12, 12 + bitmap);
		must(s.readBigUInt64BE(0) === resume + BigInt(i) && s.readBigUInt64BE(0) < head);
		const here = (k) => (present[k >> 3] >> (7 - (k & 7))) & 1;
		for (let k = 0; k < 8 * bitmap; k++) {
			if (k >= t.capacity) must(!here(k));
			else if (!here(k)) must(zero(s.subarray(12 + bitmap + k * t.cell, 12 + bitmap + (k + 1) * t.cell)));
		}
	}
}

// Section 5. Of each kind, the fields that the table gives it.
const fields = { 1: [13], 2: [7, 11, 12], 3: [7, 8, 9, 10, 15, 16], 4: [3, 5, 6], 5: [3, 4], 6: [14], 7: [5, 10], 8: [3, 5, 8, 10] };

function bundle(v) {
	const m = cbor.decode(bytes(v.hex));
	map(m, [1, 2, 3]);
	must(m.get(1) === 1n && Array.isArray(m.get(3)));
	blob(m.get(2), 16);
	for (const item of m.get(3)) {
		must(item instanceof Map);
		const kind = Number(item.get(1)), allowed = fields[kind];
		must(allowed && [...item.keys()].every((k) => k === 1 || k === 2 || allowed.includes(k)));
		if (kind === 1) timetable(item.get(13));
		if (kind === 5) must((item.get(3) ?? 0n) <= (item.get(4) ?? 0n));
	}
}

const readers = { address, ticket, revocation, hello, welcome, charter, charters, errand, receipt, request, reply, bundle };

// timetableOf gives the timetable of the vectors, as a charter of theirs has it.
export const timetableOf = (v) => charter(v).t;

// read gives 'ok' or 'refused', and what follows from what is ok.
export function read(v, t) {
	try {
		return ['ok', readers[v.what](v, t) ?? {}];
	} catch (e) {
		if (e instanceof Refused || e instanceof cbor.Malformed) return ['refused', {}];
		throw e;
	}
}
