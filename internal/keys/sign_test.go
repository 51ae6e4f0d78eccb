package keys

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

func testSignKey(t *testing.T, b byte) SignKey {
	t.Helper()
	k, err := NewSignKey(bytes.NewReader(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// RFC 8032, section 7.1, test 2.
func TestSignatureOfTheStandard(t *testing.T) {
	secret, _ := hex.DecodeString("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	k, err := SignKeyOf(secret)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(k.Public().Key); got != "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" {
		t.Error(got)
	}
	want := "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
	if got := hex.EncodeToString(k.Sign([]byte{0x72})); got != want {
		t.Error(got)
	}
	if !k.Public().Verify([]byte{0x72}, k.Sign([]byte{0x72})) || k.Public().Verify([]byte{0x73}, k.Sign([]byte{0x72})) {
		t.Error("verification")
	}
	if back, err := SignKeyOf(k.Secret()); err != nil || back != k {
		t.Error(err)
	}
	if _, err := SignKeyOf(secret[1:]); !fault.Is(err, fault.Corrupt) {
		t.Error(err)
	}
}

// [CONF-1]: other suites and lengths are refused, and keys that fit anything.
func TestKeysThatAreRefused(t *testing.T) {
	good := testSignKey(t, 7).Public()
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	other := func(change func(k *PublicKey)) PublicKey {
		k := PublicKey{good.Suite, bytes.Clone(good.Key)}
		change(&k)
		return k
	}
	bad := map[string]PublicKey{
		"no suite":   other(func(k *PublicKey) { k.Suite = 0 }),
		"next suite": other(func(k *PublicKey) { k.Suite = 2 }),
		"short":      other(func(k *PublicKey) { k.Key = k.Key[:31] }),
		"long":       other(func(k *PublicKey) { k.Key = append(k.Key, 0) }),
		"empty":      {Suite: SuiteEd25519},
	}
	for name, y := range map[string]string{
		"0": strings.Repeat("00", 32), "1": "01" + strings.Repeat("00", 31), "-1": "ec" + strings.Repeat("ff", 30) + "7f",
		"p": "ed" + strings.Repeat("ff", 30) + "7f", "p+1": "ee" + strings.Repeat("ff", 30) + "7f",
		"8a": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "8b": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	} {
		b, err := hex.DecodeString(y)
		if err != nil {
			t.Fatal(err)
		}
		bad["small order "+name] = PublicKey{SuiteEd25519, b}
		flipped := bytes.Clone(b)
		flipped[31] |= 0x80
		bad["small order, other sign "+name] = PublicKey{SuiteEd25519, flipped}
	}
	for name, k := range bad {
		if err := k.Check(); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What would happen otherwise: the identity as a key, and one signature for
	// every text.
	one := PublicKey{SuiteEd25519, append([]byte{1}, make([]byte, 31)...)}
	forged := append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...)
	if one.Verify([]byte("this"), forged) || one.Verify([]byte("that"), forged) {
		t.Error("a signature that fits any text verifies")
	}
	for _, n := range []int{0, 63, 65} {
		if good.Verify([]byte("x"), make([]byte, n)) || good.CheckSignature(make([]byte, n)) == nil {
			t.Errorf("a signature of %d bytes", n)
		}
	}
}

// [CONF-2]
func TestFingerprintAsTyped(t *testing.T) {
	h := testSignKey(t, 7).Public().Fingerprint()
	words := strings.Join(h.Words(FingerprintWords), " ")
	for _, same := range []string{
		words, strings.ToUpper(words), strings.ReplaceAll(words, " ", "-"), "  " + strings.ReplaceAll(words, " ", ",\n ") + ".", h.String(),
		strings.ToUpper(h.String()), h.String()[:32] + " " + h.String()[32:],
	} {
		if ok, err := h.Same(same); !ok || err != nil {
			t.Errorf("%q: %v %v", same, ok, err)
		}
	}
	other := testSignKey(t, 8).Public().Fingerprint()
	for _, another := range []string{strings.Join(other.Words(FingerprintWords), " "), other.String()} {
		if ok, err := h.Same(another); ok || err != nil {
			t.Errorf("%q: %v %v", another, ok, err)
		}
	}
	last := h.Words(FingerprintWords)
	last[11] = other.Words(FingerprintWords)[11]
	if ok, err := h.Same(strings.Join(last, " ")); ok || err != nil {
		t.Errorf("one other word: %v %v", ok, err)
	}
	for _, none := range []string{"", words + " baba", strings.TrimSpace(words[:55]), strings.Replace(words, words[:4], "baxa", 1), strings.Replace(words, words[:4], "zizu", 1), h.String()[1:]} {
		if _, err := h.Same(none); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q: %v", none, err)
		}
	}
	if a, b := testSignKey(t, 7).Public(), (PublicKey{2, testSignKey(t, 7).Public().Key}); a.Fingerprint() == b.Fingerprint() {
		t.Error("the suite is not in the fingerprint")
	}
	for v := range 16 * 3 * 16 * 3 {
		if isWord(word(v)) != (v < 1<<BitsPerWord) {
			t.Fatal(v, word(v))
		}
	}
}
