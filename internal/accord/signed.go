package accord

import (
	"bytes"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// MaxSigned is the most bytes of an agreement file.
const MaxSigned = 16 << 20

const signedFormat = "backchannel-agreement/2"

// SignedAgreement is a package, its terms, and the confirmations of it: all
// that is needed to verify it, and nothing else (spec/confirmation.md).
type SignedAgreement struct {
	Package       Package
	Terms         []Term         // in the order of the package
	Confirmations []Confirmation // by party, one each
}

type signedWire struct {
	Format        string       `cbor:"1,keyasint"`
	Package       Package      `cbor:"2,keyasint"`
	Terms         []Term       `cbor:"3,keyasint"`
	Confirmations []signerWire `cbor:"4,keyasint"`
}

type signerWire struct {
	Party     record.Name `cbor:"1,keyasint"`
	Suite     keys.Suite  `cbor:"2,keyasint"`
	Key       []byte      `cbor:"3,keyasint"`
	Signature []byte      `cbor:"4,keyasint"`
}

// Encode gives the file. It refuses what ReadSigned would refuse.
func (s SignedAgreement) Encode() ([]byte, error) {
	w := signedWire{Format: signedFormat, Package: s.Package, Terms: s.Terms}
	for _, c := range s.Confirmations {
		w.Confirmations = append(w.Confirmations, signerWire{c.Party, c.Suite, c.Key, c.Signature})
	}
	b, err := wire.Encode(w)
	if err != nil {
		return nil, err
	}
	_, err = ReadSigned(b)
	return b, err
}

// ReadSigned reads a file and verifies all that the file itself can prove:
// [CONF-13]. Whose keys they are is for its reader to know.
func ReadSigned(b []byte) (SignedAgreement, error) {
	var w signedWire
	if err := wire.Decode(b, MaxSigned, &w); err != nil {
		return SignedAgreement{}, fault.Wrap(err, fault.KindOf(err), "accord.signed-bytes", "ask for the file again, unaltered", "this is no agreement file, or it was altered")
	}
	if w.Format != signedFormat {
		return SignedAgreement{}, fault.New(fault.Malformed, "accord.signed-format", "bring this program up to date", "an agreement file of another form")
	}
	s := SignedAgreement{Package: w.Package, Terms: w.Terms}
	ref := s.Package.Ref()
	for _, c := range w.Confirmations {
		s.Confirmations = append(s.Confirmations, Confirmation{c.Party, ref, c.Suite, c.Key, c.Signature})
	}
	return s, s.check()
}

func (s SignedAgreement) check() error {
	if err := s.Package.Check(); err != nil {
		return err
	}
	altered := func(text string, args ...any) error {
		return fault.New(fault.Unauthentic, "accord.signed-altered", "ask for the file again, unaltered", "the file was altered: "+text, args...)
	}
	if len(s.Terms) != len(s.Package.Terms) {
		return altered("the package has %d terms, and the file %d", len(s.Package.Terms), len(s.Terms))
	}
	for i, t := range s.Terms {
		if err := t.Check(); err != nil {
			return err
		}
		if t.Ref() != s.Package.Terms[i] {
			return altered("the term %s is not the one that the package names", s.Package.Terms[i].Name)
		}
	}
	needed := s.Needed()
	for i, c := range s.Confirmations {
		if err := c.Check(); err != nil {
			return err
		}
		switch {
		case i > 0 && s.Confirmations[i-1].Party >= c.Party:
			return altered("the confirmations are not in order, one for each party")
		case !slices.Contains(needed, c.Party):
			return altered("%s confirms, whom the package does not need", c.Party)
		case !c.Fits():
			return altered("the signature of %s does not fit this text", c.Party)
		}
	}
	return nil
}

// Needed gives the parties whose acceptance the package needs.
func (s SignedAgreement) Needed() []record.Name { return neededBy(s.Package, s.Terms) }

// Missing gives those that have not confirmed: [CONF-14].
func (s SignedAgreement) Missing() []record.Name {
	return slices.DeleteFunc(s.Needed(), func(n record.Name) bool {
		return slices.ContainsFunc(s.Confirmations, func(c Confirmation) bool { return c.Party == n })
	})
}

// neededBy gives the parties that a package names and every debtor of its
// obligations and guarantees.
func neededBy(p Package, terms []Term) []record.Name {
	needed := slices.Clone(p.Needs)
	for _, t := range terms {
		if t.Debtor != "" && (t.Sort == Obligation || t.Sort == Guarantee) && !slices.Contains(needed, t.Debtor) {
			needed = append(needed, t.Debtor)
		}
	}
	slices.Sort(needed)
	return needed
}

// SignedAgreement puts together the file of a package, from the confirmations
// of every party that it needs. Where a party signed under several keys, the
// attested one is taken; with none attested, one key alone.
func (l *Ledger) SignedAgreement(h keys.Hash) (SignedAgreement, error) {
	p, ok := l.Package(h)
	terms, whole := l.TermsOf(p.Body)
	if !ok || !whole {
		return SignedAgreement{}, fault.New(fault.NotFound, "accord.signed-text", "ask for the text that is missing", "this desk does not have the whole text")
	}
	s := SignedAgreement{Package: p.Body}
	for _, t := range terms {
		s.Terms = append(s.Terms, t.Body)
	}
	for _, party := range s.Needed() {
		proof, err := l.signatureOf(party, h)
		if err != nil {
			return SignedAgreement{}, err
		}
		s.Confirmations = append(s.Confirmations, Confirmation{party, p.Ref, proof.Key.Suite, proof.Key.Key, proof.Signature})
	}
	return s, s.check()
}

func (l *Ledger) signatureOf(party record.Name, h keys.Hash) (Proof, error) {
	fit := slices.DeleteFunc(l.Proofs(party, h), func(p Proof) bool { return p.State == ProofMisfit || p.State == ProofDiffers })
	if i := slices.IndexFunc(fit, func(p Proof) bool { return p.State == ProofAttested }); i >= 0 {
		return fit[i], nil
	}
	switch {
	case len(fit) == 0:
		return Proof{}, fault.New(fault.Refused, "accord.unsigned", "ask them for a showable confirmation", "%s has not confirmed this text by a signature that can be shown", party)
	case slices.ContainsFunc(fit, func(p Proof) bool { return !bytes.Equal(p.Key.Key, fit[0].Key.Key) }):
		return Proof{}, fault.New(fault.Refused, "accord.two-keys", "compare the words of each key with them, and record it with `backchannel key compare`", "two keys confirm in the name of %s, and nobody here has vouched for either", party)
	}
	return fit[0], nil
}
