package view

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// circleVerb gives the questions about who knows, who is told, and what people
// say afterwards.
func (a *asker) circleVerb(verb string) (ask func([]string) error, least, most int) {
	switch verb {
	case "knew":
		return a.knew, 0, 1
	case "exposed":
		return a.exposed, 0, 1
	case "notified":
		return a.notified, 0, 1
	case "accounts":
		return a.accounts, 0, 1
	case "asked":
		return a.asked, 0, 1
	case "kept":
		return a.kept, 0, 1
	}
	return nil, 0, 0
}

// knew says who knew what, and how. A person or party that this desk names and
// that was given nothing did not know: default-deny.
func (a *asker) knew(args []string) error {
	people := a.v.ring().Everybody()
	if len(args) == 1 {
		who := record.Name(args[0])
		people = slices.DeleteFunc(a.v.ring().MembersOf(who), func(n record.Name) bool { return n == a.v.p.Keeper() })
		known := false
		for _, n := range people {
			known = a.knowledge(n) || known
		}
		if s := a.v.somebody(who); !known && (s.isParty || s.isPerson) {
			a.fact("knew", "", who, No)
		}
		return nil
	}
	for _, n := range people {
		a.knowledge(n)
	}
	return nil
}

// knowledge gives what one person knew. Entries that came to him in one way are
// one fact.
func (a *asker) knowledge(n record.Name) bool {
	k := a.v.ring().Of(n)
	if len(k.Grants) == 0 {
		return false
	}
	value := No
	if !k.First.IsZero() {
		value = Yes
	}
	a.fact("knew", "", n, value, k.First)
	a.fact("entries", "", n, strconv.Itoa(len(k.Entries())), k.Entries()...)
	seen := map[keys.ID]bool{}
	for _, g := range k.Grants {
		if g.Own || k.Inside && g.Footing == circle.OfParty || seen[g.Source] {
			continue // of those who take part, the talks themselves are told elsewhere
		}
		seen[g.Source] = true
		on := a.entryLabel(g.Source)
		switch {
		case g.Nothing:
			a.fact("learned", on, n, NothingTold, g.Source)
		case g.Channel:
			a.fact("learned", on, n, TheChannel, g.Source)
		case g.Owes != "":
			a.fact("learned", on, n, OwesNothing, g.Source)
		default:
			a.fact("learned", on, n, a.whatOf(k.Grants, g.Source), g.Source)
		}
		a.fact("footing", on, n, string(g.Footing), g.Source)
		if g.By != "" && g.By != n {
			a.fact("told-by", on, n, string(g.By), g.Source)
		}
		if !g.Asked.IsZero() {
			a.fact("on-asking", on, n, a.entryLabel(g.Asked), g.Asked)
		}
		a.fact("said-at", on, n, span(g.Said), g.Source)
		a.fact("known-at", on, n, g.Known.String(), g.Source)
	}
	return true
}

// The values of what somebody learned that is neither entry nor text.
const (
	NothingTold = "nothing"
	TheChannel  = "channel"
	OwesNothing = "owes-nothing"
)

// whatOf says what one source gave: an entry or a text, or how many.
func (a *asker) whatOf(list []circle.Grant, source keys.ID) string {
	var what []string
	for _, g := range list {
		if g.Source != source || g.What.IsZero() {
			continue
		}
		s := a.entryLabel(g.What.Entry)
		if g.What.Entry.IsZero() {
			s = a.label(g.What)
		}
		if !slices.Contains(what, s) {
			what = append(what, s)
		}
	}
	if len(what) == 1 {
		return what[0]
	}
	return strconv.Itoa(len(what)) + " entries"
}

// exposed says what incidents exposed, who is affected, and what is to be done.
func (a *asker) exposed(args []string) error {
	for _, x := range a.v.Exposures() {
		on := a.entryLabel(x.Entry)
		if len(args) == 1 && args[0] != on && !begins(x.Entry, args[0]) {
			continue
		}
		b := x.Incident
		a.fact("incident", on, b.To, string(b.Sort), x.Entry)
		if b.Channel {
			a.fact("exposed-channel", on, b.To, Yes, x.Entry)
		}
		a.fact("exposed", on, "", strconv.Itoa(len(x.Entries)), x.Entries...)
		for _, id := range x.Entries {
			a.fact("exposes", on, "", a.entryLabel(id), id)
		}
		if b.From != 0 {
			a.fact("exposed-from", on, "", b.From.String(), x.Entry)
		}
		if b.Until != 0 {
			a.fact("exposed-until", on, "", b.Until.String(), x.Entry)
		}
		a.fact("known-since", on, "", x.Since.String(), x.Entry)
		a.fact("known-from", on, x.Source, Yes, x.Entry)
		for _, n := range b.People {
			a.fact("concerns", on, n, Yes, x.Entry)
		}
		for _, n := range x.Affected {
			a.fact("affected", on, n, Yes, x.Entry)
		}
		for _, s := range x.Steps {
			value := "open"
			if s.Done {
				value = "done"
			}
			a.fact("to-do", on+" "+string(s.Do), s.Who, value, s.Entry)
		}
	}
	return nil
}

// begins reports whether an id begins so, as people write ids.
func begins(id keys.ID, prefix string) bool {
	return len(prefix) >= 4 && strings.HasPrefix(id.String(), prefix)
}

// notified says who is told, in which order, and how far it has come.
func (a *asker) notified(args []string) error {
	for _, f := range a.v.Notifications() {
		on := a.entryLabel(f.Entry)
		if len(args) == 1 && args[0] != on && !begins(f.Entry, args[0]) {
			continue
		}
		a.fact("plan", on, "", string(f.Plan.On), f.Entry)
		a.fact("begun", on, "", yesNo(f.Begun), f.On...)
		for i, s := range f.Steps {
			n := on + " " + strconv.Itoa(i+1)
			var entries []keys.ID
			for _, x := range f.Notes {
				if x.Who == s.Who {
					entries = append(entries, x.Entry)
				}
			}
			a.fact("notified", n, s.Who, string(s.Turn), entries...)
			a.fact("told-by", n, s.Who, string(cmp.Or(s.By, a.v.p.Keeper())), f.Entry)
			if s.Hold {
				a.fact("holds-next", n, s.Who, Yes, f.Entry)
			}
			if s.HeldBy != "" {
				a.fact("held-by", n, s.Who, string(s.HeldBy), f.Entry)
			}
			if s.Arrived {
				a.fact("arrived", n, s.Who, Yes, entries...)
			}
			if s.Early {
				a.fact("early", n, s.Who, Yes, entries...)
			}
		}
		for _, x := range f.Notes {
			switch x.Reach {
			case circle.Told:
				a.fact("told-at", on, x.Who, span(x.Said), x.Entry)
				if !x.As.IsZero() {
					a.fact("told-with", on, x.Who, a.entryLabel(x.As), x.As)
				}
			case circle.Acknowledged:
				a.fact("acknowledged-at", on, x.Who, span(x.Said), x.Entry)
				if it, _ := a.v.p.Get(x.Entry); it.Came.Over() == x.Who {
					a.fact("acknowledged-with", on, x.Who, a.entryLabel(x.Entry), x.Entry)
				}
			}
		}
	}
	return nil
}

// accounts says what people say, claim by claim, what the record has on each,
// and what it can count. It says nothing about who is right.
func (a *asker) accounts(args []string) error {
	list := a.v.Accounts()
	if len(args) == 1 {
		list = a.accountsOf(list, args[0])
	}
	for _, x := range list {
		a.account(x)
	}
	if len(list) == 0 {
		return nil
	}
	var people []circle.Deeds
	if len(args) == 0 {
		counted := a.v.Counted()
		people = counted.People
		for _, c := range counted.Paths {
			a.fact("count", string(c.Path), "", strconv.Itoa(c.N), c.Entries...)
		}
	} else {
		for _, n := range partsIn(list) {
			people = append(people, a.v.Deeds(n))
		}
	}
	for _, d := range people {
		for _, part := range []struct {
			key string
			ids []keys.ID
		}{{"spoke", d.Spoke}, {"carried", d.Carried}, {"proposed", d.Proposed}, {"accepted", d.Accepted}, {"reported", d.Reported}} {
			a.fact("did", part.key, d.Who, strconv.Itoa(len(part.ids)), part.ids...)
		}
	}
	return nil
}

// accountsOf keeps the accounts about a text, or about a person, with the
// claims about it alone.
func (a *asker) accountsOf(list []AccountView, subject string) []AccountView {
	refs, err := a.texts(subject)
	if err != nil {
		refs = nil
	}
	entry := a.q.Labels[subject].Entry
	var out []AccountView
	for _, x := range list {
		var held []circle.Held
		for _, h := range x.Held {
			on := slices.ContainsFunc(refs, func(r record.Ref) bool {
				return r.Hash == h.Claim.On.Hash || h.Claim.On.Hash.IsZero() && r.Name == h.Claim.On.Name
			})
			if on || string(h.Claim.Who) == subject || !entry.IsZero() && h.Claim.On.Entry == entry {
				held = append(held, h)
			}
		}
		if x.Held = held; len(held) > 0 || string(x.Account.Source.Name) == subject {
			out = append(out, x)
		}
	}
	return out
}

func (a *asker) account(x AccountView) {
	on, s := a.entryLabel(x.Entry), x.Account.Source
	value := "unnamed"
	switch {
	case s.Name != "":
		value = "named"
	case s.Role != "":
		value = s.Role
	}
	a.fact("account-by", on, s.Name, value, x.Entry)
	if s.Of != "" {
		a.fact("source-of", on, s.Of, Yes, x.Entry)
	}
	if s.Knowledge != "" {
		a.fact("knowledge", on, s.Name, string(s.Knowledge), x.Entry)
	}
	if x.Account.Where != "" {
		a.fact("appeared", on, "", x.Account.Where, x.Entry)
	}
	if x.Account.Declined {
		a.fact("declined", on, s.Name, Yes, x.Entry)
	}
	for _, h := range x.Held {
		n := on + " " + strconv.Itoa(h.Number)
		a.fact("claims", n, h.Claim.Who, a.claimText(h.Claim), x.Entry)
		a.fact("record", n, h.Claim.Who, string(h.Bearing), append(slices.Clone(h.For), h.Against...)...)
		for _, id := range h.For {
			a.fact("speaks-for", n, "", a.entryLabel(id), id)
		}
		for _, id := range h.Against {
			a.fact("speaks-against", n, "", a.entryLabel(id), id)
		}
		if len(h.Reports) > 0 {
			a.fact("reports", n, "", strconv.Itoa(len(h.Reports)), h.Reports...)
		}
		if len(h.Beside) > 0 {
			a.fact("beside-it", n, h.Claim.Who, strconv.Itoa(len(h.Beside)), h.Beside...)
		}
		if len(h.Rivals) > 0 {
			a.fact("disputed", n, "", Yes, append([]keys.ID{x.Entry}, h.Rivals...)...)
		}
		for _, id := range h.Rivals {
			a.fact("rival", n, "", a.entryLabel(id), id)
		}
	}
}

// claimText gives a claim as facts write it: "part decisive", "not
// unconditional release".
func (a *asker) claimText(c circle.Claim) string {
	s := string(c.Sort)
	if c.Not {
		s = "not " + s
	}
	for _, more := range []string{string(c.Position), string(c.Part)} {
		if more != "" {
			s += " " + more
		}
	}
	switch {
	case !c.On.Hash.IsZero():
		s += " " + a.label(c.On)
	case !c.On.Entry.IsZero():
		s += " " + a.entryLabel(c.On.Entry)
	case c.On.Name != "":
		s += " " + string(c.On.Name)
	}
	return s
}

// asked says what outsiders asked, what was planned and what was said.
func (a *asker) asked(args []string) error {
	who := record.Name("")
	if len(args) == 1 {
		who = record.Name(args[0])
	}
	for _, r := range a.v.Requests(who) {
		on := a.entryLabel(r.Entry)
		a.fact("asked", on, r.Request.By, string(r.Request.Of), r.Entry)
		a.fact("said-at", on, r.Request.By, span(r.Said), r.Entry)
		if r.Planned != nil {
			a.fact("planned", on, r.Request.By, string(r.Planned.As), r.Line)
		}
		if len(r.Answers) == 0 {
			a.fact("answered", on, r.Request.By, None, r.Entry)
		}
		for _, x := range r.Answers {
			a.fact("answered", on, r.Request.By, string(x.As), x.Entry)
			a.fact("answered-by", on, r.Request.By, string(x.By), x.Entry)
			if x.Else {
				a.fact("other-than-planned", on, r.Request.By, Yes, x.Entry, r.Line)
			}
		}
	}
	return nil
}

// kept says how long an entry, or the channel, is kept.
func (a *asker) kept(args []string) error {
	var of keys.ID
	if len(args) == 1 {
		if of = a.q.Labels[args[0]].Entry; of.IsZero() {
			return nil
		}
	}
	k := a.v.Retention(of)
	on := ""
	if !of.IsZero() {
		on = a.entryLabel(of)
	}
	a.fact("kept", on, "", string(k.Policy), k.Entry)
	if k.On != 0 {
		a.fact("destroy-on", on, "", k.On.String(), k.Entry)
	}
	return nil
}
