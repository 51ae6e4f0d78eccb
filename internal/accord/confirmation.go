package accord

import (
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The kinds of entry about showable confirmations (spec/confirmation.md).
const (
	KindConfirmation record.Kind = "confirmation"
	KindChannelKey   record.Kind = "channel-key"
	KindAttestation  record.Kind = "attestation"
)

const (
	labelConfirmation = "backchannel confirmation v1"
	maxHow            = 512 // bytes of how a fingerprint was compared
)

// Confirmation is a party's signature over the text of a package alone. It can
// be shown to anybody, for ever. It says nothing of when, through whom, or to
// whom: who shows the entry is in the envelope, which is not signed.
type Confirmation struct {
	Party     record.Name `cbor:"1,keyasint" json:"party"`
	On        record.Ref  `cbor:"2,keyasint" json:"on"`
	Suite     keys.Suite  `cbor:"3,keyasint" json:"suite"`
	Key       []byte      `cbor:"4,keyasint" json:"key"`
	Signature []byte      `cbor:"5,keyasint" json:"signature"`
}

// ChannelKey introduces the key by which a party confirms on this channel.
type ChannelKey struct {
	Party  record.Name `cbor:"1,keyasint" json:"party"`
	Holder record.Name `cbor:"2,keyasint" json:"holder"` // on whose desk it is
	Suite  keys.Suite  `cbor:"3,keyasint" json:"suite"`
	Key    []byte      `cbor:"4,keyasint" json:"key"`
}

// Attestation records that the keeper of a desk compared the fingerprint of a
// key with somebody, outside the program.
type Attestation struct {
	Party       record.Name `cbor:"1,keyasint" json:"party"`
	Fingerprint keys.Hash   `cbor:"2,keyasint" json:"fingerprint"`
	With        record.Name `cbor:"3,keyasint" json:"with"`                        // whose key it is, as he said
	By          string      `cbor:"4,keyasint" json:"by"`                          // how: "read aloud by telephone; I know the voice"
	Differs     bool        `cbor:"5,keyasint,omitempty" json:"differs,omitempty"` // it was not the same
}

// Kind gives KindConfirmation.
func (Confirmation) Kind() record.Kind { return KindConfirmation }

// Kind gives KindChannelKey.
func (ChannelKey) Kind() record.Kind { return KindChannelKey }

// Kind gives KindAttestation.
func (Attestation) Kind() record.Kind { return KindAttestation }

// Critical says that a desk which does not know this kind must stop.
func (Confirmation) Critical() bool { return true }

// Lasts says that nobody takes a signature out of the record.
func (Confirmation) Lasts(bool, bool) bool { return true }

// Public gives the key that verifies the confirmation.
func (c Confirmation) Public() keys.PublicKey { return keys.PublicKey{Suite: c.Suite, Key: c.Key} }

// Public gives the key.
func (k ChannelKey) Public() keys.PublicKey { return keys.PublicKey{Suite: k.Suite, Key: k.Key} }

// Check reports what is not well-formed. It does not verify the signature: one
// that does not fit is kept and shown, as what it is.
func (c Confirmation) Check() error {
	if c.On.Hash.IsZero() || !c.On.Entry.IsZero() {
		return fault.New(fault.Malformed, "accord.confirmation", "name the exact version of a package", "a confirmation of no exact version")
	}
	if err := c.On.Check(); err != nil {
		return err
	}
	if err := c.Party.Check(); err != nil {
		return err
	}
	return c.Public().CheckSignature(c.Signature)
}

// Check reports what is not well-formed.
func (k ChannelKey) Check() error {
	if err := k.Party.Check(); err != nil {
		return err
	}
	if err := k.Holder.Check(); err != nil {
		return err
	}
	return k.Public().Check()
}

// Check reports what is not well-formed.
func (a Attestation) Check() error {
	if a.Fingerprint.IsZero() || a.By == "" || len(a.By) > maxHow {
		return fault.New(fault.Malformed, "accord.attestation", "say which fingerprint, and in a few words how it was compared", "a comparison of nothing, or in no way that is said")
	}
	if err := record.CheckText(a.By); err != nil {
		return err
	}
	if err := a.With.Check(); err != nil {
		return err
	}
	return a.Party.Check()
}

// Signed gives what a confirmation signs: [CONF-3]. It takes nothing else, so
// that nothing else can be signed.
func Signed(key keys.PublicKey, party record.Name, text keys.Hash) []byte {
	return keys.Frame([]byte(labelConfirmation), binary.BigEndian.AppendUint16(nil, uint16(key.Suite)), key.Key, []byte(party), text[:])
}

// Confirm signs the package of that reference for party.
func Confirm(key keys.SignKey, party record.Name, on record.Ref) Confirmation {
	pub := key.Public()
	return Confirmation{Party: party, On: on, Suite: pub.Suite, Key: pub.Key, Signature: key.Sign(Signed(pub, party, on.Hash))}
}

// Fits reports whether the signature is over that package, for that party.
func (c Confirmation) Fits() bool {
	return c.Public().Verify(Signed(c.Public(), c.Party, c.On.Hash), c.Signature)
}
