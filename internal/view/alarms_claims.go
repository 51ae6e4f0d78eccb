package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// claimsAuthority looks whether a message of weight that claims an authority
// has one that is recorded here.
func (a *alarms) claimsAuthority(it record.Seen, m record.Message) {
	party := a.v.PartyOf(m.From)
	if m.Authority == "" || weight(m.SpeechAct) == 0 || party == "" || !a.v.sourceOf(it.ID).IsZero() {
		return
	}
	need := record.MayOffer
	switch m.SpeechAct {
	case record.Accept:
		need = record.MayBind
	case record.Reject:
		need = record.MaySpeak
	}
	names := []record.Name{""}
	if about := versions(it); len(about) > 0 {
		names = names[:0]
		for _, r := range about {
			names = append(names, r.Name)
		}
	}
	for _, n := range names {
		if is := a.v.l.AuthorityOf(m.From, party, need, n, it.When()); is != accord.Authorised {
			a.raise(Alarm{Kind: AuthorityClaimed, Party: party, By: m.From, On: record.Ref{Entry: it.ID}, What: string(is)}, it.ID)
			return
		}
	}
}

// hearsay looks whether a message says that a party took a position, has it
// from somebody else, and the party has done nothing itself since. An
// acceptance is asked about whoever brings it; a proposal only if it is
// hearsay: proposals are what go-betweens carry.
func (a *alarms) hearsay(it record.Seen, m record.Message) {
	v := a.v
	party := v.PartyOf(m.From)
	if party == "" || !v.sourceOf(it.ID).IsZero() || m.Fidelity == record.OwnView {
		return
	}
	foreign := m.Fidelity == record.Hearsay || len(v.way(it)) > 0
	switch m.SpeechAct {
	case record.Accept, record.Confirm:
		if !foreign || m.SpeechAct == record.Confirm && len(versions(it)) == 0 {
			return
		}
	case record.Propose, record.Counter:
		if m.Fidelity != record.Hearsay {
			return
		}
	default:
		return
	}
	if v.settled(it, party) {
		return
	}
	by := it.HeardFrom
	if by == "" || v.isOf(by, party) {
		by = it.By
	}
	a.raise(Alarm{Kind: HearsayWord, Party: party, By: by, On: record.Ref{Entry: it.ID}, What: string(m.SpeechAct)}, it.ID)
}

// settled reports whether a party has spoken itself since something was told of
// it: by an act on a version that the message is about, or by a word of its own
// that names the message.
func (v *View) settled(it record.Seen, party record.Name) bool {
	for _, r := range versions(it) {
		if v.ownOn(party, r.Hash) {
			return true
		}
	}
	return slices.ContainsFunc(v.namersOf(it.ID), func(n record.Seen) bool {
		switch b := n.Body.(type) {
		case record.Message:
			return v.isOf(b.From, party) && b.From == n.By && v.direct(n)
		case accord.Act:
			return b.Party == party && v.ownOn(party, b.On.Hash)
		}
		return false
	})
}

// claims looks for deeds on a term that were only reported, and for a debtor's
// claim that nobody verified.
func (a *alarms) claims(h keys.Hash) {
	v := a.v
	deeds := v.l.Deeds(h)
	if len(deeds) == 0 {
		return
	}
	type deed struct {
		by   record.Name
		deed accord.Deed
	}
	own, told := map[deed]bool{}, map[deed]bool{}
	for _, s := range deeds {
		b := s.Item.Body.(accord.Performance) // the ledger puts only deeds here
		own[deed{b.By, b.Deed}] = own[deed{b.By, b.Deed}] || s.Rests != accord.OnReport
	}
	ref := v.versionOf(h)
	for _, s := range deeds {
		b := s.Item.Body.(accord.Performance)
		k := deed{b.By, b.Deed}
		if own[k] || told[k] {
			continue
		}
		told[k] = true
		a.raise(Alarm{Kind: HearsayDeed, Party: b.By, By: s.Item.By, On: ref, What: string(b.Deed)}, s.Item.ID)
	}
	if c := v.l.Performance(h); c.State == accord.IsClaimed {
		al := Alarm{Kind: ClaimUnverified, Party: c.By, On: ref}
		var ids []keys.ID
		for _, s := range deeds {
			if b := s.Item.Body.(accord.Performance); b.Deed == accord.Claimed && s.Rests != accord.OnReport {
				ids = append(ids, s.Item.ID)
			}
		}
		a.raise(al, ids...)
	}
}

// conditions looks for terms of a package whose conditions run in a circle, so
// that none can ever come due, or that name what is nothing here.
func (a *alarms) conditions(h keys.Hash) {
	pk, ok := a.v.l.Package(h)
	if !ok || len(a.v.supports(h)) == 0 {
		return
	}
	terms, _ := a.v.l.TermsOf(pk.Body)
	within := map[record.Name]accord.Term{}
	for _, t := range terms {
		within[t.Body.Name] = t.Body
	}
	done := map[record.Name]bool{}
	for _, t := range terms {
		if round := roundOf(within, t.Body.Name); len(round) > 0 && !done[t.Body.Name] {
			for _, n := range round {
				done[n] = true
			}
			a.raise(Alarm{Kind: ConditionCircle, On: t.Ref, Rival: pk.Ref, What: join(round)}, t.Entry, pk.Entry, a.v.supports(h)[0])
		}
		for _, n := range a.nameless(t.Body, pk.Body.Terms) {
			a.raise(Alarm{Kind: NamesNothing, On: t.Ref, Rival: pk.Ref, What: string(n)}, t.Entry, pk.Entry, a.v.supports(h)[0])
		}
	}
}

// looseConditions asks the same of a term that stands in no package.
func (a *alarms) looseConditions(h keys.Hash) {
	t, ok := a.v.l.Term(h)
	if !ok || len(a.v.l.PackagesWith(h)) > 0 || len(a.v.supports(h)) == 0 {
		return
	}
	if slices.Contains(t.Body.When.Terms(), t.Body.Name) {
		a.raise(Alarm{Kind: ConditionCircle, On: t.Ref, What: string(t.Body.Name)}, t.Entry, a.v.supports(h)[0])
	}
	for _, n := range a.nameless(t.Body, nil) {
		a.raise(Alarm{Kind: NamesNothing, On: t.Ref, What: string(n)}, t.Entry, a.v.supports(h)[0])
	}
}

// nameless gives the names in a term that no text here bears.
func (a *alarms) nameless(t accord.Term, among []accord.TermRef) []record.Name {
	var out []record.Name
	for _, n := range slices.Concat(t.When.Terms(), t.Against, t.Covers) {
		if slices.Contains(out, n) || slices.ContainsFunc(among, func(r accord.TermRef) bool { return r.Name == n }) {
			continue
		}
		if packages, terms := a.v.l.Named(n); len(packages)+len(terms) == 0 {
			out = append(out, n)
		}
	}
	return out
}

// roundOf gives the way from a term over what it waits for back to itself; none
// if there is none.
func roundOf(within map[record.Name]accord.Term, from record.Name) []record.Name {
	seen := map[record.Name]bool{}
	var walk func(n record.Name) []record.Name
	walk = func(n record.Name) []record.Name {
		for _, next := range within[n].When.Terms() {
			if next == from {
				return []record.Name{n}
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if rest := walk(next); rest != nil {
				return append([]record.Name{n}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}
