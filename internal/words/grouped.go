package words

import (
	"strconv"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Grouped gives an answer about who knows, who is told and what people say, for
// people to read: what is said of one entry or person stands under it.
func (b *Book) Grouped(v *view.View, a view.Answer) []string {
	g := grouping{b: b, v: v, ids: map[string]keys.ID{}}
	for _, f := range a.Facts {
		for _, id := range f.Entries {
			g.ids[id.Short()] = id
		}
	}
	for _, f := range a.Facts {
		g.add(f)
	}
	return g.out
}

// grouping puts facts under headings.
type grouping struct {
	b      *Book
	v      *view.View
	ids    map[string]keys.ID // of the entries that facts name, as they name them
	out    []string
	person record.Name // whose heading stands
	top    keys.ID     // the entry whose heading stands
	head   string      // the heading under which rows go, as facts name it
	who    record.Name // of whom its first fact is
	indent string      // of its rows
}

func (g *grouping) row(parts ...string) { g.out = append(g.out, g.indent+strings.Join(parts, ": ")) }

// under begins a heading, unless it stands.
func (g *grouping) under(head string, f view.Fact, indent, text string) {
	if g.head == head {
		return
	}
	g.head, g.who, g.indent = head, f.Who, indent+"  "
	g.out = append(g.out, indent+text)
}

func (g *grouping) add(f view.Fact) {
	b, v := g.b, g.v
	if f.Value == view.NothingHere {
		g.out = append(g.out, b.Fact(v, f))
		return
	}
	on, place, _ := strings.Cut(f.On, " ")
	id, isEntry := g.ids[on]
	value := b.value(v, f)
	switch f.Key {
	case "count":
		hand := b.T("dossier.no-hand")
		if f.On != "" {
			hand = b.Name(v, record.Name(f.On))
		}
		g.under("count", f, "", b.T("dossier.path"))
		g.row(capital(hand), value)
		return
	case "did":
		part := b.T("web.accounts.reported")
		if f.On != "reported" {
			part = b.Word(circle.Part(f.On))
		}
		g.under("did "+string(f.Who), f, "", capital(b.Name(v, f.Who)))
		g.row(capital(part), value)
		return
	}
	switch {
	case !isEntry:
		g.person, g.top = f.Who, keys.ID{}
		g.under("person "+string(f.Who), f, "", capital(b.Name(v, f.Who)))
	case f.Key == "notified":
		g.entry(id, f)
		g.under(f.On, f, "  ", place+". "+capital(b.Name(v, f.Who))+": "+value)
		return
	case f.Key == "claims":
		g.entry(id, f)
		g.under(f.On, f, "  ", place+". "+capital(g.claim(id, f, value)))
		return
	case f.Key == "to-do":
		g.entry(id, f)
		g.row(capital(b.Word(circle.Remedy(place))), b.Name(v, f.Who), value)
		return
	case place != "":
		g.under(f.On, f, "  ", f.On)
	default:
		g.entry(id, f)
	}
	g.fact(f, value)
}

// entry begins the heading of an entry; within that of a person, where it says
// how he came to know.
func (g *grouping) entry(id keys.ID, f view.Fact) {
	indent := ""
	if g.person != "" && g.person == f.Who {
		indent = "  "
	}
	if g.top == id { // back from what stands under it
		if g.head != id.Short() {
			g.head, g.who, g.indent = id.Short(), "", indent+"  "
		}
		return
	}
	g.top = id
	text := g.b.T("entry.another")
	if it, ok := g.v.Projection().Get(id); ok {
		text = g.b.Entry(g.v, it.Entry)
	}
	g.under(id.Short(), f, indent, id.Short()+"  "+text)
}

// claim says one claim of an account; as facts write it, where the account is
// not here.
func (g *grouping) claim(id keys.ID, f view.Fact, value string) string {
	a, ok := g.v.Account(id)
	for _, h := range a.Held {
		if ok && strings.HasSuffix(f.On, " "+strconv.Itoa(h.Number)) {
			return g.b.Claim(g.v, h.Claim)
		}
	}
	return value
}

// fact adds one row: what it is, about whom where that is not said above, and
// the value.
func (g *grouping) fact(f view.Fact, value string) {
	parts := []string{capital(g.b.factKey(f.Key))}
	if f.Who != "" && f.Who != g.who {
		parts = append(parts, g.b.Name(g.v, f.Who))
	}
	if f.Value != view.Yes || len(parts) == 1 {
		parts = append(parts, value)
	}
	if id, ok := g.ids[f.Value]; ok {
		if it, here := g.v.Projection().Get(id); here {
			parts[len(parts)-1] = f.Value + "  " + g.b.Entry(g.v, it.Entry)
		}
	}
	g.row(parts...)
}
