package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// AlarmKind is a sort of alarm.
type AlarmKind string

// The alarms. Where On is an entry, only its id is set.
const (
	RivalAcceptance  AlarmKind = "rival-acceptance"  // Party accepted On; Other never put it forward
	RivalTexts       AlarmKind = "rival-texts"       // Party stands behind On, Other behind Rival, under one name
	BindsAbsent      AlarmKind = "binds-absent"      // On needs or binds Party, who is not at the table
	ToldNothing      AlarmKind = "told-nothing"      // On needs or binds Party, who was told by By that it owes nothing
	NumberGap        AlarmKind = "gap"               // entries First to Last from By are missing
	ChannelStopped   AlarmKind = "stopped"           // By sent an entry of the unknown and critical kind What
	ReportedOnly     AlarmKind = "as-reported"       // all accepted On, some only as By reported
	Unconfirmed      AlarmKind = "not-confirmed"     // By attributes On to Party, which has done nothing itself
	BeyondMandate    AlarmKind = "beyond-mandate"    // By acted for Party on On, outside his credential
	AuthorityUnknown AlarmKind = "authority-unknown" // By acted for Party on On; no credential is recorded
	AuthorityExpired AlarmKind = "authority-expired" // By acted for Party on On, under a credential that had ended

	ReadBackMissing    AlarmKind = "read-back-missing"   // what By said to Other by voice, On, was not read back, or was What: "corrected"
	NotVerbatim        AlarmKind = "not-verbatim"        // By passed On to Other as other words, marked as What
	TakenForMore       AlarmKind = "taken-for-more"      // By reports Party's stance on On, from Other's words, which were but What
	HearsayWord        AlarmKind = "hearsay-word"        // By has it that Party did What in entry On; Party itself did nothing
	HearsayDeed        AlarmKind = "hearsay-deed"        // By has it that Party did What on the term On; Party itself said nothing
	ClaimUnverified    AlarmKind = "claim-unverified"    // Party claims to have done On; nobody who may verify it has
	DeniedBasis        AlarmKind = "denied-basis"        // By denies the message On of Party, and something still rests on it
	RivalAccount       AlarmKind = "rival-account"       // By corrects entry On of Party, whose own account is another
	ChangedAfterUse    AlarmKind = "changed-after-use"   // By corrected On after Other had been given the first words
	ChannelsContradict AlarmKind = "channels-contradict" // for Party, By and Other bring contrary words about On
	TextsContradict    AlarmKind = "texts-contradict"    // By and Other bring different texts of one name, On and Rival, as Party's
	ChannelsCrossed    AlarmKind = "channels-crossed"    // the answer On came from Party through By; asked was through Other
	AuthorityClaimed   AlarmKind = "authority-claimed"   // By spoke for Party in On, claiming an authority that is What here
	ConditionCircle    AlarmKind = "condition-circle"    // the conditions of On in Rival run in a circle, through What
	NamesNothing       AlarmKind = "names-nothing"       // On in Rival names What, which is nothing here
)

// Alarm is something that ought to be looked at. Which fields are set is said
// beside its kind.
type Alarm struct {
	Kind    AlarmKind      `json:"kind"`
	Party   record.Name    `json:"party,omitempty"`
	By      record.Name    `json:"by,omitempty"`
	Other   record.Name    `json:"other,omitempty"`
	On      record.Ref     `json:"on,omitzero"`
	Rival   record.Ref     `json:"rival,omitzero"`
	First   uint64         `json:"first,omitempty"`
	Last    uint64         `json:"last,omitempty"`
	What    string         `json:"what,omitempty"`
	Entries []keys.ID      `json:"entries"` // that raise it
	Since   record.Instant `json:"since"`   // when this desk knew enough to raise it
}

// Alarms gives every alarm that stands, the oldest first.
func (v *View) Alarms() []Alarm { return v.SomeAlarms(0, v.CountAlarms()) }

// CountAlarms gives how many alarms stand.
func (v *View) CountAlarms() int {
	v.settle()
	return v.raised.n
}

// SomeAlarms gives n alarms, from the one at from on.
func (v *View) SomeAlarms(from, n int) []Alarm {
	v.settle()
	return values(v.raised.some(from, n))
}

// about looks for every alarm about one subject. What it reads must be of that
// subject, or be found from it: a record of a million entries has many
// subjects, and an entry touches few.
func (a *alarms) about(s subject) {
	switch s.of {
	case ofName:
		a.rivals(s.name)
		a.contradictTexts(s.name)
	case ofPackage:
		a.reportedOnly(s.hash)
		a.conditions(s.hash)
	case ofTerm:
		a.absent(s.hash)
		a.claims(s.hash)
		a.looseConditions(s.hash)
	case ofVersion:
		a.unconfirmed(s.hash)
		a.authority(s.hash)
		a.contradict(s.hash)
		a.misfits(s.hash)
	case ofEntry:
		a.entry(s.id)
	case ofLine:
		a.gaps(s.name)
		a.recordsDiffer(s.name)
	case ofParty: // a person or a party
		a.keys(s.name)
	}
}

type alarms struct {
	v   *View
	out []Alarm
}

// raise adds an alarm that stands since all of entries are known here.
func (a *alarms) raise(al Alarm, entries ...keys.ID) {
	for _, id := range entries {
		if id.IsZero() || slices.Contains(al.Entries, id) {
			continue
		}
		al.Entries = append(al.Entries, id)
		if it, here := a.v.p.Get(id); here { // known for ever, so nothing leans on it
			al.Since = max(al.Since, it.Known)
		}
	}
	a.out = append(a.out, al)
}

// firstAct gives the first act known here by which party took one of those
// positions on a version; the zero ID for none.
func (a *alarms) firstAct(party record.Name, h keys.Hash, positions ...accord.Position) keys.ID {
	var id keys.ID
	var known record.Instant
	for _, s := range a.v.l.ActsOn(h) {
		act, ok := s.Item.Body.(accord.Act)
		if !ok || act.Party != party || !slices.Contains(positions, act.Position) {
			continue
		}
		if id.IsZero() || s.Item.Known < known {
			id, known = s.Item.ID, s.Item.Known
		}
	}
	return id
}

func (a *alarms) firstBehind(party record.Name, h keys.Hash) keys.ID {
	return a.firstAct(party, h, accord.Floated, accord.Proposed, accord.Accepted)
}

// text is a version that people can stand behind: a package, or a term that is
// in none.
type text struct {
	ref    record.Ref
	entry  keys.ID
	needed []record.Name
	behind []accord.Stance
}

// textsOf gives the texts of one name.
func (a *alarms) textsOf(n record.Name) []text {
	var out []text
	add := func(ref record.Ref, entry keys.ID, needed []record.Name) {
		t := text{ref: ref, entry: entry, needed: needed}
		for _, s := range a.v.l.Stances(ref.Hash) {
			// A party that is said to stand behind this text, and itself put
			// forward another of the same name, stands behind that other.
			if _, elsewhere := a.v.l.Rival(s.Party, ref); Behind(s.Position) && !elsewhere {
				t.behind = append(t.behind, s)
			}
		}
		out = append(out, t)
	}
	packages, terms := a.v.l.Named(n)
	for _, pk := range packages {
		add(pk.Ref, pk.Entry, a.v.l.Needed(pk.Body))
	}
	for _, t := range terms {
		if binds(t.Body) && len(a.v.l.PackagesWith(t.Hash)) == 0 {
			add(t.Ref, t.Entry, []record.Name{t.Body.Debtor, t.Body.Creditor})
		}
	}
	return out
}

// rivals looks for acceptances of what the other side never put forward, and
// for two texts under one name with different people behind them.
func (a *alarms) rivals(n record.Name) {
	texts := a.textsOf(n)
	for i, t := range texts {
		for _, s := range t.behind {
			if s.Position == accord.Accepted {
				a.rivalAcceptance(t, s, texts)
			}
		}
		for _, u := range texts[i+1:] {
			a.rivalTexts(t, u)
		}
	}
}

func (a *alarms) rivalAcceptance(t text, s accord.Stance, namesakes []text) {
	opposite := func(n record.Name) bool { return n != "" && a.v.Side(n) != a.v.Side(s.Party) }
	for _, st := range a.v.l.ActsOn(t.ref.Hash) {
		act, ok := st.Item.Body.(accord.Act)
		if !ok || !opposite(act.Party) || !Behind(act.Position) {
			continue
		}
		if _, elsewhere := a.v.l.Rival(act.Party, t.ref); st.Rests != accord.OnReport || !elsewhere {
			return // somebody opposite did put it forward
		}
	}
	al := Alarm{Kind: RivalAcceptance, Party: s.Party, By: s.By, On: t.ref}
	accepted := a.firstAct(s.Party, t.ref.Hash, accord.Accepted)
	for _, u := range namesakes {
		for _, o := range u.behind {
			if u.ref.Hash != t.ref.Hash && opposite(o.Party) {
				al.Other, al.Rival = o.Party, u.ref
				a.raise(al, accepted, t.entry, u.entry, a.firstBehind(o.Party, u.ref.Hash))
				return
			}
		}
	}
	// Nothing of theirs under that name. Whoever accepts his own proposal early
	// only waits for the others; whoever accepts what nobody proposed is told
	// something that is not so.
	if !a.firstAct(s.Party, t.ref.Hash, accord.Floated, accord.Proposed).IsZero() {
		return
	}
	if i := slices.IndexFunc(t.needed, opposite); i >= 0 {
		al.Other = t.needed[i]
		a.raise(al, accepted, t.entry)
	}
}

func (a *alarms) rivalTexts(t, u text) {
	for _, x := range t.behind {
		for _, y := range u.behind {
			apart := a.v.Side(x.Party) != a.v.Side(y.Party) && !standsBehind(u, x.Party) && !standsBehind(t, y.Party)
			accepted := x.Position == accord.Accepted || y.Position == accord.Accepted
			if !apart || t.ref.Version != u.ref.Version && !accepted {
				continue // an open counter-proposal under its own number is how people negotiate
			}
			ids := []keys.ID{t.entry, u.entry, a.firstBehind(x.Party, t.ref.Hash), a.firstBehind(y.Party, u.ref.Hash)}
			if t.ref.Version != u.ref.Version {
				if x.Position == accord.Accepted {
					ids[2] = a.firstAct(x.Party, t.ref.Hash, accord.Accepted)
				} else {
					ids[3] = a.firstAct(y.Party, u.ref.Hash, accord.Accepted)
				}
			}
			a.raise(Alarm{Kind: RivalTexts, Party: x.Party, Other: y.Party, On: t.ref, Rival: u.ref}, ids...)
			return
		}
	}
}

func standsBehind(t text, party record.Name) bool {
	return slices.ContainsFunc(t.behind, func(s accord.Stance) bool { return s.Party == party })
}

// absent looks whether a term binds or needs somebody who is not at the table,
// or who was told that he owes nothing.
func (a *alarms) absent(h keys.Hash) {
	t, ok := a.v.l.Term(h)
	if !ok {
		return
	}
	var debts []Debt
	all := a.v.debtsOf(t)
	for _, d := range all {
		if d.Live {
			debts = append(debts, d)
		}
	}
	parties := slices.Clone(t.Body.Needs)
	if t.Body.Debtor != "" {
		parties = slices.DeleteFunc(parties, func(n record.Name) bool { return n == t.Body.Debtor })
		if t.Body.Sort != accord.Gesture {
			parties = append(parties, t.Body.Debtor)
		}
	}
	if len(debts) == 0 {
		return
	}
	d := debts[0]
	for _, n := range parties {
		if p := a.v.party(n); p.Absent {
			a.raise(Alarm{Kind: BindsAbsent, Party: n, On: t.Ref, Rival: d.Package}, append(slices.Clone(d.Entries), p.Entry, a.firstSupport(d))...)
		}
		for _, no := range a.v.nothing(n, debts) {
			if len(no.Contradicts) > 0 {
				a.raise(Alarm{Kind: ToldNothing, Party: n, By: no.By, Other: no.To, On: t.Ref, Rival: d.Package}, append([]keys.ID{no.Entry}, append(slices.Clone(d.Entries), a.firstSupport(d))...)...)
			}
		}
	}
}

// firstSupport gives the act by which this desk first knew that somebody
// stands behind d.
func (a *alarms) firstSupport(d Debt) keys.ID {
	h := d.Package.Hash
	if h.IsZero() {
		h = d.Term.Ref.Hash
	}
	var first keys.ID
	for _, s := range a.v.l.Stances(h) {
		if id := a.firstBehind(s.Party, h); Behind(s.Position) && !id.IsZero() {
			if first.IsZero() || a.v.item(id).Known < a.v.item(first).Known {
				first = id
			}
		}
	}
	return first
}

// reportedOnly looks whether all accepted a package, some only as reported.
func (a *alarms) reportedOnly(h keys.Hash) {
	g := a.v.l.Agreement(h)
	if g.Verdict != accord.AsReported {
		return
	}
	al := Alarm{Kind: ReportedOnly, On: g.Package}
	if len(g.Reported) > 0 {
		al.By = g.Reported[0]
	}
	a.raise(al, g.Entries...)
}

// unconfirmed looks for stances on a version that rest on somebody's word
// alone.
func (a *alarms) unconfirmed(h keys.Hash) {
	if a.v.l.Agreement(h).Verdict == accord.AsReported {
		return // reportedOnly says so
	}
	for _, st := range a.v.l.Stances(h) {
		if st.NotConfirmed() && (st.Position == accord.Proposed || st.Position == accord.Accepted) {
			a.raise(Alarm{Kind: Unconfirmed, Party: st.Party, By: st.By, On: st.On, What: string(st.Position)}, a.firstAct(st.Party, h, st.Position))
		}
	}
}

// authority looks for acts on a version in the name of a party by somebody who
// speaks for it and has no mandate for them.
func (a *alarms) authority(h keys.Hash) {
	type deed struct{ by, party record.Name }
	seen := map[deed]bool{}
	for _, s := range a.v.l.ActsOn(h) {
		act := s.Item.Body.(accord.Act) // the ledger puts only acts here
		key := deed{s.Item.By, act.Party}
		if s.Rests != accord.OnOwnAct || seen[key] {
			continue
		}
		seen[key] = true
		kind := AuthorityUnknown
		switch a.v.l.AuthorityOf(s.Item.By, act.Party, act.Mandate(), act.On.Name, s.Item.When()) {
		case accord.Expired:
			kind = AuthorityExpired
		case accord.Exceeded:
			kind = BeyondMandate
		}
		a.raise(Alarm{Kind: kind, Party: act.Party, By: s.Item.By, On: act.On, What: string(act.Position)}, s.Item.ID)
	}
}

// stopped looks whether an entry stops the channel.
func (a *alarms) stopped(id keys.ID) {
	it := a.v.item(id)
	if u, unknown := it.Body.(record.Unknown); unknown && it.Critical {
		a.raise(Alarm{Kind: ChannelStopped, By: it.By, What: string(u.Of)}, it.ID)
	}
}

// gaps looks for gaps in the numbers of a line. They are only the keeper's to
// see, and a record as it stood earlier has holes that are none.
func (a *alarms) gaps(peer record.Name) {
	if a.v.p.AsOf().Stood != 0 {
		return
	}
	last := uint64(0)
	for _, r := range a.v.runsOf(peer) {
		if r.first > last+1 {
			a.raise(Alarm{Kind: NumberGap, By: peer, First: last + 1, Last: r.first - 1}, a.v.p.At(int(r.place)).ID)
		}
		last = r.last
	}
}
