package accord

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

const termProofFormat = "backchannel-term/1"

// TermProof shows one term of a package that parties confirmed, and nothing of
// the rest: not the other terms nor their number, not the package's text, name
// or salt, not whom else it needs (spec/confirmation.md, section 6).
type TermProof struct {
	Term          Term
	Confirmations []Confirmation // by party, one each; of those that its maker chose to show

	blind, head keys.Hash
	slot        int
	path        [treeDepth]keys.Hash
}

type termProofWire struct {
	Format        string       `cbor:"1,keyasint"`
	Term          Term         `cbor:"2,keyasint"`
	Blind         keys.Hash    `cbor:"3,keyasint"`
	Slot          []byte       `cbor:"4,keyasint"` // two bytes whatever the slot, so that it does not show in the length
	Path          []byte       `cbor:"5,keyasint"`
	Head          keys.Hash    `cbor:"6,keyasint"`
	Confirmations []signerWire `cbor:"7,keyasint"`
}

// Prove shows one term of an agreement that all whom it needs confirmed, with
// the confirmations of those parties; with none named, of those that the term
// itself names, so that it tells of nobody else.
func (s SignedAgreement) Prove(term record.Name, by ...record.Name) (TermProof, error) {
	if err := s.check(); err != nil {
		return TermProof{}, err
	}
	if missing := s.Missing(); len(missing) > 0 {
		return TermProof{}, fault.New(fault.Refused, "accord.term-proof-unconfirmed", "ask them for a showable confirmation", "%s has not confirmed this text by a signature that can be shown", missing[0])
	}
	at := slices.IndexFunc(s.Terms, func(t Term) bool { return t.Name == term })
	if at < 0 {
		return TermProof{}, fault.New(fault.NotFound, "accord.term-proof-term", "name a term of that package", "the package has no term %s", term)
	}
	slot := s.Package.slots()[at]
	out := TermProof{Term: s.Terms[at], slot: slot, blind: s.Package.blind(slot), path: s.Package.path(slot), head: s.Package.headHash()}
	if len(by) == 0 {
		t := out.Term
		by = slices.DeleteFunc(append([]record.Name{t.Debtor, t.Creditor, t.Of, t.Monitor}, t.Needs...), func(n record.Name) bool { return !s.confirmedBy(n) })
	}
	for _, n := range by {
		if !s.confirmedBy(n) {
			return TermProof{}, fault.New(fault.Refused, "accord.term-proof-party", "name a party that the package needs", "%s confirms nothing here", n)
		}
	}
	for _, c := range s.Confirmations {
		if slices.Contains(by, c.Party) {
			c.On = record.Ref{Hash: c.On.Hash} // no name, no version
			out.Confirmations = append(out.Confirmations, c)
		}
	}
	return out, out.check()
}

func (s SignedAgreement) confirmedBy(n record.Name) bool {
	return slices.ContainsFunc(s.Confirmations, func(c Confirmation) bool { return c.Party == n })
}

// Package gives the hash of the package that the term is in.
func (p TermProof) Package() keys.Hash {
	at := leafHash(p.blind, p.Term.Ref())
	for height, beside := range p.path {
		if p.slot>>height&1 == 0 {
			at = nodeHash(at, beside)
		} else {
			at = nodeHash(beside, at)
		}
	}
	return packageHash(p.head, at)
}

// Named gives the other terms that the term itself names: whoever is shown it
// learns of them.
func (p TermProof) Named() []record.Name {
	out := append(slices.Clone(p.Term.Against), p.Term.Covers...)
	var in func(c Condition)
	in = func(c Condition) {
		if c.Term != "" {
			out = append(out, c.Term)
		}
		for _, o := range c.Of {
			in(o)
		}
	}
	in(p.Term.When)
	slices.Sort(out)
	return slices.Compact(out)
}

// Encode gives the file. It refuses what ReadTermProof would refuse.
func (p TermProof) Encode() ([]byte, error) {
	w := termProofWire{Format: termProofFormat, Term: p.Term, Blind: p.blind, Head: p.head, Slot: binary.BigEndian.AppendUint16(nil, uint16(p.slot))}
	for _, h := range p.path {
		w.Path = append(w.Path, h[:]...)
	}
	for _, c := range p.Confirmations {
		w.Confirmations = append(w.Confirmations, signerWire{c.Party, c.Suite, c.Key, c.Signature})
	}
	b, err := wire.Encode(w)
	if err != nil {
		return nil, err
	}
	_, err = ReadTermProof(b)
	return b, err
}

// termProofText begins the form of the file that can be pasted: [CONF-22].
const termProofText = "backchannel-term/1 as text"

// Text gives the file in a form that can be pasted.
func (p TermProof) Text() (string, error) {
	b, err := p.Encode()
	if err != nil {
		return "", err
	}
	s := base64.StdEncoding.EncodeToString(b)
	out := termProofText + "\n"
	for len(s) > 0 {
		n := min(len(s), 64)
		out, s = out+s[:n]+"\n", s[n:]
	}
	return out, nil
}

func fromText(text []byte) ([]byte, error) {
	bad := fault.New(fault.Malformed, "accord.term-proof-text", "paste it again, whole", "this text is no proof of a term, or not all of it")
	b, err := base64.StdEncoding.Strict().DecodeString(string(bytes.Join(bytes.Fields(text), nil)))
	if err != nil {
		return nil, bad
	}
	return b, nil
}

// ReadTermProof reads a file and verifies all that the file itself can prove:
// [CONF-19]. Whose keys they are is for its reader to know.
func ReadTermProof(b []byte) (TermProof, error) {
	if text, ok := bytes.CutPrefix(bytes.TrimSpace(b[:min(len(b), MaxSigned)]), []byte(termProofText)); ok {
		var err error
		if b, err = fromText(text); err != nil {
			return TermProof{}, err
		}
	}
	var w termProofWire
	if err := wire.Decode(b, MaxSigned, &w); err != nil {
		return TermProof{}, fault.Wrap(err, fault.KindOf(err), "accord.term-proof-bytes", "ask for the file again, unaltered", "this is no proof of a term, or it was altered")
	}
	if w.Format != termProofFormat {
		return TermProof{}, fault.New(fault.Malformed, "accord.term-proof-format", "bring this program up to date", "a proof of a term in another form")
	}
	if len(w.Slot) != 2 || len(w.Path) != treeDepth*len(keys.Hash{}) {
		return TermProof{}, fault.New(fault.Malformed, "accord.term-proof-path", "ask for the file again, unaltered", "a proof of a term whose path is cut or extended")
	}
	p := TermProof{Term: w.Term, blind: w.Blind, head: w.Head, slot: int(binary.BigEndian.Uint16(w.Slot))}
	for i := range p.path {
		copy(p.path[i][:], w.Path[i*len(keys.Hash{}):])
	}
	if p.slot >= treeSlots {
		return TermProof{}, fault.New(fault.Malformed, "accord.term-proof-path", "ask for the file again, unaltered", "a proof of a term in no slot")
	}
	on := record.Ref{Hash: p.Package()}
	for _, c := range w.Confirmations {
		p.Confirmations = append(p.Confirmations, Confirmation{c.Party, on, c.Suite, c.Key, c.Signature})
	}
	return p, p.check()
}

func (p TermProof) check() error {
	if err := p.Term.Check(); err != nil {
		return err
	}
	if len(p.Confirmations) == 0 {
		return fault.New(fault.Refused, "accord.term-proof-by", "name with --by whose confirmation it is to show", "a proof of a term that nobody confirms")
	}
	on := p.Package()
	for i, c := range p.Confirmations {
		if err := c.Party.Check(); err != nil {
			return err
		}
		if err := c.Public().CheckSignature(c.Signature); err != nil {
			return err
		}
		if i > 0 && p.Confirmations[i-1].Party >= c.Party {
			return fault.New(fault.Unauthentic, "accord.term-proof-altered", "ask for the file again, unaltered", "the file was altered: the confirmations are not in order, one for each party")
		}
		if c.On.Hash != on || !c.Fits() {
			return fault.New(fault.Unauthentic, "accord.term-proof-altered", "ask for the file again, unaltered", "the file was altered: the signature of %s does not fit a package with this term", c.Party)
		}
	}
	return nil
}
