package kemtest_test

import (
	"bytes"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/keys/kemtest"
)

// The fixed KEM never touches crypto/hpke on its way to the shared secret, so
// agreement says that both follow the specification.
func TestFixedAgreesWithTheRealOne(t *testing.T) {
	seed := [keys.KEMSeed]byte{1, 2, 3}
	real := keys.XWing()
	ek, err := real.Public(seed)
	if err != nil || len(ek) != keys.KEMPublic {
		t.Fatalf("public: %d bytes, %v", len(ek), err)
	}
	a, b := kemtest.New("x"), kemtest.New("x")
	var last []byte
	for range 4 {
		ct, ss, err := a.Encapsulate(ek)
		if err != nil || len(ct) != keys.KEMCiphertext || len(ss) != keys.KEMShared {
			t.Fatalf("%d %d %v", len(ct), len(ss), err)
		}
		ct2, ss2, _ := b.Encapsulate(ek)
		if !bytes.Equal(ct, ct2) || !bytes.Equal(ss, ss2) {
			t.Fatal("not a function of seed and count")
		}
		got, err := real.Decapsulate(seed, ct)
		if err != nil || !bytes.Equal(got, ss) {
			t.Fatalf("the real one disagrees: %v", err)
		}
		if bytes.Equal(ss, last) {
			t.Fatal("a shared secret came twice")
		}
		last = ss
	}
}

func TestRealRoundTripAndRefusals(t *testing.T) {
	k := keys.XWing()
	seed := [keys.KEMSeed]byte{9}
	ek, _ := k.Public(seed)
	ct, ss, err := k.Encapsulate(ek)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Decapsulate(seed, ct); err != nil || !bytes.Equal(got, ss) {
		t.Fatal("round trip", err)
	}
	for _, i := range []int{0, 1100} { // the ML-KEM half, the X25519 half
		bad := bytes.Clone(ct)
		bad[i] ^= 1
		if got, err := k.Decapsulate(seed, bad); err == nil && bytes.Equal(got, ss) {
			t.Errorf("altered at %d: same secret", i)
		}
	}
	if _, _, err := k.Encapsulate(ek[:1215]); !fault.Is(err, fault.Malformed) {
		t.Errorf("short key: %v", err)
	}
	zero := bytes.Clone(ek)
	clear(zero[1184:]) // a low-order point: no shared secret comes from it
	if _, _, err := k.Encapsulate(zero); !fault.Is(err, fault.Malformed) {
		t.Errorf("low-order point: %v", err)
	}
	if _, err := k.Decapsulate(seed, ct[:1119]); !fault.Is(err, fault.Malformed) {
		t.Errorf("short ciphertext: %v", err)
	}
}
