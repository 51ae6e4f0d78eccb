package circle

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Hint is something in an entry by which its reader could infer what he was
// not given.
type Hint struct {
	Sort  HintSort    `json:"sort"`
	Name  record.Name `json:"name,omitempty"` // the person, party or name of a text
	Entry keys.ID     `json:"entry,omitzero"` // that he was not given
	Ref   record.Ref  `json:"ref,omitzero"`   // the text that he was not given
	Text  string      `json:"text,omitempty"` // the phrase, where it was found by its words
}

// HintSort is a sort of hint. All but the last three are found by what an entry
// refers to; those are guesses by its words (Telltales).
type HintSort string

// The hints.
const (
	HintPerson  HintSort = "person"        // it names somebody of whom he has not heard
	HintEntry   HintSort = "entry"         // it answers, or is about, an entry that he was not given; the reference is left out, its words are not
	HintText    HintSort = "text"          // it is about a text that he was not given
	HintTerm    HintSort = "term"          // it names a term of which he was given no version
	HintEarlier HintSort = "earlier"       // it is a later version or draft of something whose earlier one he was not given
	HintOthers  HintSort = "others-agreed" // an echo says that everybody has accepted
	HintHands   HintSort = "hands"         // it names a hand on the way of whom he has not heard
	HintAgreed  HintSort = "words-agreed"  // its words speak of something agreed, and he was shown no acceptance
	HintBefore  HintSort = "words-before"  // they speak of something said before, and he was given nothing before
	HintChannel HintSort = "words-channel" // they speak of another channel, or of another who is told
)

// Hints gives what the reader of an entry could infer from it that he was not
// given: to be looked at before it is sent. It reads what he was given by the
// record of the keeper; entries that go with it are given as well.
func (c *Circle) Hints(e record.Entry, reader record.Name, with []record.Entry) []Hint {
	h := hinter{c: c, reader: reader, met: map[record.Name]bool{reader: true, c.p.Keeper(): true}, entries: map[keys.ID]bool{e.ID: true},
		texts: map[keys.Hash]bool{}, named: map[record.Name]int{}}
	for _, g := range c.Of(reader).Grants {
		h.entries[g.What.Entry] = true
		h.texts[g.What.Hash] = true
		if it, ok := c.get(g.What.Entry); ok {
			h.learn(it.Entry)
		}
	}
	for _, o := range with {
		h.entries[o.ID] = true
		h.texted(o.Body)
		switch b := o.Body.(type) { // whoever is introduced is given; whoever is only named is not
		case record.Person:
			h.met[b.Name] = true
		case record.Party:
			h.met[b.Name] = true
		}
	}
	h.own(e.Body)
	h.look(e)
	return h.out
}

type hinter struct {
	c       *Circle
	reader  record.Name
	met     map[record.Name]bool
	entries map[keys.ID]bool
	texts   map[keys.Hash]bool
	named   map[record.Name]int // the highest version that he was given
	out     []Hint
}

// learn takes in what the reader knows from an entry that he was given.
func (h *hinter) learn(e record.Entry) {
	for _, n := range append(Names(e.Body), e.By, e.SaidBy, e.HeardFrom) {
		h.met[n] = true
	}
	h.texted(e.Body)
}

// texted takes in a text, and the names of the terms of a package.
func (h *hinter) texted(b record.Body) {
	h.own(b)
	if p, ok := b.(accord.Package); ok {
		for _, t := range p.Terms {
			h.named[t.Name] = max(h.named[t.Name], t.Version)
		}
	}
}

// own takes in the text that a body is.
func (h *hinter) own(b record.Body) {
	switch b := b.(type) {
	case accord.Term:
		h.texts[b.Hash()] = true
		h.named[b.Name] = max(h.named[b.Name], 1)
	case accord.Package:
		h.texts[b.Hash()] = true
		h.named[b.Name] = max(h.named[b.Name], 1)
	}
}

func (h *hinter) hint(x Hint) {
	if !slices.Contains(h.out, x) {
		h.out = append(h.out, x)
	}
}

func (h *hinter) look(e record.Entry) {
	refs := append([]keys.ID{e.Answers, e.Corrects}, e.Together...)
	for _, r := range e.About {
		refs = append(refs, r.Entry)
		h.text(r)
	}
	for _, n := range []record.Name{e.SaidBy, e.HeardFrom} {
		h.person(n, HintHands)
	}
	switch b := e.Body.(type) {
	case record.Message:
		refs = append(refs, b.Denies)
		for _, n := range b.Via {
			h.person(n, HintHands)
		}
		if b.Draft > 1 {
			h.hint(Hint{Sort: HintEarlier})
		}
	case record.Conveyance:
		refs = append(refs, b.Of, b.As)
	case record.ReadBack:
		refs = append(refs, b.Of)
	case Request:
		refs = append(refs, h.what(b.What)...)
	case Account:
		for _, claim := range b.Claims {
			refs = append(refs, h.what([]record.Ref{claim.On})...)
		}
	case record.Credential:
		h.terms(b.On)
	case accord.Act:
		refs = append(refs, b.Under)
		h.text(b.On)
		if b.Echo {
			h.hint(Hint{Sort: HintOthers, Ref: b.On})
		}
	case accord.Performance:
		h.text(b.On)
	case accord.Term:
		h.terms(b.Against)
		h.terms(b.Covers)
		h.terms(b.When.Terms())
		h.earlier(b.Name, b.Version, b.Replaces)
	case accord.Package:
		for _, t := range b.Terms {
			h.text(t.Ref())
		}
		h.earlier(b.Name, b.Version, b.Replaces)
	}
	for _, id := range refs {
		if !id.IsZero() && !h.entries[id] {
			h.hint(Hint{Sort: HintEntry, Entry: id})
		}
	}
	for _, n := range Names(e.Body) {
		h.person(n, HintPerson)
	}
}

func (h *hinter) what(list []record.Ref) []keys.ID {
	var out []keys.ID
	for _, r := range list {
		out = append(out, r.Entry)
		h.text(r)
	}
	return out
}

func (h *hinter) person(n record.Name, sort HintSort) {
	if n == "" || h.met[n] {
		return
	}
	h.met[n] = true // once is enough
	h.hint(Hint{Sort: sort, Name: n})
}

func (h *hinter) text(r record.Ref) {
	switch {
	case !r.Hash.IsZero() && !h.texts[r.Hash]:
		h.hint(Hint{Sort: HintText, Name: r.Name, Ref: record.Ref{Name: r.Name, Version: r.Version, Hash: r.Hash}})
	case r.Hash.IsZero() && r.Name != "":
		h.terms([]record.Name{r.Name})
	}
}

func (h *hinter) terms(list []record.Name) {
	for _, n := range list {
		if h.named[n] == 0 {
			h.hint(Hint{Sort: HintTerm, Name: n})
		}
	}
}

func (h *hinter) earlier(n record.Name, version int, replaces keys.Hash) {
	switch {
	case !replaces.IsZero() && !h.texts[replaces]:
		h.hint(Hint{Sort: HintEarlier, Name: n, Ref: record.Ref{Name: n, Hash: replaces}})
	case replaces.IsZero() && version > 1 && !h.hadBefore(n):
		h.hint(Hint{Sort: HintEarlier, Name: n})
	}
}

// hadBefore reports whether he was given another text of that name.
func (h *hinter) hadBefore(n record.Name) bool {
	for _, g := range h.c.Of(h.reader).Grants {
		it, _ := h.c.get(g.What.Entry)
		switch b := it.Body.(type) {
		case accord.Term:
			if b.Name == n {
				return true
			}
		case accord.Package:
			if b.Name == n {
				return true
			}
		}
	}
	return false
}
