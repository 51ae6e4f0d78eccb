package bonafides

import (
	"bytes"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/cloudflare/circl/math/fp25519"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func point(s string) [pointSize]byte { return [pointSize]byte(unhex(s)) }

// The draft's own vectors for CPACE-X25519-SHA512. [BONA-1]
func TestDraftVectors(t *testing.T) {
	prs, ci := []byte("Password"), unhex("0b415f696e69746961746f720b425f726573706f6e646572")
	sid := unhex("7e4b4791d6a8ef019b936c79fb7f2c57")
	if got := generatorString(prs, ci, sid); len(got) != 170 || !bytes.HasPrefix(got, unhex("0843506163653235350850617373776f72646d0000")) {
		t.Errorf("generator string %x", got)
	}
	g := generator(prs, ci, sid)
	if g != point("d04bf6d41f6a289632a2e929fa29bebd51092512a7829fdde7d314b62f05a73f") {
		t.Fatalf("generator %x", g)
	}
	ya := point("21b4f4bd9e64ed355c3eb676a28ebedaf6d8f17bdc365995b319097153044080")
	yb := point("848b0779ff415f0af4ea14df9dd1d3c29ac41d836c7808896c4eba19c51ac40a")
	a, b := share{ad: []byte("ADa")}, share{ad: []byte("ADb")}
	var ok1, ok2 bool
	a.point, ok1 = power(ya, g)
	b.point, ok2 = power(yb, g)
	if !ok1 || !ok2 || a.point != point("1d13c89278cdadd826f6d8d7f887701430f8380ddc17611cdd6dc989ce0c9f32") ||
		b.point != point("248cccf6d5cdc3646f0ad593f9e6cef4e69d4945f8372e623512ecea32185623") {
		t.Fatalf("shares %x, %x", a.point, b.point)
	}
	k := point("5b067effbdc0b2a0e1d907b21ebb25cfedb96a852179a847c37e43ee71322c6b")
	for _, x := range [][2][pointSize]byte{{ya, b.point}, {yb, a.point}} {
		if got, ok := power(x[0], x[1]); !ok || got != k {
			t.Errorf("K %x", got)
		}
	}
	isk := unhex("6e19b875f7a561d6b3ca3dbb9ef42ac55de3e717881018204b8922b4d5e53bb2aa82c300bea7b65d2b671da71922ddf6472301b79bc270adfa8bf413285f2263")
	if got := sessionKey(sid, k, a, b); !bytes.Equal(got, isk) {
		t.Errorf("ISK %x", got)
	}
}

// Points of low order end a run, and bits that do not count are ignored.
// [BONA-2]
func TestLowOrderPoints(t *testing.T) {
	s := point("af46e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449aff")
	for i, c := range []struct{ u, q string }{
		{"0000000000000000000000000000000000000000000000000000000000000000", ""},
		{"0100000000000000000000000000000000000000000000000000000000000000", ""},
		{"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ""},
		{"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", ""},
		{"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", ""},
		{"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ""},
		{"daffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "d8e2c776bbacd510d09fd9278b7edcd25fc5ae9adfba3b6e040e8d3b71b21806"},
		{"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", ""},
		{"dbffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "c85c655ebe8be44ba9c0ffde69f2fe10194458d137f09bbff725ce58803cdb38"},
		{"d9ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "db64dafa9b8fdd136914e61461935fe92aa372cb056314e1231bc4ec12417456"},
		{"cdeb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880", "e062dcd5376d58297be2618c7498f55baa07d7e03184e8aada20bca28888bf7a"},
		{"4c9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7", "993c6ad11c4c29da9a56f7691fd0ff8d732e49de6250b6c2e80003ff4629a175"},
	} {
		got, ok := power(s, point(c.u))
		if ok != (c.q != "") || ok && got != point(c.q) {
			t.Errorf("u%x: %x, %v", i, got, ok)
		}
	}
}

// The map against the formula over integers, for many inputs and the edges.
func TestElligatorAgainstIntegers(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	a, one := big.NewInt(486662), big.NewInt(1)
	half := new(big.Int).Rsh(new(big.Int).Sub(p, one), 1)
	slow := func(u *big.Int) *big.Int {
		d := new(big.Int).Mul(u, u)
		d.Add(d.Lsh(d, 1), one)
		v := new(big.Int).Mul(new(big.Int).Neg(a), d.ModInverse(d, p))
		v.Mod(v, p)
		g := new(big.Int).Add(v, a)
		g.Add(g.Mul(g, v), one)
		g.Mod(g.Mul(g, v), p)
		if new(big.Int).Exp(g, half, p).Cmp(one) != 0 {
			v.Sub(v.Neg(v), a)
		}
		return v.Mod(v, p)
	}
	n := new(big.Int)
	for i := range 300 {
		switch i {
		case 0, 1, 2:
			n.SetInt64(int64(i))
		case 3, 4, 5, 6: // p-1 and what is not reduced
			n.Add(p, big.NewInt(int64(i)-4))
		default:
			n.Mod(n.Exp(big.NewInt(int64(i)), big.NewInt(77), p), p)
		}
		var u fp25519.Elt
		le := n.FillBytes(make([]byte, pointSize))
		for j := range le {
			u[j] = le[pointSize-1-j]
		}
		got := elligator2(&u)
		want := slow(n).FillBytes(make([]byte, pointSize))
		for j := range want {
			if got[j] != want[pointSize-1-j] {
				t.Fatalf("input %d: %x", i, got)
			}
		}
	}
}

func TestLengthsInFront(t *testing.T) {
	if got := lvCat([]byte("1234"), []byte("5"), nil, []byte("678")); !bytes.Equal(got, unhex("043132333401350003363738")) {
		t.Errorf("%x", got)
	}
	if got := lvCat(make([]byte, 128)); len(got) != 130 || got[0] != 0x80 || got[1] != 1 {
		t.Errorf("%x", got[:2])
	}
}
