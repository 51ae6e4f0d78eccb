// ML-KEM-768 (FIPS 203): key generation from its seed, and decapsulation. Node's
// own crypto lends SHA-3 and SHAKE. It is for reading vectors, not for secrets:
// it takes its time where the values lead it.
import { createHash } from 'node:crypto';

const q = 3329, n = 256, k = 3, eta = 2, du = 10, dv = 4;

const sha3 = (bits, ...x) => createHash(`sha3-${bits}`).update(Buffer.concat(x)).digest();
const shake = (bits, length, ...x) => createHash(`shake${bits}`, { outputLength: length }).update(Buffer.concat(x)).digest();
const mod = (x) => ((x % q) + q) % q;

// Powers of 17, a root of unity of order 256, in bit-reversed order (FIPS 203, appendix A).
const reversed = (i) => parseInt(i.toString(2).padStart(7, '0').split('').reverse().join(''), 2);
const power = (e) => { let r = 1; for (let i = 0; i < e; i++) r = (r * 17) % q; return r; };
const zetas = Array.from({ length: 128 }, (_, i) => power(reversed(i)));
const gammas = Array.from({ length: 128 }, (_, i) => power(2 * reversed(i) + 1));

function ntt(f) {
	f = f.slice();
	for (let len = 128, i = 1; len >= 2; len /= 2) {
		for (let start = 0; start < n; start += 2 * len, i++) {
			for (let j = start; j < start + len; j++) {
				const t = mod(zetas[i] * f[j + len]);
				f[j + len] = mod(f[j] - t);
				f[j] = mod(f[j] + t);
			}
		}
	}
	return f;
}

function unntt(f) {
	f = f.slice();
	for (let len = 2, i = 127; len <= 128; len *= 2) {
		for (let start = 0; start < n; start += 2 * len, i--) {
			for (let j = start; j < start + len; j++) {
				const t = f[j];
				f[j] = mod(t + f[j + len]);
				f[j + len] = mod(zetas[i] * (f[j + len] - t));
			}
		}
	}
	return f.map((x) => mod(x * 3303));
}

function multiply(a, b) {
	const c = new Array(n);
	for (let i = 0; i < 128; i++) {
		const [a0, a1, b0, b1] = [a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]];
		c[2 * i] = mod(a0 * b0 + mod(a1 * b1) * gammas[i]);
		c[2 * i + 1] = mod(a0 * b1 + a1 * b0);
	}
	return c;
}

const add = (a, b) => a.map((x, i) => mod(x + b[i]));
const sub = (a, b) => a.map((x, i) => mod(x - b[i]));
const dot = (a, b) => a.map((x, i) => multiply(x, b[i])).reduce(add);

function encode(f, d) {
	const out = Buffer.alloc(32 * d);
	f.forEach((x, i) => { for (let j = 0; j < d; j++) if ((x >> j) & 1) out[(i * d + j) >> 3] |= 1 << ((i * d + j) & 7); });
	return out;
}

function decode(b, d) {
	return Array.from({ length: n }, (_, i) => {
		let x = 0;
		for (let j = 0; j < d; j++) x |= ((b[(i * d + j) >> 3] >> ((i * d + j) & 7)) & 1) << j;
		return d === 12 ? x % q : x;
	});
}

const compress = (f, d) => f.map((x) => Math.floor((x * 2 ** d * 2 + q) / (2 * q)) % 2 ** d);
const expand = (f, d) => f.map((x) => Math.floor((x * q * 2 + 2 ** d) / 2 ** (d + 1)));

function sampleUniform(rho, i, j) {
	for (let length = 1008; ; length *= 2) {
		const b = shake(128, length, rho, Buffer.from([i, j]));
		const out = [];
		for (let p = 0; p + 3 <= length && out.length < n; p += 3) {
			const d1 = b[p] + 256 * (b[p + 1] % 16), d2 = (b[p + 1] >> 4) + 16 * b[p + 2];
			if (d1 < q) out.push(d1);
			if (d2 < q && out.length < n) out.push(d2);
		}
		if (out.length === n) return out;
	}
}

function sampleBinomial(seed, number) {
	const b = shake(256, 64 * eta, seed, Buffer.from([number]));
	const bit = (i) => (b[i >> 3] >> (i & 7)) & 1;
	return Array.from({ length: n }, (_, i) => mod(bit(4 * i) + bit(4 * i + 1) - bit(4 * i + 2) - bit(4 * i + 3)));
}

const range = Array.from({ length: k }, (_, i) => i);
const matrix = (rho) => range.map((i) => range.map((j) => sampleUniform(rho, j, i)));

// keys gives the key pair of a seed of 64 bytes, d and z.
export function keys(seed) {
	const g = sha3(512, seed.subarray(0, 32), Buffer.from([k]));
	const rho = g.subarray(0, 32), sigma = g.subarray(32);
	const a = matrix(rho);
	const s = range.map((i) => ntt(sampleBinomial(sigma, i)));
	const e = range.map((i) => ntt(sampleBinomial(sigma, k + i)));
	const t = range.map((i) => add(dot(a[i], s), e[i]));
	return { s, z: seed.subarray(32), public: Buffer.concat([...t.map((f) => encode(f, 12)), rho]) };
}

function encrypt(ek, m, r) {
	const t = range.map((i) => decode(ek.subarray(384 * i, 384 * (i + 1)), 12));
	const a = matrix(ek.subarray(384 * k));
	const y = range.map((i) => ntt(sampleBinomial(r, i)));
	const u = range.map((i) => add(unntt(dot(range.map((j) => a[j][i]), y)), sampleBinomial(r, k + i)));
	const mu = expand(decode(m, 1), 1);
	const v = add(add(unntt(dot(t, y)), sampleBinomial(r, 2 * k)), mu);
	return Buffer.concat([...u.map((f) => encode(compress(f, du), du)), encode(compress(v, dv), dv)]);
}

// decapsulate gives the shared secret of a ciphertext of 1,088 bytes.
export function decapsulate(key, c) {
	const u = range.map((i) => expand(decode(c.subarray(320 * i, 320 * (i + 1)), du), du));
	const v = expand(decode(c.subarray(320 * k), dv), dv);
	const m = encode(compress(sub(v, unntt(dot(key.s, u.map(ntt)))), 1), 1);
	const g = sha3(512, m, sha3(256, key.public));
	const again = encrypt(key.public, m, g.subarray(32));
	return again.equals(c) ? g.subarray(0, 32) : shake(256, 32, key.z, c);
}
