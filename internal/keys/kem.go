package keys

import (
	"crypto/hpke"

	"backchannel/internal/fault"
)

// Sizes of the hybrid KEM (ML-KEM-768 with X25519, "X-Wing").
const (
	KEMSeed       = 32   // bytes of a secret key, from which everything else is derived
	KEMPublic     = 1216 // bytes of a public key
	KEMCiphertext = 1120 // bytes of an encapsulation
	KEMShared     = 32   // bytes of the shared secret
)

// KEM is a key encapsulation mechanism over fixed-size byte strings. It is an
// argument of the core and never chosen by it: Encapsulate draws its
// randomness inside the standard library, which the core may not do itself
// (docs/decisions/0003-kem-randomness.md).
type KEM interface {
	// Public gives the public key of the secret key seed.
	Public(seed [KEMSeed]byte) (ek []byte, err error)
	// Encapsulate makes a fresh shared secret that only the holder of the
	// secret key of ek can recover from ct.
	Encapsulate(ek []byte) (ct, ss []byte, err error)
	// Decapsulate recovers the shared secret. A ct that was not made for this
	// key gives an unrelated secret or an error; callers treat both as one.
	Decapsulate(seed [KEMSeed]byte, ct []byte) (ss []byte, err error)
}

// kemInfo and kemExport separate this use of HPKE from every other one.
const (
	kemInfo   = "backchannel kem v1"
	kemExport = "backchannel kem v1 shared secret"
)

type xwing struct{}

// XWing is the KEM of suite 1: HPKE base mode with MLKEM768-X25519 (0x647a),
// HKDF-SHA256 and the export-only AEAD; the shared secret is one export.
func XWing() KEM { return xwing{} }

func (xwing) Public(seed [KEMSeed]byte) ([]byte, error) {
	sk, err := hpke.MLKEM768X25519().NewPrivateKey(seed[:])
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "keys.kem", "", "no key from this seed")
	}
	return sk.PublicKey().Bytes(), nil
}

func (xwing) Encapsulate(ek []byte) (ct, ss []byte, err error) {
	pk, err := hpke.MLKEM768X25519().NewPublicKey(ek)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Malformed, "keys.kem-public", "", "not a public key")
	}
	ct, s, err := hpke.NewSender(pk, hpke.HKDFSHA256(), hpke.ExportOnly(), []byte(kemInfo))
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Malformed, "keys.kem-public", "", "cannot encapsulate to this key")
	}
	ss, err = s.Export(kemExport, KEMShared)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "keys.kem", "", "no export")
	}
	return ct, ss, nil
}

func (xwing) Decapsulate(seed [KEMSeed]byte, ct []byte) ([]byte, error) {
	sk, err := hpke.MLKEM768X25519().NewPrivateKey(seed[:])
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "keys.kem", "", "no key from this seed")
	}
	r, err := hpke.NewRecipient(ct, sk, hpke.HKDFSHA256(), hpke.ExportOnly(), []byte(kemInfo))
	if err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "keys.kem-ciphertext", "", "not an encapsulation")
	}
	ss, err := r.Export(kemExport, KEMShared)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "keys.kem", "", "no export")
	}
	return ss, nil
}

// prepared answers for some seeds from what it knows.
type prepared struct {
	KEM
	public map[[KEMSeed]byte][]byte
}

// Prepared gives a KEM that has the public keys of some seeds at hand. It lets
// a driver make keys when it has time, for a call that comes when it has none.
func Prepared(k KEM, seeds ...[KEMSeed]byte) (KEM, error) {
	p := prepared{k, map[[KEMSeed]byte][]byte{}}
	for _, s := range seeds {
		ek, err := k.Public(s)
		if err != nil {
			return nil, err
		}
		p.public[s] = ek
	}
	return p, nil
}

func (p prepared) Public(seed [KEMSeed]byte) ([]byte, error) {
	if ek, ok := p.public[seed]; ok {
		return ek, nil
	}
	return p.KEM.Public(seed)
}
