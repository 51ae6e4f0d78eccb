// Hashes of texts, showable confirmations, agreement files and proofs of one
// term, written from record.md (section 4) and confirmation.md alone.
import { createPublicKey, verify } from 'node:crypto';
import * as cbor from './cbor.mjs';
import { sha256, u, words } from './line.mjs';

const hex = (b) => b.toString('hex');
const bytes = (s) => Buffer.from(s, 'hex');
const text = (s) => Buffer.from(s);
const none = Buffer.from([0xf6]);

// record.md, section 4: each part preceded by its length.
const parts = (list) => Buffer.concat(list.flatMap((x) => [u(x.length, 8), x]));
const H = (label, ...x) => sha256(parts([text(label), ...x]));

const termHash = (body) => H('backchannel term v1', body);

function packageHash(encoding) {
	const body = cbor.decode(encoding);
	const salt = body.get(11);
	const list = body.get(3) ?? [];
	const leaves = new Map();
	let d = 0;
	for (const ref of list) {
		let slot;
		do slot = H('backchannel slot v2', salt, u(d++, 4)).readUInt16BE(0) % 4096; while (leaves.has(slot));
		leaves.set(slot, leaf(H('backchannel blind v2', salt, u(slot, 2)), cbor.encode(ref)));
	}
	let row = leaves;
	for (let height = 0; height < 12; height++) {
		const pad = (place) => H('backchannel pad v2', salt, u(height, 1), u(place, 2));
		const above = new Map();
		for (const place of new Set([...row.keys()].map((p) => p >> 1))) {
			above.set(place, node(row.get(2 * place) ?? pad(2 * place), row.get(2 * place + 1) ?? pad(2 * place + 1)));
		}
		row = above;
	}
	const root = row.get(0) ?? H('backchannel pad v2', salt, u(12, 1), u(0, 2));
	return H('backchannel package v2', headOf(body), root);
}

const leaf = (blind, ref) => H('backchannel leaf v2', blind, ref);
const node = (left, right) => H('backchannel node v2', left, right);

// headOf is the hash of the header: the body with null for the list of terms.
function headOf(body) {
	const keys = [...body.keys()].sort((a, b) => a - b);
	if (!keys.includes(3)) keys.push(3);
	keys.sort((a, b) => a - b);
	return H('backchannel head v2', Buffer.concat([Buffer.from([0xa0 | keys.length]), ...keys.flatMap((k) => [cbor.encode(k), k === 3 ? none : cbor.encode(body.get(k))])]));
}

export function hashes(v) {
	const b = bytes(v.encoding);
	return hex(v.kind === 'term' ? termHash(b) : packageHash(b));
}

// confirmation.md, sections 1 and 2.
const ed25519 = Buffer.from('302a300506032b6570032100', 'hex');
const smallOrder = new Set();
for (const y of ['0100000000000000000000000000000000000000000000000000000000000000', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'0000000000000000000000000000000000000000000000000000000000000000', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
	'26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
	'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f']) {
	const b = bytes(y);
	smallOrder.add(hex(b));
	b[31] |= 0x80;
	smallOrder.add(hex(b));
}

const signed = (suite, key, party, hash) => parts([text('backchannel confirmation v1'), u(suite, 2), key, text(party), hash]);
function fits(suite, key, party, hash, signature) {
	const public_ = createPublicKey({ key: Buffer.concat([ed25519, key]), format: 'der', type: 'spki' });
	return verify(null, signed(suite, key, party, hash), public_, signature);
}

export function signatures(v) {
	const key = bytes(v.public), fingerprint = H('backchannel channel key v1', u(1, 2), key);
	if (hex(fingerprint) !== v.fingerprint) return 'the fingerprint';
	if (words(fingerprint, 12) !== v.words) return 'the words';
	if (hex(signed(1, key, v.party, bytes(v.package))) !== v.signed) return 'what is signed';
	return fits(1, key, v.party, bytes(v.package), bytes(v.signature)) ? '' : 'the signature';
}

class Refused extends Error {}
const refuse = (reason) => { throw new Refused(reason); };
const must = (ok, reason = 'malformed') => { if (!ok) refuse(reason); };
const reason = (f) => { try { f(); return 'ok'; } catch (e) { if (e instanceof cbor.Malformed) return 'malformed'; if (e instanceof Refused) return e.message; throw e; } };
const map = (x, keys) => must(x instanceof Map && [...x.keys()].every((k) => keys.includes(k)) && keys.every((k) => x.has(k)));

// confirmations reads the list at the end of both files.
function confirmations(list, hash, needs) {
	must(Array.isArray(list));
	let last = '';
	for (const c of list) {
		map(c, [1, 2, 3, 4]);
		const [party, suite, key, signature] = [1, 2, 3, 4].map((k) => c.get(k));
		must(/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(party) && party > last);
		last = party;
		must(!needs || needs.includes(party));
		must(suite === 1n, 'refused');
		must(Buffer.isBuffer(key) && key.length === 32 && Buffer.isBuffer(signature) && signature.length === 64);
		must(!smallOrder.has(hex(key)), 'unauthentic');
		must(fits(1, key, party, hash, signature), 'unauthentic');
	}
}

// files reads an agreement file (section 5).
export const files = (v) => reason(() => {
	const b = bytes(v.bytes);
	const m = cbor.decode(b);
	map(m, [1, 2, 3, 4]);
	must(m.get(1) === 'backchannel-agreement/2');
	const [body, terms] = [m.get(2), m.get(3)];
	must(body instanceof Map && Array.isArray(terms) && body.get(3)?.length === terms.length && terms.length > 0);
	terms.forEach((t, i) => {
		const ref = body.get(3)[i];
		must(t.get(1) === ref.get(1) && t.get(2) === ref.get(2), 'unauthentic');
		must(termHash(cbor.encode(t)).equals(ref.get(3)), 'unauthentic');
	});
	confirmations(m.get(4), packageHash(cbor.encode(body)), body.get(4));
});

// terms reads the proof of one term (section 6).
export const terms = (v) => reason(() => {
	const m = cbor.decode(bytes(v.bytes));
	map(m, [1, 2, 3, 4, 5, 6, 7]);
	must(m.get(1) === 'backchannel-term/1');
	const [term, blind, slot, path, head] = [2, 3, 4, 5, 6].map((k) => m.get(k));
	must(term instanceof Map && [1, 2, 3, 7, 27].every((k) => term.has(k)));
	must(blind.length === 32 && slot.length === 2 && path.length === 384 && head.length === 32);
	const place = slot.readUInt16BE(0);
	must(place < 4096);
	must(m.get(7).length > 0);
	const ref = new Map([[1, term.get(1)], [2, term.get(2)], [3, termHash(cbor.encode(term))]]);
	let at = leaf(blind, cbor.encode(ref));
	for (let i = 0; i < 12; i++) {
		const next = path.subarray(32 * i, 32 * (i + 1));
		at = (place >> i) & 1 ? node(next, at) : node(at, next);
	}
	confirmations(m.get(7), H('backchannel package v2', head, at));
});
