package view

import (
	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The alarms about confirmations.
const (
	TwoKeys      AlarmKind = "two-keys"      // two keys confirm in the name of Party; By brought the later one
	BadSignature AlarmKind = "bad-signature" // By brought a confirmation of On in the name of Party that does not fit
)

// keys looks for two keys under one party of which nobody found one to differ:
// one of them may be a go-between's own.
func (a *alarms) keys(party record.Name) {
	var entries []keys.ID
	var last accord.KnownKey
	for _, k := range a.v.l.KeysOf(party) {
		if said, compared := a.v.l.Attested(k.Fingerprint, party); compared && said.Differs {
			continue
		}
		entries, last = append(entries, k.Entry), k
	}
	if len(entries) > 1 {
		a.raise(Alarm{Kind: TwoKeys, Party: party, By: last.By}, entries...)
	}
}

// misfits looks for confirmations of a version whose signature does not fit.
func (a *alarms) misfits(h keys.Hash) {
	for _, party := range a.v.l.Signatories(h) {
		for _, p := range a.v.l.Proofs(party, h) {
			if p.State != accord.ProofMisfit {
				continue
			}
			al := Alarm{Kind: BadSignature, Party: party, By: p.By, On: record.Ref{Hash: h}}
			if pk, ok := a.v.l.Package(h); ok {
				al.On = pk.Ref
			}
			a.raise(al, p.Entry)
		}
	}
}
