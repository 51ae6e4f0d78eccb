package view

import (
	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// subject is one thing that views and alarms are about. An entry touches few
// subjects, however long the record is.
type subject struct {
	of   subjectSort
	name record.Name
	hash keys.Hash
	id   keys.ID
}

// subjectSort is a sort of subject.
type subjectSort uint8

const (
	ofName    subjectSort = iota // the texts of one name: packages and terms
	ofPackage                    // one version of a package, by hash
	ofTerm                       // one version of a term, by hash
	ofVersion                    // a version of either that somebody acted on, here or not, by hash
	ofEntry                      // one entry that is watched for itself
	ofLine                       // what one peer's line brought
	ofParty                      // a person or a party, by name
)

// watched reports whether an entry of that body is watched for itself.
func watched(it record.Seen) bool {
	switch it.Body.(type) {
	case record.Unknown:
		return it.Critical
	case record.Message, record.Conveyance, accord.Act, record.Approach, circle.Incident, circle.Plan, circle.Request:
		return true
	}
	return false
}

// subjectsOf gives the subjects that an item brings into the record, in one
// wording.
func subjectsOf(it *record.Seen, body record.Body) []subject {
	var out []subject
	if peer := it.Came.Over(); peer != "" {
		out = append(out, subject{of: ofLine, name: peer})
	}
	if watched(*it) {
		out = append(out, subject{of: ofEntry, id: it.ID})
	}
	switch b := body.(type) {
	case accord.Term:
		out = append(out, subject{of: ofName, name: b.Name}, subject{of: ofTerm, hash: b.Hash()})
	case accord.Package:
		out = append(out, subject{of: ofName, name: b.Name}, subject{of: ofPackage, hash: b.Hash()})
	case accord.Act:
		out = append(out, subject{of: ofVersion, hash: b.On.Hash})
	case accord.Confirmation:
		out = append(out, subject{of: ofVersion, hash: b.On.Hash}, subject{of: ofParty, name: b.Party})
	case accord.ChannelKey:
		out = append(out, subject{of: ofParty, name: b.Party})
	case accord.Attestation:
		out = append(out, subject{of: ofParty, name: b.Party})
	case record.Comparison:
		out = append(out, subject{of: ofLine, name: b.Peer})
	case record.Correction:
		out = append(out, subject{of: ofEntry, id: it.Corrects})
	case record.Person:
		out = append(out, subject{of: ofParty, name: b.Name})
	case record.Party:
		out = append(out, subject{of: ofParty, name: b.Name})
	}
	return out
}

// subjects gives every subject of the record, each once.
func (v *View) subjects() []subject {
	var out []subject
	seen := map[subject]bool{}
	add := func(it *record.Seen, body record.Body) {
		for _, s := range subjectsOf(it, body) {
			if s.of == ofEntry && s.id == it.ID && v.keyed[idOf(keyFix, it.ID)] == nil {
				out = append(out, s) // nothing else names it
			} else if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	for place, it := range v.p.InOrder() {
		if it.First == nil {
			add(&it, it.Body)
			continue
		}
		for _, body := range v.p.Wordings(place) {
			add(&it, body)
		}
	}
	return out
}
