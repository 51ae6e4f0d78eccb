package circle

import (
	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// Showing gives the disclosure that somebody was given the file of a proof: of
// one term, of that package, with those confirmations. What he was given can be
// made again from it.
func Showing(p accord.TermProof, of record.Ref, by, to record.Name) Disclosure {
	d := Disclosure{To: to, What: []record.Ref{p.Term.Ref().Ref()}, Footing: Briefed, By: by, Form: record.Text,
		Proof: record.Ref{Name: of.Name, Version: of.Version, Hash: of.Hash}}
	for _, c := range p.Confirmations {
		d.Signed = append(d.Signed, c.Party)
	}
	return d
}

// Shown gives the proof that a disclosure says was given.
func (d Disclosure) Shown(l *accord.Ledger) (accord.TermProof, error) {
	if d.Proof.IsZero() || len(d.What) != 1 {
		return accord.TermProof{}, fault.New(fault.Refused, "circle.no-proof", "open one by which a file was given", "this disclosure gave no file")
	}
	s, err := l.SignedAgreement(d.Proof.Hash)
	if err != nil {
		return accord.TermProof{}, err
	}
	p, err := s.Prove(d.What[0].Name, d.Signed...)
	if err == nil && p.Term.Hash() != d.What[0].Hash {
		err = fault.New(fault.Corrupt, "circle.other-term", "run `backchannel verify`", "the package has another term of that name")
	}
	return p, err
}
