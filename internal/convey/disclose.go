package convey

import (
	"slices"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// disclose adds what somebody is given over the line, and the disclosure that
// says so. Each entry is passed on as carrying passes it: word for word, with
// whoever said it, if its author and the caucus rule allow it (consent is asked
// for each). What was said to him is a message of the keeper's.
func (b *builder) disclose(p *record.Projection, o Order) error {
	d := *o.Disclosure
	switch {
	case o.To != "" && o.To != d.To || o.Form != "" || o.Text != "" || !o.Of.IsZero() || o.Fidelity != "":
		return fault.New(fault.Malformed, "convey.disclosure", "name the reader, the entries and the words in the disclosure", "a disclosure that is something else as well")
	case d.Nothing:
		return fault.New(fault.Malformed, "convey.disclose-nothing", "log it, or say that they owe nothing with `backchannel owes-nothing`", "nothing cannot be sent")
	case d.Footing != circle.Briefed && d.Footing != circle.Confirmed && d.Footing != circle.OfParty:
		return fault.New(fault.Malformed, "convey.disclose-footing", "choose briefed, confirmed or party", "whom this desk tells does not learn it as %s", d.Footing)
	case d.Channel && d.Text == "":
		return fault.New(fault.Malformed, "convey.words", "write what is to be said", "that there is a channel is told in words")
	}
	o.To, o.Fidelity, o.Disclosure = d.To, record.Verbatim, nil
	said := record.Entry{Audience: []record.Name{d.To}, Body: record.Message{
		From: p.Keeper(), To: d.To, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: d.Text,
	}}
	for _, r := range d.What {
		src, err := b.named(p, r)
		if err != nil {
			return err
		}
		hash := hashOf(src.Body)
		if b.brings(hash, d.To) {
			continue // it goes along with another
		}
		if b.c.Record.GivenTo(src.Item, d.To) || !hash.IsZero() && b.c.given(hash, d.To) || b.passed(src.ID, d.To) {
			return fault.New(fault.Exists, "convey.has-it", "leave it out", "%s has this %s already", d.To, src.Body.Kind())
		}
		one := o
		one.Of = src.ID
		if err := b.pass(p, src, one); err != nil {
			return err
		}
		said.About = append(said.About, namedVersions([]record.Ref{r})...)
	}
	if d.Text != "" {
		if err := b.add(said); err != nil {
			return err
		}
	}
	d.By, d.Form = p.Keeper(), record.Text
	return b.add(record.Entry{Answers: o.Request, Body: d})
}

// named gives the entry that a reference names: itself, or the first that bears
// that version of a text.
func (b *builder) named(p *record.Projection, r record.Ref) (record.Seen, error) {
	if it, ok := p.Get(r.Entry); ok {
		return it, nil
	}
	for _, it := range b.c.bearers(r.Hash) {
		if seen, ok := p.Get(it.ID); ok && !r.Hash.IsZero() {
			return seen, nil
		}
	}
	return record.Seen{}, fault.New(fault.NotFound, "convey.source", "look it up with `backchannel record`", "no such entry or text to disclose")
}

// passed reports whether an entry was passed on to somebody before.
func (b *builder) passed(id keys.ID, to record.Name) bool {
	return slices.ContainsFunc(b.c.ledger().MarksOf(id), func(it record.Seen) bool {
		m, ok := it.Body.(record.Conveyance)
		return ok && m.Step == record.Conveyed && m.To == to && it.By == b.c.Record.Keeper()
	})
}

// brings reports whether the plan gives somebody that text already.
func (b *builder) brings(h keys.Hash, to record.Name) bool {
	return !h.IsZero() && slices.ContainsFunc(b.entries, func(e record.Entry) bool {
		return hashOf(e.Body) == h && slices.Contains(e.Audience, to)
	})
}

// SeenBy gives the record as reader of a plan sees it once the plan is done,
// and the ids of what is new to him in it, in order: what he is shown before
// anything is sent is his own projection and nothing else.
func (p Plan) SeenBy(codec record.Codec, r *record.Record, reader record.Name) (*record.Projection, []keys.ID, error) {
	had := r.For(reader, record.AsOf{})
	next := r.Clone()
	for _, e := range p.Entries {
		if _, err := next.Add(codec, record.Item{Entry: e, Known: e.At, Came: record.ByHand()}); err != nil {
			return nil, nil, err
		}
	}
	seen := next.For(reader, record.AsOf{})
	var ids []keys.ID
	for _, it := range seen.Items() {
		if _, before := had.Get(it.ID); !before && !slices.Contains(ids, it.ID) {
			ids = append(ids, it.ID)
		}
	}
	return seen, ids, nil
}

// Given gives what a plan gives somebody, as this desk has it; without the
// people and parties that are introduced to him, so that whoever looks for what
// he could infer is told of them.
func (p Plan) Given(to record.Name) []record.Entry {
	return slices.DeleteFunc(slices.Clone(p.Entries), func(e record.Entry) bool {
		return introduces(e.Body) != "" || !slices.Contains(e.Audience, to)
	})
}
