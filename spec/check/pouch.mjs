// Pouches, written from pouch.md alone.
import { createDecipheriv, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import * as kem from './kem.mjs';
import { sha256, u } from './line.mjs';

const text = (s) => Buffer.from(s);
export const frame = (...list) => Buffer.concat(list.flatMap((x) => [u(x.length, 8), x]));
const H = (label, ...x) => sha256(frame(text(label), ...x));

// X25519 keys of node come in DER; these are its fixed beginnings.
const privateX = (b) => createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), b]), format: 'der', type: 'pkcs8' });
const publicX = (b) => createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), b]), format: 'der', type: 'spki' });
export function x25519(secret, point) {
	try {
		const out = diffieHellman({ privateKey: privateX(secret), publicKey: publicX(point) });
		return out.every((b) => b === 0) ? null : out;
	} catch { return null; } // node refuses a secret of zeros itself
}
const publicOf = (secret) => createPublicKey(privateX(secret)).export({ format: 'der', type: 'spki' }).subarray(12);

export class Refused extends Error {}
export const must = (ok, reason = 'malformed') => { if (!ok) throw new Refused(reason); };

// Section 1.
export function bytesOf(prefix, s) {
	const flat = s.replace(/\s+/g, '');
	must(flat.startsWith(prefix), 'unauthentic');
	const enc = flat.slice(prefix.length);
	const raw = Buffer.from(enc, 'base64url');
	must(raw.toString('base64url') === enc && raw.length > 8);
	const b = raw.subarray(0, raw.length - 8);
	must(H('backchannel pouch text v1', b).subarray(0, 8).equals(raw.subarray(b.length)));
	return b;
}
export const textOf = (prefix, b) => prefix + Buffer.concat([b, H('backchannel pouch text v1', b).subarray(0, 8)]).toString('base64url');
const publicBytes = (kemPublic, dh) => Buffer.concat([u(1, 2), kemPublic, dh]);
const fingerprint = (b) => H('backchannel pouch key v1', b);

function keyOf(s) {
	const b = bytesOf('backchannel-pouch-key:', s);
	must(b.length >= 2 && b.readUInt16BE(0) === 1, 'refused');
	must(b.length === 1250);
	const dh = b.subarray(1218);
	must(x25519(Buffer.alloc(32, 7), dh));
	return { dh, print: fingerprint(b) };
}

// Section 2.
export function open(v) {
	try {
		const from = keyOf(v.sender_key);
		const b = bytesOf('backchannel-pouch:', v.pouch);
		must(b[0] === 1, 'refused');
		const size = b.length - 33 - kem.ciphertextSize - 16;
		must(size >= 256 && size <= 65536 && (size & (size - 1)) === 0);
		const [seed, secret] = v.recipient_secret.map((s) => Buffer.from(s, 'hex'));
		const own = kem.keyOf(seed);
		const print = fingerprint(publicBytes(own.public, publicOf(secret)));
		const head = b.subarray(0, 33), ct = b.subarray(33, 33 + kem.ciphertextSize), box = b.subarray(33 + kem.ciphertextSize);
		must(head.subarray(1, 9).equals(from.print.subarray(0, 8)) && head.subarray(9, 17).equals(print.subarray(0, 8)), 'unauthentic');
		const dh = x25519(secret, from.dh);
		must(dh);
		const salt = H('backchannel pouch v1', head, ct, from.print, print);
		const key = kem.expand(kem.extract(salt, frame(kem.decapsulate(own, ct), dh)), text('backchannel pouch v1 key'), 32);
		const d = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
		d.setAAD(b.subarray(0, 33 + kem.ciphertextSize));
		d.setAuthTag(box.subarray(size));
		let plain;
		try { plain = Buffer.concat([d.update(box.subarray(0, size)), d.final()]); } catch { throw new Refused('unauthentic'); }
		const number = plain.readBigUInt64BE(0), length = plain.readUInt32BE(8);
		let due = 256;
		while (due < 12 + length) due *= 2;
		must(number > 0n && length > 0 && length <= 32768 && due === size && plain.subarray(12 + length).every((x) => x === 0));
		const said = plain.subarray(12, 12 + length);
		must(Buffer.from(said.toString()).equals(said));
		return ['ok', { number: Number(number), text: said.toString(), sender_fingerprint: from.print.toString('hex') }];
	} catch (e) {
		if (e instanceof Refused) return [e.message, {}];
		throw e;
	}
}
