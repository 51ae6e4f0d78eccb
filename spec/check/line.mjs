// Cells, chains, epochs, handshakes, frames and invites, written from cell.md,
// line.md and invite.md alone. Each function takes a vector's input and gives
// what the specification says of it: ['ok', output] or [reason].
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import * as cbor from './cbor.mjs';
import * as kem from './kem.mjs';

const hex = (b) => b.toString('hex');
const bytes = (s) => Buffer.from(s, 'hex');
export const u = (n, size) => Buffer.from(BigInt(n).toString(16).padStart(2 * size, '0'), 'hex');
const join = (...x) => Buffer.concat(x);

// cell.md, section 1.
const L = (name) => Buffer.from(`backchannel line v1 ${name}\0`);
const MAC = (k, name, ...x) => createHmac('sha256', k).update(join(L(name), ...x)).digest();
export const sha256 = (...x) => createHash('sha256').update(join(...x)).digest();
const H = (name, ...x) => sha256(L(name), ...x);
const Expand = (prk, name, ctx, n) => kem.expand(prk, join(L(name), ctx), n);

export function words(b, n) {
	const bit = (i) => (i >> 3 < b.length ? (b[i >> 3] >> (7 - (i & 7))) & 1 : 0);
	return Array.from({ length: n }, (_, i) => {
		let v = 0;
		for (let j = 0; j < 11; j++) v = 2 * v + bit(11 * i + j);
		const c = 'bdfghjklmnrstwyz', a = 'aiu';
		return c[Math.floor(v / 144)] + a[Math.floor(v / 48) % 3] + c[Math.floor(v / 3) % 16] + a[v % 3];
	}).join(' ');
}

// line.md, sections 2 and 3.
const relayID = (pin, cohort) => H('relay', sha256(pin), sha256(Buffer.from(cohort)));
function epochKeys(root, fresh, ctx) {
	const out = Expand(kem.extract(root, fresh), 'epoch keys', ctx, 64);
	return { root: out.subarray(0, 32), seed: out.subarray(32) };
}
const chainAtBase = (seed, relay, direction) => MAC(seed, 'chain', relay, u(direction, 1));
const tickKey = (chain) => MAC(chain, 'tick');
const tagOf = (tk) => MAC(tk, 'tag').subarray(0, 16);

export function chain(v) {
	const relay = relayID(bytes(v.pin), v.cohort);
	let key = chainAtBase(bytes(v.seed), relay, v.direction);
	for (let t = BigInt(v.base); t < BigInt(v.tick); t++) key = MAC(key, 'advance');
	const tk = tickKey(key);
	return ['ok', { relay_id: hex(relay), chain_key: hex(key), tick_key: hex(tk), tag: hex(tagOf(tk)) }];
}

function open(key, box, ad) {
	const d = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
	d.setAAD(ad);
	d.setAuthTag(box.subarray(box.length - 16));
	try { return join(d.update(box.subarray(0, box.length - 16)), d.final()); } catch { return null; }
}

function seal(key, plain, ad) {
	const c = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
	c.setAAD(ad);
	return join(c.update(plain), c.final(), c.getAuthTag());
}

export function cell(v) {
	const c = bytes(v.cell);
	if (c.length !== 1024) return ['size'];
	const tk = tickKey(bytes(v.chain_key));
	const tag = c.subarray(0, 16), salt = c.subarray(16, 32);
	if (!tag.equals(tagOf(tk))) return ['no-tag'];
	const key = MAC(tk, 'cell', salt), ad = join(L('cell'), u(v.direction, 1), u(v.tick, 8), tag, bytes(v.roster));
	const p = open(key, c.subarray(32), ad);
	if (!p) return ['unopened'];
	if (!seal(key, p, ad).equals(c.subarray(32))) return ['seals otherwise'];
	return ['ok', { plaintext: hex(p) }];
}

// line.md, section 4: the messages and their lengths.
const messageSize = { 1: 18, 2: 2432, 3: 4688, 4: 2280, 5: 32, 6: 1216, 7: 1136, 8: 32, 9: 88 };
const piece = 898;

export function plaintext(v) {
	const p = bytes(v.plaintext);
	const broken = ['broken'];
	const zero = (b) => b.every((x) => x === 0);
	if (p.length !== 976 || p[0] !== 1 || !zero(p.subarray(58, 64))) return broken;
	const out = { run: `${p.readUInt32BE(2)}`, ack_run: `${p.readUInt32BE(6)}` };
	for (let i = 0; i < 4; i++) out[`ack_${i}`] = `${p.readUInt32BE(10 + 12 * i)} ${p.readBigUInt64BE(14 + 12 * i).toString(16)}`;
	const body = p.subarray(64);
	switch (p[1]) {
	case 0:
		return zero(body) ? ['ok', out] : broken;
	case 1: {
		const [kind, first, number, length] = [body[0], body[1], body.readUInt32BE(2), body.readUInt16BE(6)];
		if (kind > 3 || first > 1 || length < 1 || length > 904 || !zero(body.subarray(8 + length))) return broken;
		return ['ok', { ...out, class: `${kind}`, first: `${first === 1}`, number: `${number}`, bytes: hex(body.subarray(8, 8 + length)) }];
	}
	case 2: {
		const [message, index, count, length] = [body[0], body[1], body[2], body.readUInt16BE(12)];
		const size = messageSize[message];
		if (!size || count !== Math.ceil(size / piece) || index >= count || body[3] !== 0) return broken;
		if (length !== Math.min(piece, size - index * piece) || !zero(body.subarray(14 + length))) return broken;
		return ['ok', { ...out, message: `${message}`, index: `${index}`, epoch: `${body.readUInt32BE(4)}`, id: `${body.readUInt32BE(8)}`, bytes: hex(body.subarray(14, 14 + length)) }];
	}
	}
	return broken;
}

// line.md, section 5: one class of one run.
export function frame(v) {
	const parts = new Map();
	for (const s of v.segments.split(' ')) {
		const [first, number, b] = s.split(':');
		if (!parts.has(+number)) parts.set(+number, { first: first === '1', b: bytes(b) });
	}
	const got = [];
	let last = -1n, wrong = false;
	let now = null;
	for (let i = 0; parts.has(i); i++) {
		const { first, b } = parts.get(i);
		if (first) {
			now = { number: b.readBigUInt64BE(0), length: b.readUInt32BE(8), check: b.subarray(12, 28), bytes: b.subarray(28) };
		} else if (now) now.bytes = join(now.bytes, b);
		if (!now || now.bytes.length < now.length) continue;
		const good = now.bytes.length === now.length && now.length <= 1 << 20 && H('frame', u(now.number, 8), now.bytes).subarray(0, 16).equals(now.check);
		if (!good) wrong = true;
		else if (now.number > last) {
			last = now.number;
			got.push(`${now.number}:${now.length}:${hex(sha256(now.bytes))}`);
		}
		now = null;
	}
	return [wrong ? 'bad' : 'ok', { frames: got.join(' ') }];
}

// line.md, section 2: the asker gets a reply.
export function epoch(v) {
	const key = kem.keyOf(bytes(v.key_seed)), reply = bytes(v.reply), n = Number(v.epoch);
	const kh = H('epoch key', key.public);
	const base = reply.readBigUInt64BE(0);
	if (!reply.subarray(8, 16).equals(kh.subarray(0, 8))) return ['ignored']; // LINE-6
	if (base < BigInt(v.asked_at) || base > BigInt(v.heard_at)) return ['ignored']; // LINE-5
	const secret = kem.decapsulate(key, reply.subarray(16));
	const next = epochKeys(bytes(v.root), secret, H('epoch', u(n, 4), kh, reply));
	const relay = relayID(Buffer.from('pin'), 'c1');
	const inviter = n % 2 === 0; // is the asker the inviter
	const [send, receive] = inviter ? [1, 2] : [2, 1];
	return ['ok', {
		key: hex(key.public), secret: hex(secret), next_root: hex(next.root), base: `${base}`,
		send_chain_key: hex(chainAtBase(next.seed, relay, send)), receive_chain_key: hex(chainAtBase(next.seed, relay, receive)),
	}];
}

// line.md, section 4.
export function handshake(v) {
	const invite = parseInvite(v.invite);
	const [hello, keys, answer, confirm, done] = ['hello', 'keys', 'answer', 'confirm', 'done'].map((k) => bytes(v[k]));
	if (hello.readUInt16BE(0) !== 1) return ['suite'];
	if (!H('inviter keys', u(1, 2), keys.subarray(0, kem.publicSize), keys.subarray(kem.publicSize)).equals(invite.fields.get(10))) return ['keys'];

	let th = H('handshake', u(1, 2), H('invite', invite.bytes));
	let ck = kem.extract(th, invite.fields.get(6));
	const say = (m, x) => { th = H('transcript', th, u(m, 1), x); };
	const mix = (seed, ct) => { ck = kem.extract(ck, kem.decapsulate(kem.keyOf(bytes(v[seed])), ct)); };
	const confirmation = (name) => MAC(Expand(ck, name, th, 32), name, th);
	const C = kem.ciphertextSize;

	say(1, hello);
	say(2, keys);
	mix('inviter_static_seed', answer.subarray(0, C));
	mix('inviter_once_seed', answer.subarray(C, 2 * C));
	say(3, answer.subarray(0, 2 * C));
	const box = open(Expand(ck, 'answer box', th, 32), answer.subarray(2 * C), th);
	if (!box) return ['box'];
	const theirs = join(kem.keyOf(bytes(v.joiner_static_seed)).public, kem.keyOf(bytes(v.joiner_ephemeral_seed)).public);
	if (!box.equals(theirs)) return ['joiner keys'];
	say(3, answer.subarray(2 * C));
	mix('joiner_static_seed', confirm.subarray(8, 8 + C));
	mix('joiner_ephemeral_seed', confirm.subarray(8 + C, 8 + 2 * C));
	say(4, confirm.subarray(0, 8 + 2 * C));
	if (!confirmation('inviter confirms').equals(confirm.subarray(8 + 2 * C))) return ['confirmation'];
	say(4, confirm.subarray(8 + 2 * C));
	if (!confirmation('joiner confirms').equals(done)) return ['confirmation'];
	const compare = Expand(ck, 'compare words', th, 17);
	const first = epochKeys(ck, Buffer.alloc(0), th);
	return ['ok', { transcript: hex(th), chaining_key: hex(ck), root: hex(first.root), chain_seed: hex(first.seed), compare: hex(compare), words: words(compare, 12) }];
}

// invite.md.
class Refused extends Error {}
const refuse = (reason) => { throw new Refused(reason); };

const prefix = 'backchannel-invite:';
function parseInvite(text) {
	text = text.replace(/\s+/g, '');
	if (text.length > 2 * 4096) refuse('limit');
	if (!text.startsWith(prefix)) refuse('unauthentic');
	const body = text.slice(prefix.length);
	const raw = Buffer.from(body, 'base64url');
	if (raw.toString('base64url') !== body || raw.length <= 8) refuse('malformed');
	const b = raw.subarray(0, raw.length - 8);
	if (!H('invite checksum', b).subarray(0, 8).equals(raw.subarray(raw.length - 8))) refuse('malformed');
	return { bytes: b, fields: inviteFields(b) };
}

function inviteFields(b) {
	if (b.length > 4096) refuse('limit');
	let m;
	try { m = cbor.decode(b); } catch { refuse('malformed'); }
	if (!(m instanceof Map) || m.size !== 11 || ![...Array(11).keys()].every((i) => m.has(i + 1))) refuse('malformed');
	const is = (ok) => { if (!ok) refuse('malformed'); };
	const text = (k, least, most) => is(typeof m.get(k) === 'string' && Buffer.byteLength(m.get(k)) >= least && Buffer.byteLength(m.get(k)) <= most);
	const blob = (x, least, most) => is(Buffer.isBuffer(x) && x.length >= least && x.length <= most);
	is(typeof m.get(1) === 'bigint');
	if (m.get(1) !== 1n) refuse('refused');
	text(2, 1, 256);
	blob(m.get(3), 1, 64);
	text(4, 1, 64);
	is(Array.isArray(m.get(5)) && m.get(5).length <= 4);
	m.get(5).forEach((t) => blob(t, 1, 512));
	blob(m.get(6), 32, 32);
	is(m.get(7) >= 0n && m.get(8) > m.get(7) && m.get(8) - m.get(7) <= 1n << 21n && typeof m.get(9) === 'bigint');
	blob(m.get(10), 32, 32);
	text(11, 0, 64);
	return m;
}

export function invite(v) {
	try {
		const m = parseInvite(v.text).fields;
		if (BigInt(v.tick) >= m.get(8)) refuse('expired');
		return ['ok', {
			address: m.get(2), cohort: m.get(4), label: m.get(11), secret: hex(m.get(6)), key_hash: hex(m.get(10)),
			base: `${m.get(7)}`, expires: `${m.get(8)}`, relay_id: hex(relayID(m.get(3), m.get(4))),
		}];
	} catch (e) {
		if (e instanceof Refused) return [e.message];
		throw e;
	}
}

// invite.md, section 3: groups to type.
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

// product multiplies polynomials over GF(2) modulo x^5 + x^2 + 1.
function product(a, b) {
	let out = 0;
	for (let i = 4; i >= 0; i--) {
		out <<= 1;
		if (out & 32) out ^= 0b100101;
		if ((b >> i) & 1) out ^= a;
	}
	return out;
}

// groupsOf gives the payload, or the number of the first group that is wrong.
function groupsOf(text) {
	const flat = text.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1').replace(/[\s\-.,:;]/g, '');
	let bits = '';
	for (let n = 0; 5 * n < flat.length; n++) {
		const d = [...flat.slice(5 * n, 5 * n + 5)].map((c) => digits.indexOf(c));
		const check = d.slice(0, 4).reduce((sum, x, i) => sum ^ product(2 << i, x), n % 32);
		if (d.length !== 5 || d.includes(-1) || d[4] !== check) return { wrong: n + 1 };
		bits += d.slice(0, 4).map((x) => x.toString(2).padStart(5, '0')).join('');
	}
	const raw = Buffer.from((bits.slice(0, bits.length - bits.length % 8).match(/.{8}/g) ?? []).map((x) => parseInt(x, 2)));
	if (raw.length < 2 || raw.length < 6 + raw.readUInt16BE(0)) return {};
	const end = 2 + raw.readUInt16BE(0), payload = raw.subarray(2, end);
	const sum = sha256(join(Buffer.from('backchannel groups v1'), Buffer.alloc(1), payload)).subarray(0, 4);
	const used = 8 * (end + 4), rest = bits.slice(used);
	if (!sum.equals(raw.subarray(end, end + 4)) || rest.length >= 20 || rest.includes('1')) return {};
	return { payload };
}

// shortInvite gives the bytes of the invite that a short one stands for.
function shortInvite(b, v) {
	if (b.length !== 45) refuse('malformed');
	if (b[0] !== 1) refuse('refused');
	const relay = relayID(bytes(v.pin), v.cohort);
	if (!relay.subarray(0, 4).equals(b.subarray(41))) refuse('unauthentic');
	const base = b.readUIntBE(33, 5);
	return cbor.encode(new Map([[1, 1], [2, '-'], [3, bytes(v.pin)], [4, v.cohort], [5, []], [6, H('short invite', b.subarray(1, 17))],
		[7, base], [8, base + b.readUIntBE(38, 3)], [9, 0], [10, H('short inviter keys', b.subarray(17, 33))], [11, '']]));
}

export function typed(v) {
	try {
		const { payload, wrong } = groupsOf(v.text);
		if (v.group && Number(v.group) !== wrong) return ['another group'];
		if (!payload) refuse('malformed');
		const rest = payload.subarray(1);
		if (payload[0] !== 1 && payload[0] !== 2) refuse('malformed');
		const b = payload[0] === 1 ? rest : shortInvite(rest, v);
		const m = inviteFields(b);
		if (!relayID(m.get(3), m.get(4)).equals(relayID(bytes(v.pin), v.cohort))) refuse('unauthentic'); // INVITE-7
		if (BigInt(v.tick) >= m.get(8)) refuse('expired');
		return ['ok', { invite: hex(b), invite_hash: hex(H('invite', b)), secret: hex(m.get(6)), key_hash: hex(m.get(10)), base: `${m.get(7)}`, expires: `${m.get(8)}` }];
	} catch (e) {
		if (e instanceof Refused) return [e.message];
		throw e;
	}
}
