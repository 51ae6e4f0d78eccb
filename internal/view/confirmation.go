package view

import (
	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Proof is a showable confirmation as this desk can judge it.
type Proof struct {
	Entry       keys.ID           `json:"entry"`
	By          record.Name       `json:"by"` // who brought it
	Known       record.Instant    `json:"known"`
	Fingerprint keys.Hash         `json:"fingerprint"` // of its key
	State       accord.ProofState `json:"state"`
	With        record.Name       `json:"with,omitempty"` // with whom the key was compared
	How         string            `json:"how,omitempty"`  // and how
}

// Key is a confirmation key that came up here under the name of a party.
type Key struct {
	Party       record.Name    `json:"party"`
	Holder      record.Name    `json:"holder,omitempty"` // on whose desk it is said to be
	Fingerprint keys.Hash      `json:"fingerprint"`
	By          record.Name    `json:"by"`  // who brought it
	Own         bool           `json:"own"` // the keeper's
	Compared    bool           `json:"compared"`
	Differs     bool           `json:"differs,omitempty"`
	With        record.Name    `json:"with,omitempty"` // with whom the keeper compared it
	How         string         `json:"how,omitempty"`
	Known       record.Instant `json:"known"`
	Entry       keys.ID        `json:"entry"`
}

func proofs(list []accord.Proof) []Proof {
	var out []Proof
	for _, p := range list {
		out = append(out, Proof{p.Entry, p.By, p.Known, p.Fingerprint, p.State, p.With, p.How})
	}
	return out
}

// stand fills in what the acceptances of a package stand on.
func (v *View) stand(cells []Cell, h keys.Hash) {
	for i := range cells {
		e := v.l.Evidence(cells[i].Party, h)
		cells[i].Strength, cells[i].Proofs = e.Strength, proofs(e.Proofs)
	}
}

// Keys gives the confirmation keys that came up here, a key and a party once,
// in the order in which they became known.
func (v *View) Keys() []Key {
	var out []Key
	for _, k := range v.l.Keys() {
		key := Key{
			Party: k.Party, Holder: k.Holder, Fingerprint: k.Fingerprint, By: k.By, Known: k.Known, Entry: k.Entry, Own: k.Own,
		}
		if a, ok := v.l.Attested(k.Fingerprint, k.Party); ok {
			key.Compared, key.Differs, key.With, key.How = true, a.Differs, a.With, a.By
		}
		out = append(out, key)
	}
	return out
}
