// CBOR in the core deterministic encoding (RFC 8949, 4.2.1), as far as the
// specification uses it: integers, byte and text strings, arrays, maps with
// unsigned keys, booleans. Anything else, and any other encoding, is refused.

export class Malformed extends Error {}
const bad = (why) => { throw new Malformed(why); };

export function decode(bytes) {
	const [value, end] = item(bytes, 0, 0);
	if (end !== bytes.length) bad('bytes behind the end');
	return value;
}

function item(b, at, depth) {
	if (at >= b.length) bad('cut short');
	if (depth > 16) bad('too deep');
	const major = b[at] >> 5, low = b[at] & 31;
	let n, next;
	if (low < 24) [n, next] = [BigInt(low), at + 1];
	else if (low <= 27) {
		const size = 1 << (low - 24);
		if (at + 1 + size > b.length) bad('cut short');
		n = BigInt('0x' + b.subarray(at + 1, at + 1 + size).toString('hex'));
		next = at + 1 + size;
		const least = size === 1 ? 24n : 1n << BigInt(4 * size);
		if (major !== 7 && n < least) bad('not the shortest form');
	} else bad('indefinite or reserved');
	const length = Number(n);
	switch (major) {
	case 0: return [n, next];
	case 1: return [-1n - n, next];
	case 2: case 3: {
		if (next + length > b.length) bad('cut short');
		const s = b.subarray(next, next + length);
		if (major === 2) return [Buffer.from(s), next + length];
		const text = s.toString('utf8');
		if (!Buffer.from(text, 'utf8').equals(s)) bad('not UTF-8');
		return [text, next + length];
	}
	case 4: {
		const out = [];
		for (let i = 0; i < length; i++) { let x; [x, next] = item(b, next, depth + 1); out.push(x); }
		return [out, next];
	}
	case 5: {
		const out = new Map();
		let last = -1n;
		for (let i = 0; i < length; i++) {
			let key, x;
			[key, next] = item(b, next, depth + 1);
			if (typeof key !== 'bigint' || key <= last) bad('keys that are not rising integers');
			last = key;
			[x, next] = item(b, next, depth + 1);
			out.set(Number(key), x);
		}
		return [out, next];
	}
	case 7:
		if (low === 20 || low === 21) return [low === 21, next];
	}
	bad('a type that is not used');
}

function head(major, n) {
	n = BigInt(n);
	if (n < 24n) return Buffer.from([(major << 5) | Number(n)]);
	for (const [code, size] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
		if (n < 1n << BigInt(8 * size)) return Buffer.concat([Buffer.from([(major << 5) | code]), Buffer.from(n.toString(16).padStart(2 * size, '0'), 'hex')]);
	}
	bad('too large');
}

export function encode(x) {
	if (typeof x === 'boolean') return Buffer.from([x ? 0xf5 : 0xf4]);
	if (typeof x === 'number' || typeof x === 'bigint') { x = BigInt(x); return x < 0n ? head(1, -1n - x) : head(0, x); }
	if (Buffer.isBuffer(x)) return Buffer.concat([head(2, x.length), x]);
	if (typeof x === 'string') { const b = Buffer.from(x); return Buffer.concat([head(3, b.length), b]); }
	if (Array.isArray(x)) return Buffer.concat([head(4, x.length), ...x.map(encode)]);
	const keys = [...x.keys()].sort((a, b) => a - b);
	return Buffer.concat([head(5, keys.length), ...keys.flatMap((k) => [encode(k), encode(x.get(k))])]);
}
