package accord

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// Strength says what an acceptance stands on, as this desk can verify.
type Strength string

// The strengths, weakest first.
const (
	NoStrength  Strength = ""
	ByReport    Strength = "reported"     // by somebody
	ByPaper     Strength = "signed-paper" // reported, and the keeper of this desk says that he holds the signed paper
	ByOwnDesk   Strength = "own-desk"     // the party's own act, from its own desk
	BySignature Strength = "signature"    // that, and a showable signature under a key that was attested here
)

var strengths = [...]Strength{NoStrength, ByReport, ByPaper, ByOwnDesk, BySignature}

// ProofState says what this desk makes of a confirmation.
type ProofState string

// The states of a proof. Only ProofAttested counts.
const (
	ProofAttested   ProofState = "attested"   // the signature fits, and the keeper compared the key
	ProofUnattested ProofState = "unattested" // the signature fits, and nobody here has vouched for the key
	ProofDiffers    ProofState = "differs"    // the keeper compared the key, and it was another
	ProofMisfit     ProofState = "misfit"     // the signature does not fit
	ProofVoiceless  ProofState = "voiceless"  // attested, of somebody who does not speak for the party
)

// Proof is a confirmation as this desk can judge it.
type Proof struct {
	Party       record.Name
	Entry       keys.ID
	By          record.Name // who brought it
	Known       record.Instant
	Key         keys.PublicKey
	Fingerprint keys.Hash
	State       ProofState
	With        record.Name // with whom the key was compared; the keeper, for his own
	How         string      // and how
	Rests       Rests       // what it rests on, where it counts
	Signature   []byte
}

// PartyEvidence is what one party's acceptance stands on.
type PartyEvidence struct {
	Party    record.Name
	Strength Strength
	By       record.Name // who reports it, or holds the paper
	Proofs   []Proof     // every confirmation in its name
}

// signedText is a confirmation as it came. The signature is verified once.
type signedText struct {
	it   record.Seen
	c    Confirmation
	fits bool
	key  keys.Hash // its fingerprint
}

// evidence is the part of the ledger that is about signatures and receipts.
type evidence struct {
	compared map[keys.Hash]*noted   // attestations, by fingerprint
	brought  map[record.Name]*noted // keys, by party
	parties  lean.Source            // for which there are any
	verified map[int32]*signedText  // by place
}

// assent is what has to be known of an entry that accepts, echoes or confirms, to
// say what that stands on.
type assent struct {
	by     record.Name
	own    bool // its author's own, first hand
	known  record.Instant
	sent   []record.Name // to whom it went over a line
	signed bool          // it is a confirmation
	paper  bool          // the keeper says that he holds the signed paper of this acceptance
}

func newEvidence() evidence {
	return evidence{compared: map[keys.Hash]*noted{}, brought: map[record.Name]*noted{}, verified: map[int32]*signedText{}}
}

// indexProof puts a place under what its wording says about signatures.
func (l *Ledger) indexProof(place int, body record.Body) {
	brought := func(party record.Name) {
		if l.evidence.brought[party] == nil {
			l.book.Change(&l.evidence.parties)
		}
		l.note(at(l, l.evidence.brought, party, true), place)
	}
	switch b := body.(type) {
	case Confirmation:
		v := l.keep(b.On.Hash)
		l.put(&v.signed, place)
		l.book.Change(&v.said)
		brought(b.Party)
	case ChannelKey:
		brought(b.Party)
	case Attestation:
		l.note(at(l, l.evidence.compared, b.Fingerprint, true), place)
	}
}

// assent gives what has to be known of an acceptance, an echo or a
// confirmation, and false for any other entry.
func (l *Ledger) assent(id keys.ID) (assent, bool) {
	place, here := l.p.Place(id)
	if !here {
		return assent{}, false
	}
	it := l.p.At(place)
	y := assent{by: it.By, own: direct(l.keeper, it) && it.FirstHand(), known: it.Known}
	switch b := it.Body.(type) {
	case Act:
		if !b.Echo && b.Position != Accepted {
			return assent{}, false
		}
	case Confirmation:
		y.signed = true
	default:
		return assent{}, false
	}
	if it.By == l.keeper {
		y.sent = it.Audience
		y.paper = slices.ContainsFunc(it.Evidence, func(e record.Evidence) bool { return e.What == record.SignedPaper })
	}
	return y, true
}

// signedOn gives the confirmations of a version, in the order in which they
// were said.
func (l *Ledger) signedOn(h keys.Hash) []*signedText {
	v := l.version(h)
	l.book.Read(&v.said)
	var out []*signedText
	for _, place := range v.signed {
		s := l.evidence.verified[place]
		if it := l.p.At(int(place)); s == nil || s.it.CorrectedBy != it.CorrectedBy {
			// A correction of a signature is shown, and signs nothing.
			c, ok := it.First.(Confirmation)
			if it.First == nil {
				c, ok = it.Body.(Confirmation)
			} else if _, gone := it.Body.(record.Withdrawn); gone {
				ok = false
			}
			if s = (&signedText{it: it}); ok {
				s = &signedText{it, c, c.Fits(), c.Public().Fingerprint()}
			}
			l.evidence.verified[place] = s
		}
		if s.c.On.Hash == h {
			out = append(out, s)
		}
	}
	return out
}

// attestation gives the keeper's last word on a key under the name of party.
func (l *Ledger) attestation(key keys.Hash, party record.Name) (a Attestation, ok bool) {
	n := at(l, l.evidence.compared, key, false)
	l.book.Read(&n.src)
	var last record.Seen
	for _, place := range n.places {
		it := l.p.At(int(place))
		b, is := it.Body.(Attestation)
		if !is || b.Fingerprint != key || b.Party != party || it.By != l.keeper || !direct(l.keeper, it) || !it.FirstHand() {
			continue
		}
		if !ok || cmp.Or(cmp.Compare(it.At, last.At), bytes.Compare(it.ID[:], last.ID[:])) > 0 {
			a, last, ok = b, it, true
		}
	}
	return a, ok
}

// Attested gives the keeper's last comparison of a key under that party's name.
func (l *Ledger) Attested(key keys.Hash, party record.Name) (Attestation, bool) {
	return l.attestation(key, party)
}

// Proofs gives the confirmations of a package in the name of party, as this
// desk can judge them, in the order in which they became known.
func (l *Ledger) Proofs(party record.Name, h keys.Hash) []Proof {
	var out []Proof
	for _, s := range l.signedOn(h) {
		if s.c.Party == party {
			out = append(out, l.judge(s))
		}
	}
	slices.SortStableFunc(out, func(a, b Proof) int {
		return cmp.Or(cmp.Compare(a.Known, b.Known), bytes.Compare(a.Entry[:], b.Entry[:]))
	})
	return out
}

// Signatories gives the parties in whose names there are confirmations of a
// package.
func (l *Ledger) Signatories(h keys.Hash) []record.Name {
	var out []record.Name
	for _, s := range l.signedOn(h) {
		if !slices.Contains(out, s.c.Party) {
			out = append(out, s.c.Party)
		}
	}
	slices.Sort(out)
	return out
}

// judge says what a confirmation amounts to here: [CONF-7], [CONF-8], [CONF-9].
func (l *Ledger) judge(s *signedText) Proof {
	p := Proof{
		Party: s.c.Party, Entry: s.it.ID, By: s.it.By, Known: s.it.Known, Key: s.c.Public(), Fingerprint: s.key, Signature: s.c.Signature,
	}
	own := s.it.By == l.keeper && direct(l.keeper, s.it) && s.it.FirstHand()
	a, compared := l.attestation(s.key, s.c.Party)
	switch {
	case !s.fits:
		p.State = ProofMisfit
	case compared && a.Differs:
		p.State, p.With, p.How = ProofDiffers, a.With, a.By
	case own:
		p.State, p.With = ProofAttested, l.keeper
	case compared:
		p.State, p.With, p.How = ProofAttested, a.With, a.By
	default:
		p.State = ProofUnattested
	}
	if p.State == ProofAttested {
		// A signature bears no time: what is known of it is when it was here.
		if p.Rests = l.voiced(p.With, p.Party, record.MayBind, s.c.On.Name, p.Known); p.Rests == OnReport {
			p.State, p.Rests = ProofVoiceless, OnNothing
		}
	}
	return p
}

// proof gives the strongest confirmation of party that counts.
func (l *Ledger) proof(party record.Name, h keys.Hash) (best Proof, ok bool) {
	for _, p := range l.Proofs(party, h) {
		if p.State == ProofAttested && (!ok || best.Rests == OnOwnAct && p.Rests == OnOwnMandate) {
			best, ok = p, true
		}
	}
	return best, ok
}

// proven puts the party's confirmation over the stance that its acts and
// reports give: [CONF-9], [CONF-10].
func (l *Ledger) proven(s Stance, h keys.Hash) Stance {
	p, ok := l.proof(s.Party, h)
	if !ok || !s.Echo.IsZero() {
		return s
	}
	pk, here := l.Package(h)
	if here && pk.Body.Lapses != 0 && p.Known > pk.Body.Lapses {
		return s
	}
	switch {
	case p.Rests == OnOwnMandate && s.Confirmed():
		s.Echo = p.Entry
	case p.Rests == OnOwnMandate, p.Rests == OnOwnAct && !s.Own():
		if s.Rests == OnReport {
			s.Reports = append(slices.Clone(s.Reports), s.Entry)
		}
		s.Position, s.Rests, s.By, s.Entry, s.At = Accepted, p.Rests, p.With, p.Entry, p.Known
		if p.Rests == OnOwnMandate {
			s.Echo = p.Entry
		}
		if here {
			s.On = pk.Ref
		}
	}
	if l.standing(h).lapsed && (s.Position == Floated || s.Position == Proposed || s.Position == Accepted) {
		s.Position = Lapsed
	}
	return s
}

// Evidence says what the acceptance of party stands on.
func (l *Ledger) Evidence(party record.Name, h keys.Hash) PartyEvidence {
	s := l.Stance(party, h)
	e := PartyEvidence{Party: party, Proofs: l.Proofs(party, h)}
	if s.Position != Accepted {
		return e
	}
	p, signed := l.proof(party, h)
	switch {
	case signed && p.Rests == OnOwnMandate && s.Confirmed():
		e.Strength = BySignature
	case s.Own():
		e.Strength = ByOwnDesk
	case l.paper(s):
		e.Strength, e.By = ByPaper, l.keeper
	default:
		e.Strength, e.By = ByReport, s.By
	}
	return e
}

// paper reports whether the keeper says that he holds a signed paper for the
// acceptance that a stance tells. It is his own word at his own desk, and makes
// no more of a report: [CONF-12].
func (l *Ledger) paper(s Stance) bool {
	return slices.ContainsFunc(append([]keys.ID{s.Entry}, s.Reports...), func(id keys.ID) bool {
		y, _ := l.assent(id)
		return y.paper
	})
}

func weakerStrength(a, b Strength) Strength {
	if slices.Index(strengths[:], b) < slices.Index(strengths[:], a) {
		return b
	}
	return a
}

// signedAt gives when a confirmation became known here; 0 for another entry.
func (l *Ledger) signedAt(id keys.ID) record.Instant {
	if y, ok := l.assent(id); ok && y.signed {
		return y.known
	}
	return 0
}

// KnownKey is a confirmation key that came up here under a party's name.
type KnownKey struct {
	Party       record.Name
	Holder      record.Name // on whose desk it is said to be; empty where a confirmation alone brought it
	Fingerprint keys.Hash
	By          record.Name // who brought it
	Own         bool        // it is of this desk
	Known       record.Instant
	Entry       keys.ID
}

// keyed adds a key that an entry brought to those of a party, once.
func (l *Ledger) keyed(list []KnownKey, it record.Seen, party, holder record.Name, key keys.PublicKey) []KnownKey {
	own := it.By == l.keeper && direct(l.keeper, it) && it.FirstHand()
	n := KnownKey{party, holder, key.Fingerprint(), it.By, own, it.Known, it.ID}
	i := slices.IndexFunc(list, func(k KnownKey) bool { return k.Fingerprint == n.Fingerprint })
	if i < 0 {
		return append(list, n)
	}
	old := &list[i]
	if first := cmp.Or(cmp.Compare(n.Known, old.Known), bytes.Compare(n.Entry[:], old.Entry[:])) < 0; first {
		n.Holder = cmp.Or(n.Holder, old.Holder)
		*old, n = n, *old
	}
	old.Holder = cmp.Or(old.Holder, n.Holder)
	old.Own = old.Own || n.Own
	return list
}

// KeysOf gives the keys that came up here under that party's name, in the order
// in which they became known.
func (l *Ledger) KeysOf(party record.Name) []KnownKey {
	n := at(l, l.evidence.brought, party, false)
	l.book.Read(&n.src)
	var out []KnownKey
	for _, place := range n.places {
		it := l.p.At(int(place))
		switch b := it.Body.(type) {
		case Confirmation:
			if first, ok := it.First.(Confirmation); ok {
				b = first
			}
			if b.Party == party {
				out = l.keyed(out, it, party, "", b.Public())
			}
		case ChannelKey:
			if b.Party == party {
				out = l.keyed(out, it, party, b.Holder, b.Public())
			}
		}
	}
	slices.SortFunc(out, func(a, b KnownKey) int {
		return cmp.Or(cmp.Compare(a.Known, b.Known), bytes.Compare(a.Entry[:], b.Entry[:]))
	})
	return out
}

// Keys gives all of them, by party.
func (l *Ledger) Keys() []KnownKey {
	var out []KnownKey
	l.book.Read(&l.evidence.parties)
	for _, party := range slices.Sorted(maps.Keys(l.evidence.brought)) {
		out = append(out, l.KeysOf(party)...)
	}
	return out
}
