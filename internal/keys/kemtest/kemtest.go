// Package kemtest is the KEM of package keys with its randomness derived from
// a seed, for tests and vectors only. It is written from RFC 9180 and the
// X-Wing construction without crypto/hpke, so that agreeing with the real one
// is also a check on the real one.
package kemtest

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha3"
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Fixed is a KEM whose n-th encapsulation depends on its seed and n alone.
type Fixed struct {
	keys.KEM
	seed string
	n    uint64
}

// New makes a Fixed KEM. It is not safe for use by several goroutines.
func New(seed string) *Fixed { return &Fixed{KEM: keys.XWing(), seed: seed} }

// Encapsulate is the derandomised encapsulation.
func (f *Fixed) Encapsulate(ek []byte) (ct, ss []byte, err error) {
	if len(ek) != keys.KEMPublic {
		return nil, nil, fault.New(fault.Malformed, "keys.kem-public", "", "not a public key")
	}
	f.n++
	r := sha3.NewSHAKE256()
	r.Write(binary.BigEndian.AppendUint64([]byte("backchannel kemtest "+f.seed+" "), f.n))
	m, x := make([]byte, 32), make([]byte, 32)
	r.Read(m)
	r.Read(x)
	if ct, ss, err = Encapsulate(ek, m, x); err != nil {
		return nil, nil, fault.Wrap(err, fault.Malformed, "keys.kem-public", "", "cannot encapsulate to this key")
	}
	return ct, ss, nil
}

// Encapsulate encapsulates to ek with the ML-KEM message m and the X25519
// ephemeral secret x, 32 bytes each.
func Encapsulate(ek, m, x []byte) (ct, ss []byte, err error) {
	pq, err := mlkem.NewEncapsulationKey768(ek[:mlkem.EncapsulationKeySize768])
	if err != nil {
		return nil, nil, err
	}
	pub, err := ecdh.X25519().NewPublicKey(ek[mlkem.EncapsulationKeySize768:])
	if err != nil {
		return nil, nil, err
	}
	ssPQ, ctPQ, err := mlkemtest.Encapsulate768(pq, m)
	if err != nil {
		return nil, nil, err
	}
	eph, err := ecdh.X25519().NewPrivateKey(x)
	if err != nil {
		return nil, nil, err
	}
	ssT, err := eph.ECDH(pub)
	if err != nil {
		return nil, nil, err
	}
	ctT := eph.PublicKey().Bytes()
	h := sha3.New256()
	for _, b := range [][]byte{ssPQ, ssT, ctT, pub.Bytes(), []byte(`\./` + `/^\`)} {
		h.Write(b)
	}
	ss, err = export(h.Sum(nil))
	return append(ctPQ, ctT...), ss, err
}

// export is the HPKE key schedule (RFC 9180, base mode) down to one export.
func export(shared []byte) ([]byte, error) {
	suite := []byte("HPKE\x64\x7a\x00\x01\xff\xff")
	extract := func(salt []byte, label string, ikm []byte) ([]byte, error) {
		return hkdf.Extract(sha256.New, cat([]byte("HPKE-v1"), suite, []byte(label), ikm), salt)
	}
	expand := func(prk []byte, label string, info []byte) ([]byte, error) {
		return hkdf.Expand(sha256.New, prk, string(cat([]byte{0, 32}, []byte("HPKE-v1"), suite, []byte(label), info)), 32)
	}
	psk, err := extract(nil, "psk_id_hash", nil)
	if err != nil {
		return nil, err
	}
	info, err := extract(nil, "info_hash", []byte("backchannel kem v1"))
	if err != nil {
		return nil, err
	}
	secret, err := extract(shared, "secret", nil)
	if err != nil {
		return nil, err
	}
	exporter, err := expand(secret, "exp", cat([]byte{0}, psk, info))
	if err != nil {
		return nil, err
	}
	return expand(exporter, "sec", []byte("backchannel kem v1 shared secret"))
}

func cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
