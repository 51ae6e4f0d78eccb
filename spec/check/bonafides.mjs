// Runs and signs, written from bonafides.md and the CPace draft alone.
import { createHash, createHmac } from 'node:crypto';
import { Refused, bytesOf, frame, must, textOf, x25519 } from './pouch.mjs';
import { sha256, u } from './line.mjs';

const bytes = (s) => Buffer.from(s, 'hex');
const text = (s) => Buffer.from(s);
const sha512 = (...x) => createHash('sha512').update(Buffer.concat(x)).digest();
const runs = 'backchannel-proof:', signs = 'backchannel-sign:', opens = 'backchannel-sign-open:';

function leb(n) {
	const out = [];
	do { out.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0)); n >>= 7; } while (n);
	return Buffer.from(out);
}
const lvCat = (...list) => Buffer.concat(list.flatMap((x) => [leb(x.length), x]));

const p = 2n ** 255n - 19n, A = 486662n;
const mod = (x) => ((x % p) + p) % p;
function power(x, e) {
	let out = 1n;
	for (x = mod(x); e > 0n; e >>= 1n, x = mod(x * x)) if (e & 1n) out = mod(out * x);
	return out;
}
const little = (b) => BigInt(`0x${Buffer.from(b).reverse().toString('hex')}`);

function generator(prs, ci, sid) {
	const dsi = text('CPace255');
	const pad = Buffer.alloc(Math.max(0, 128 - 1 - lvCat(prs).length - lvCat(dsi).length));
	const h = Buffer.from(sha512(lvCat(dsi, prs, pad, ci, sid)).subarray(0, 32));
	h[31] &= 0x7f;
	const r = little(h);
	const v = mod(-A * power(1n + 2n * r * r, p - 2n));
	const e = power(v ** 3n + A * v * v + v, (p - 1n) / 2n);
	const x = e === 1n ? v : mod(-v - A);
	return u(x, 32).reverse();
}

const contexts = { 1: 'backchannel bona fides v1', 2: 'backchannel sealed yes v1' };

// run plays both sides of a vector.
export function run(v) {
	if (v.sign) return sign(v);
	if (!v.purpose) return read(v.texts[0]);
	let secrets = v.secrets.map(bytes);
	if (v.pair) secrets = secrets.map((hash) => sha256(frame(text('backchannel sealed yes v1'), bytes(v.pair), hash)));
	const prints = v.fingerprints.map(bytes), random = v.random.map(bytes), ci = text(contexts[v.purpose]);
	const sid = random[0].subarray(0, 16), scalars = [random[0].subarray(16), random[1]];
	const points = secrets.map((s, i) => x25519(scalars[i], generator(s, ci, sid)));
	const lv = [lvCat(points[0], Buffer.concat([prints[0], text(v.about)])), lvCat(points[1], prints[1])];
	const head = (kind) => Buffer.concat([Buffer.from([1, kind, v.purpose]), sid]);
	const ask = textOf(runs, Buffer.concat([head(1), points[0], prints[0], text(v.about)]));
	if (prints[0].equals(prints[1])) return ['unauthentic', [ask]];
	// Each side's own view: what it computes for itself and expects of the other.
	const tags = [0, 1].map((i) => {
		const k = x25519(scalars[i], points[1 - i]);
		const isk = sha512(lvCat(text('CPace255_ISK'), sid, k), lv[0], lv[1]);
		const key = sha512(text('CPaceMac'), sid, isk);
		return lv.map((x) => createHmac('sha512', key).update(x).digest());
	});
	const answer = textOf(runs, Buffer.concat([head(2), points[1], prints[1], tags[1][1]]));
	const end = textOf(runs, Buffer.concat([head(3), tags[0][0]]));
	return [tags[0][1].equals(tags[1][1]) ? 'same' : 'other', [ask, answer, end]];
}

function read(s) {
	try {
		const b = bytesOf(runs, s);
		must(b.length >= 19);
		must(b[0] === 1 && (b[2] === 1 || b[2] === 2), 'refused');
		const n = b.length - 19;
		must(b[1] === 1 ? n >= 64 && n <= 264 : b[1] === 2 ? n === 128 : b[1] === 3 && n === 64);
		return ['read', [s]];
	} catch (e) {
		if (e instanceof Refused) return [e.message, [s]];
		throw e;
	}
}

function sign(v) {
	const nonce = bytes(v.nonce), print = bytes(v.fingerprints[0]), words = text(v.sign), version = Buffer.from([1]);
	const c = sha256(frame(text('backchannel sign v1'), nonce, print, words));
	return ['same', [textOf(signs, Buffer.concat([version, c])), textOf(opens, Buffer.concat([version, nonce, print, words]))]];
}
