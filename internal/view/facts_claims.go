package view

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// entryOf gives the entry that s names: a label of the asker's, or the
// beginning of an id. There may be none.
func (a *asker) entryOf(s string) (record.Seen, bool) {
	if ref, ok := a.q.Labels[s]; ok {
		return a.v.p.Get(ref.Entry)
	}
	if len(s) < 4 {
		return record.Seen{}, false
	}
	for _, it := range a.v.p.InOrder() {
		if strings.HasPrefix(it.ID.String(), s) {
			return it, true
		}
	}
	return record.Seen{}, false
}

// disputed says on what accounts stand against one another: on everything, or
// on one entry, version or name.
func (a *asker) disputed(args []string) error {
	if len(args) == 0 {
		for _, d := range a.v.Disputes() {
			a.disputeFacts(d)
		}
		if len(a.out.Facts) == 0 {
			a.fact("disputed", "", "", None)
		}
		return nil
	}
	var list []Dispute
	ref, labelled := a.q.Labels[args[0]]
	it, isEntry := a.entryOf(args[0])
	switch {
	case labelled && !ref.Hash.IsZero():
		list = append(a.v.DisputesOn(ref.Hash), a.v.DisputesUnder(ref.Name)...)
	case isEntry:
		list = a.v.DisputeOfEntry(it.ID)
	default:
		list = a.v.DisputesUnder(record.Name(args[0]))
		refs, err := a.texts(args[0])
		if err != nil {
			return err
		}
		for _, r := range refs {
			list = append(list, a.v.DisputesOn(r.Hash)...)
		}
		if len(refs) > 0 && len(list) == 0 {
			a.fact("disputed", args[0], "", No)
		}
	}
	if labelled && !ref.Hash.IsZero() && len(list) == 0 {
		a.fact("disputed", args[0], "", No)
	}
	for _, d := range list {
		a.disputeFacts(d)
	}
	return nil
}

func (a *asker) disputeFacts(d Dispute) {
	on := a.subject(d.On)
	var ids []keys.ID
	for _, c := range d.Claims {
		ids = append(ids, c.Entry)
	}
	a.fact("disputed", on, d.Party, yesNo(d.Disputed), ids...)
	for _, c := range d.Claims {
		at := on
		if !c.Text.IsZero() {
			at = a.label(c.Text)
			a.fact("hash", at, "", c.Text.Hash.String()[:12], c.Entry)
			a.fact("handed-in", at, c.Who, string(c.From), c.Entry)
			for _, e := range c.Evidence {
				a.fact("evidence", at, c.From, string(e), c.Entry)
			}
			if len(c.Evidence) == 0 {
				a.fact("evidence", at, c.From, None, c.Entry)
			}
		}
		a.fact("claim", at, c.Who, c.Says, c.Entry)
		a.fact("claim-rests", at, c.Who, string(c.Rests), c.Entry)
		a.fact("claim-entry", at, c.Who, a.entryLabel(c.Entry), c.Entry)
		a.fact("said-at", at, c.Who, span(c.When.Said), c.Entry)
	}
}

// subject gives how the asker refers to an entry, a version or a name.
func (a *asker) subject(r record.Ref) string {
	switch {
	case !r.Entry.IsZero() && r.Hash.IsZero():
		return a.entryLabel(r.Entry)
	case r.Hash.IsZero():
		return string(r.Name)
	}
	return a.label(r)
}

// corrected gives the corrections of everything, or of one entry.
func (a *asker) corrected(args []string) error {
	list := a.v.Corrections()
	if len(args) == 1 {
		it, ok := a.entryOf(args[0])
		if !ok {
			return nil
		}
		list = a.v.CorrectionsOf(it.ID)
	}
	a.fact("corrections", "", "", strconv.Itoa(len(list)))
	for _, c := range list {
		on := a.entryLabel(c.Of)
		a.fact("corrected", on, c.By, a.entryLabel(c.Entry), c.Entry, c.Of)
		a.fact("corrected-at", on, c.By, c.When.Known.String(), c.Entry)
		a.fact("stands", on, c.By, yesNo(c.Stands), c.Entry)
		if c.Reason != "" {
			a.fact("reason", on, c.By, c.Reason, c.Entry)
		}
		if m, ok := c.Original.(record.Message); ok {
			a.fact("first-text", on, "", m.Text, c.Of)
		}
		if m, ok := c.Now.(record.Message); ok {
			a.fact("text-now", on, c.By, m.Text, c.Entry)
		}
	}
	return nil
}

// corroborated says what nearly the same came by another way.
func (a *asker) corroborated(args []string) error {
	var list []Corroboration
	if len(args) == 0 {
		list = a.v.Corroborations()
	} else {
		it, ok := a.entryOf(args[0])
		if !ok {
			return nil
		}
		list = a.v.CorroborationsOf(it.ID)
	}
	if len(list) == 0 {
		a.fact("corroborates", "", "", None)
	}
	for _, c := range list {
		on := a.entryLabel(c.Second)
		a.fact("corroborates", on, c.Party, a.entryLabel(c.First), c.Second, c.First)
		a.fact("likeness", on, c.Party, "nearly-the-same", c.Second, c.First)
		a.fact("ways", on, c.Party, join(c.Ways), c.First, c.Second)
		a.fact("later", on, c.Party, span(stamp(a.v.item(c.Second)).Said), c.Second)
	}
	return nil
}

// authorised says what somebody was authorised to do, as recorded and by what
// accounts; or, of an entry, what of it may be passed on and who is said to
// stand behind it.
func (a *asker) authorised(args []string) error {
	if it, ok := a.entryOf(args[0]); ok {
		a.passFacts(it)
		a.standsBehind(it)
		return nil
	}
	if _, labelled := a.q.Labels[args[0]]; labelled {
		return nil // the asker knows it, this desk does not
	}
	who := record.Name(args[0])
	if who.Check() != nil {
		return fault.New(fault.Malformed, "view.words", "write: authorised WHO, or authorised ENTRY", "%q is neither", args[0])
	}
	m := a.v.Authority(who)
	if m.None() {
		return nil
	}
	if len(m.Credentials) == 0 {
		a.fact("credential", "", who, None)
	}
	for _, it := range m.Credentials {
		c := it.Body.(record.Credential) // Authority puts nothing else there
		may := make([]string, len(c.May))
		for i, x := range c.May {
			may[i] = string(x)
		}
		a.fact("credential", string(c.Party), who, strings.Join(may, " "), it.ID)
		if c.Until != 0 {
			a.fact("until", string(c.Party), who, c.Until.String(), it.ID)
		}
	}
	for _, it := range m.Instructions {
		a.fact("instruction", a.entryLabel(it.ID), who, it.Body.(record.Instruction).Text, it.ID) // nor there
	}
	for _, al := range m.Alarms {
		a.fact("exceeded", a.subject(al.On), who, string(al.Kind), al.Entries...)
	}
	for _, it := range m.Accounts {
		b := it.Body.(record.Message) // nor there
		a.fact("account", a.entryLabel(it.ID), b.From, b.Text, it.ID)
		a.fact("account-rests", a.entryLabel(it.ID), b.From, string(a.v.groundsOf(it)), it.ID)
	}
	if len(m.Accounts) > 0 {
		a.fact("accounts", "", who, strconv.Itoa(len(m.Accounts)))
	}
	return nil
}

// passFacts gives what the author of an entry allows to be passed on.
func (a *asker) passFacts(it record.Seen) {
	on := a.entryLabel(it.ID)
	pass := string(it.Carrying.Pass)
	if pass == "" {
		pass = "by-rule"
	}
	a.fact("pass", on, it.By, pass, it.ID)
	if it.Carrying.NotBefore != 0 {
		a.fact("not-before", on, it.By, it.Carrying.NotBefore.String(), it.ID)
	}
	if it.Carrying.Words != "" {
		a.fact("wording", on, it.By, it.Carrying.Words, it.ID)
		a.fact("rest", on, it.By, "not", it.ID)
	}
}

// standsBehind gives who is said to stand behind an entry.
func (a *asker) standsBehind(it record.Seen) {
	on := a.entryLabel(it.ID)
	m, ok := it.Body.(record.Message)
	if !ok {
		return
	}
	if m.Authority == "" {
		a.fact("authority", on, m.From, "unstated", it.ID)
		return
	}
	a.fact("authority", on, m.From, m.Authority, it.ID)
	a.fact("authority-rests", on, m.From, string(a.v.groundsOf(it)), it.ID)
	if way := a.v.way(it); len(way) > 0 {
		by := it.HeardFrom
		if by == "" || by == m.From {
			by = way[0]
		}
		a.fact("as-said-by", on, m.From, string(by), it.ID)
	}
}

// entry gives one entry as it stands on this desk, at these clocks.
func (a *asker) entry(args []string) error {
	it, ok := a.entryOf(args[0])
	if !ok {
		return nil
	}
	on := a.entryLabel(it.ID)
	add := func(key, value string) {
		if value != "" {
			a.fact(key, on, "", value, it.ID)
		}
	}
	add("kind", string(it.Body.Kind()))
	if m, ok := it.Body.(record.Message); ok {
		add("from", string(m.From))
		add("to", string(m.To))
		add("via", join(m.Via))
		add("form", string(m.Form))
		add("fidelity", string(m.Fidelity))
		add("speech", string(m.SpeechAct))
		add("attribution", string(m.Attribution))
		add("authority", m.Authority)
		add("text", m.Text)
		add("source", m.Source)
		add("translator", string(m.Translator))
	} else {
		add("text", textOf(it.Body))
	}
	if it.First != nil {
		add("first-text", textOf(it.First))
		add("corrected-by", a.entryLabel(it.CorrectedBy))
	}
	add("logged-by", string(it.By))
	add("heard-from", string(it.HeardFrom))
	said := stamp(it)
	add("said-at", span(said.Said))
	add("known-at", it.Known.String())
	for _, e := range it.Evidence {
		add("evidence", string(e.What))
	}
	if it.Carrying != (record.Carrying{}) {
		a.passFacts(it)
	}
	for _, id := range a.v.Together(it.ID) {
		a.fact("together", on, "", a.entryLabel(id), it.ID, id)
	}
	if !it.Answers.IsZero() {
		add("answers", a.entryLabel(it.Answers))
	}
	for _, d := range a.v.denialsOf(it.ID) {
		m := d.Body.(record.Message) // denialsOf gives nothing else
		a.fact("denied", on, m.From, a.entryLabel(d.ID), d.ID)
		a.fact("denied-rests", on, m.From, string(a.v.groundsOf(d)), d.ID)
	}
	return nil
}

// wording compares the words of two entries, or of an entry with what its own
// author said first, or with its source.
func (a *asker) wording(args []string) error {
	it, ok := a.entryOf(args[0])
	if !ok {
		return nil
	}
	var with Compared
	if len(args) == 2 {
		other, here := a.entryOf(args[1])
		if !here {
			return nil
		}
		with = Compared{Left: other.ID, Right: it.ID, Runs: Wording(textOf(other.Body), textOf(it.Body))}
	} else if list := a.v.Compared(it.ID); len(list) > 0 {
		with = list[0]
	}
	for _, r := range with.Runs {
		a.fact("words", a.entryLabel(it.ID), "", string(r.Where)+" "+strings.TrimSpace(r.Text), with.Left, with.Right)
	}
	return nil
}

// completeness gives advice on the packages that a name or label gives.
func (a *asker) completeness(args []string) error {
	refs, err := a.texts(args[0])
	if err != nil {
		return err
	}
	for _, r := range refs {
		pk, ok := a.v.l.Package(r.Hash)
		if !ok {
			continue
		}
		on := a.label(r)
		for _, ad := range a.v.l.Completeness(pk.Body) {
			a.fact("complete", on+" "+string(ad.Matter), "", string(ad.Is), pk.Entry)
			for _, t := range ad.Terms {
				a.fact("see", on+" "+string(ad.Matter), "", a.label(t), pk.Entry)
			}
		}
	}
	return nil
}

// textOf gives the words of a body.
func textOf(b record.Body) string {
	switch b := b.(type) {
	case record.Message:
		return b.Text
	case record.Note:
		return b.Text
	case record.Approach:
		return b.Text
	case record.Instruction:
		return b.Text
	case record.Conveyance:
		return b.Note
	case record.ReadBack:
		return b.Corrected
	case accord.Act:
		return b.Text
	case accord.Term:
		if b.Text != "" {
			return b.Text
		}
		return b.Action
	case accord.Package:
		return b.Text
	case accord.Performance:
		return b.Text
	case accord.NothingOwed:
		return b.Text
	case record.Open:
		return b.Text
	case record.Close:
		return b.Text
	}
	return ""
}
