// The hybrid KEM of suite 1 (spec/line.md): HPKE (RFC 9180) in base mode with
// MLKEM768-X25519 (0x647a, X-Wing), HKDF-SHA256 and export only.
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import * as mlkem from './mlkem.mjs';

export const publicSize = 1216, ciphertextSize = 1120;

const hmac = (key, ...x) => createHmac('sha256', key).update(Buffer.concat(x)).digest();

// RFC 5869.
export const extract = (salt, ikm) => hmac(salt.length ? salt : Buffer.alloc(32), ikm);
export function expand(prk, info, length) {
	let out = Buffer.alloc(0), t = Buffer.alloc(0);
	for (let i = 1; out.length < length; i++) {
		t = hmac(prk, t, info, Buffer.from([i]));
		out = Buffer.concat([out, t]);
	}
	return out.subarray(0, length);
}

// X25519 keys of node come in DER; these are its fixed beginnings.
const privateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicHead = Buffer.from('302a300506032b656e032100', 'hex');
const privateX = (b) => createPrivateKey({ key: Buffer.concat([privateHead, b]), format: 'der', type: 'pkcs8' });
const publicX = (b) => createPublicKey({ key: Buffer.concat([publicHead, b]), format: 'der', type: 'spki' });

// keyOf gives the key pair of a seed of 32 bytes (draft-connolly-cfrg-xwing-kem).
export function keyOf(seed) {
	const x = createHash('shake256', { outputLength: 96 }).update(seed).digest();
	const m = mlkem.keys(x.subarray(0, 64));
	const priv = privateX(x.subarray(64));
	const pub = createPublicKey(priv).export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
	return { m, priv, pub, public: Buffer.concat([m.public, pub]) };
}

function xwing(key, ct) {
	const ctX = ct.subarray(1088);
	const ssM = mlkem.decapsulate(key.m, ct.subarray(0, 1088));
	const ssX = diffieHellman({ privateKey: key.priv, publicKey: publicX(ctX) });
	return createHash('sha3-256').update(Buffer.concat([ssM, ssX, ctX, key.pub, Buffer.from('\\.//^\\')])).digest();
}

const suite = Buffer.concat([Buffer.from('HPKE'), Buffer.from([0x64, 0x7a, 0x00, 0x01, 0xff, 0xff])]);
const labeled = (label) => Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label)]);
const labeledExtract = (salt, label, ikm) => extract(salt, Buffer.concat([labeled(label), ikm]));
function labeledExpand(prk, label, info, length) {
	const size = Buffer.alloc(2);
	size.writeUInt16BE(length);
	return expand(prk, Buffer.concat([size, labeled(label), info]), length);
}

// decapsulate gives the shared secret that the line uses.
export function decapsulate(key, ct) {
	const none = Buffer.alloc(0);
	const info = Buffer.from('backchannel kem v1');
	const context = Buffer.concat([Buffer.from([0]), labeledExtract(none, 'psk_id_hash', none), labeledExtract(none, 'info_hash', info)]);
	const secret = labeledExtract(xwing(key, ct), 'secret', none);
	const exporter = labeledExpand(secret, 'exp', context, 32);
	return labeledExpand(exporter, 'sec', Buffer.from('backchannel kem v1 shared secret'), 32);
}
