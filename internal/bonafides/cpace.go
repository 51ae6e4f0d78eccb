package bonafides

import (
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/binary"

	"github.com/cloudflare/circl/math/fp25519"
)

// The suite CPACE-X25519-SHA512.
const (
	dsi       = "CPace255"
	hashBlock = sha512.BlockSize
	pointSize = 32
)

// lvCat is the draft's lv_cat: each part behind its length in LEB128.
func lvCat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}

// generatorString fills the first block of the hash with what is secret, so
// that its work does not depend on the length of a short secret.
func generatorString(prs, ci, sid []byte) []byte {
	pad := max(0, hashBlock-1-len(lvCat(prs))-len(lvCat([]byte(dsi))))
	return lvCat([]byte(dsi), prs, make([]byte, pad), ci, sid)
}

func generator(prs, ci, sid []byte) [pointSize]byte {
	h := sha512.Sum512(generatorString(prs, ci, sid))
	u := fp25519.Elt(h[:pointSize])
	u[pointSize-1] &= 0x7f
	return elligator2(&u)
}

// elligator2 is map_to_curve_elligator2 (RFC 9380) for curve25519, without the
// v coordinate. It takes the same steps for every input.
func elligator2(u *fp25519.Elt) [pointSize]byte {
	var one, a, v, t, w, chi, other fp25519.Elt
	fp25519.SetOne(&one)
	a[0], a[1], a[2] = 0x06, 0x6d, 0x07 // 486662
	// v = -A / (1 + 2u²). Its denominator is never 0: -1/2 is no square.
	fp25519.Sqr(&t, u)
	fp25519.Add(&t, &t, &t)
	fp25519.Add(&t, &t, &one)
	fp25519.Inv(&w, &t)
	fp25519.Mul(&v, &w, &a)
	fp25519.Neg(&v, &v)
	// chi is 1 where v³ + Av² + v is a square, and -1 where not.
	fp25519.Add(&t, &v, &a)
	fp25519.Mul(&t, &t, &v)
	fp25519.Add(&t, &t, &one)
	fp25519.Mul(&t, &t, &v)
	legendre(&chi, &t)
	// x = v, or -v - A.
	fp25519.Add(&other, &v, &a)
	fp25519.Neg(&other, &other)
	fp25519.Modp(&chi)
	fp25519.Cmov(&other, &v, uint(chi[0]&1)) // 1 is odd, and p-1 is even
	fp25519.Modp(&other)
	return other
}

// legendre gives x to the power (p-1)/2 = 2^254 - 10. The exponent is public.
func legendre(z, x *fp25519.Elt) {
	fp25519.SetOne(z)
	for i := 253; i >= 0; i-- {
		fp25519.Sqr(z, z)
		if i >= 4 || 0b0110>>i&1 == 1 { // 2^254 - 10 is 250 ones, then 0110
			fp25519.Mul(z, z, x)
		}
	}
}

// power is X25519(y, g); none where the outcome is the neutral element.
func power(y, g [pointSize]byte) (out [pointSize]byte, ok bool) {
	priv, err := ecdh.X25519().NewPrivateKey(y[:])
	if err != nil {
		return out, false
	}
	pub, err := ecdh.X25519().NewPublicKey(g[:])
	if err != nil {
		return out, false
	}
	k, err := priv.ECDH(pub) // refuses the neutral element
	if err != nil {
		return out, false
	}
	return [pointSize]byte(k), true
}

// share is what one side sends: a point and what goes with it.
type share struct {
	point [pointSize]byte
	ad    []byte
}

func (s share) bytes() []byte { return lvCat(s.point[:], s.ad) }

// sessionKey is the intermediate session key of one run, where asker spoke
// first.
func sessionKey(sid []byte, k [pointSize]byte, asker, answerer share) []byte {
	in := lvCat([]byte(dsi+"_ISK"), sid, k[:])
	in = append(append(in, asker.bytes()...), answerer.bytes()...)
	h := sha512.Sum512(in)
	return h[:]
}

// confirmation is the tag by which the sender of own shows that he has isk.
func confirmation(sid, isk []byte, own share) []byte {
	key := sha512.New()
	key.Write([]byte("CPaceMac"))
	key.Write(sid)
	key.Write(isk)
	mac := hmac.New(sha512.New, key.Sum(nil))
	mac.Write(own.bytes())
	return mac.Sum(nil)
}
