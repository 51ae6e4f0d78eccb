// Entries and what comparing makes of them, written from record.md (sections 1
// to 3) and compare.md alone.
import * as cbor from './cbor.mjs';
import { sha256, u } from './line.mjs';

const hex = (b) => b.toString('hex');
const bytes = (s) => Buffer.from(s, 'hex');
const text = (s) => Buffer.from(s);

// record.md, section 4: each part preceded by its length.
const H = (label, ...x) => sha256(Buffer.concat([text(label), ...x].flatMap((p) => [u(p.length, 8), p])));

class Refused extends Error {}
const must = (ok) => { if (!ok) throw new Refused(); };
const outcome = (f) => { try { f(); return 'ok'; } catch (e) { if (e instanceof Refused || e instanceof cbor.Malformed) return 'refused'; throw e; } };
const only = (m, keys) => must(m instanceof Map && [...m.keys()].every((k) => keys.includes(k)));
const has = (m, ...keys) => must(keys.every((k) => m.has(k)));

// record.md, sections 1 and 2.
const name = (x) => must(typeof x === 'string' && /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(x));
const id = (x) => must(Buffer.isBuffer(x) && x.length === 16 && x.some((b) => b !== 0));
const list = (x, one) => { must(Array.isArray(x) && x.length <= 256); x.forEach(one); };

function reference(x) {
	only(x, [1, 2, 3, 4]);
	must(x.size > 0);
	if (x.has(1)) id(x.get(1));
	if (x.has(2)) name(x.get(2));
	if (x.has(3)) must(typeof x.get(3) === 'bigint' && x.get(3) >= 0n);
	if (x.has(4)) must(Buffer.isBuffer(x.get(4)) && x.get(4).length === 32);
}

function correction(b) {
	only(b, [1, 2, 3, 4]);
	must(typeof b.get(1) === 'string' && b.get(1) !== 'correction'); // REC-10, REC-50
	must(b.get(4) === true ? !b.has(2) : b.has(2) && !b.has(4));
}

function entry(b) {
	must(b.length <= 256 << 10);
	const m = cbor.decode(b);
	only(m, Array.from({ length: 16 }, (_, i) => i + 1));
	has(m, 1, 2, 5, 16);
	id(m.get(1));
	must(typeof m.get(2) === 'string' && m.get(2).length >= 1 && Buffer.byteLength(m.get(2)) <= 64);
	must(!m.has(3) || m.get(3) === true);
	[4, 6, 7].forEach((k) => m.has(k) && name(m.get(k)));
	must(typeof m.get(5) === 'bigint' && m.get(5) > 0n);
	if (m.has(8)) {
		only(m.get(8), [1, 2, 3]);
		must(!m.get(8).has(1) || !m.get(8).has(2) || m.get(8).get(1) <= m.get(8).get(2));
	}
	[9, 10].forEach((k) => m.has(k) && id(m.get(k)));
	if (m.has(11)) list(m.get(11), id);
	if (m.has(12)) list(m.get(12), reference);
	if (m.has(13)) { list(m.get(13), name); must(m.get(13).length <= 64); }
	if (m.has(14)) only(m.get(14), [1, 2, 3]);
	if (m.has(15)) list(m.get(15), (e) => only(e, [1, 2]));
	must(m.get(16) instanceof Map);
	if (m.get(2) === 'correction') correction(m.get(16));
	must(cbor.encode(m).equals(b));
	return m;
}

export const entries = (v) => outcome(() => must(entry(bytes(v.bytes)).get(2) === (v.kind ?? '')));

// record.md, REC-13, and compare.md, CMP-3: a form says less than the entry, and
// nothing else; it has no reader's name and no id that the other was not given.
// Which of a body's fields are ids its kind knows: here every string of 16 bytes
// is taken for one.
export function forms(v) {
	const whole = entry(bytes(v.entry)), form = entry(bytes(v.form));
	if (form.has(4) || form.has(13)) return 'it names who logged it, or its readers';
	if (!part(form, whole)) return 'it says something that the entry does not';
	for (const [k, x] of form) {
		if (k === 16) [11, 27].forEach((salt) => x.delete(salt)); // of a package, and of a term
		if (k !== 1 && strangers(x)) return `it holds an id that was not given, in field ${k}`;
	}
	for (const k of [1, 2, 3, 5, 6, 7, 8, 14, 15]) {
		if (whole.has(k) !== form.has(k)) return `field ${k} is missing`;
	}
	return '';
}

const plain = (x) => !(x instanceof Map) && !Array.isArray(x);
function part(a, b) {
	if (a instanceof Map) return b instanceof Map && [...a].every(([k, x]) => b.has(k) && part(x, b.get(k)));
	if (Array.isArray(a)) return Array.isArray(b) && a.every((x) => b.some((y) => part(x, y)));
	return plain(b) && (cbor.encode(a).equals(cbor.encode(b)) || Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.every((x) => x === 0));
}
function strangers(x) {
	if (x instanceof Map) return [...x.values()].some(strangers);
	if (Array.isArray(x)) return x.some(strangers);
	return Buffer.isBuffer(x) && x.length === 16 && x[0] % 2 === 1;
}

// compare.md, section 1.
const steps = { ask: [4, 5, 6, 7], commit: [6, 7, 8], show: [10], open: [9, 10], rest: [11], decline: [], stop: [] };

export const messages = (v) => outcome(() => {
	const m = cbor.decode(bytes(v.bytes)), needed = steps[m.get(2)];
	must(m.get(1) === 1n && needed);
	only(m, [1, 2, 3, ...needed, ...(m.get(2) === 'open' ? [11] : [])]);
	has(m, 3, ...needed);
	id(m.get(3));
	if (m.has(5)) must(m.get(5) > 0n && m.get(5) <= 30n * 24n * 3600000n);
	[6, 8, 9].forEach((k) => m.has(k) && must(Buffer.isBuffer(m.get(k)) && m.get(k).length === 32));
	if (m.has(7)) {
		only(m.get(7), [1, 2]);
		for (const range of m.get(7).values()) {
			only(range, [1, 2]);
			const first = range.get(1) ?? 0n, last = range.get(2) ?? 0n;
			must(first === 0n && last === 0n || first >= 1n && first <= last && last - first < 65536n);
		}
	}
	for (const [k, most] of [[10, 2048], [11, 8192]]) {
		if (m.has(k)) must(Buffer.isBuffer(m.get(k)) && m.get(k).length % 32 === 0 && m.get(k).length <= 32 * most);
	}
});

// compare.md, section 2, of a vector with entries of the asker's alone.
export function digests(v) {
	const range = (r) => new Map([[1, r.first], [2, r.last]]);
	const scope = new Map([[1, range(v.scope.Asker)], [2, range(v.scope.Asked)]]);
	const way = u(1, 1), key = H('backchannel compare key v1', bytes(v.run), ...v.nonces.map(bytes), cbor.encode(scope), u(1, 1));
	const leaves = Array.from({ length: v.scope.Asker.last }, () => Buffer.alloc(32));
	for (const line of v.entries) {
		const [n, form] = line.split(' '), at = Number(n) - 1;
		const before = leaves[at].every((b) => b === 0) ? Buffer.alloc(0) : leaves[at];
		leaves[at] = H('backchannel compare leaf v1', key, way, before, bytes(form));
	}
	const pages = [];
	for (let i = 0; i < leaves.length; i += 64) pages.push(H('backchannel compare page v1', key, way, u(i / 64, 4), Buffer.concat(leaves.slice(i, i + 64))));
	const all = Buffer.concat(pages);
	const got = { key: hex(key), leaves: hex(Buffer.concat(leaves)), pages: hex(all), commit: hex(H('backchannel compare commit v1', key, bytes(v.salt), all)) };
	return Object.keys(got).find((k) => got[k] !== v[k]) ?? '';
}
