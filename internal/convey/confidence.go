package convey

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// proper reports why a draft may not be written although it is well-formed.
func (b *builder) proper(d record.Entry) error {
	if record.InConfidence(d.Body) && len(d.Audience) > 1 {
		return fault.New(fault.Refused, "convey.confidence-many", "give it to whoever asked, or owns the text, alone", "a %s is said in confidence, to one person", d.Body.Kind())
	}
	switch x := d.Body.(type) {
	case record.Correction:
		if x.Back {
			return fault.New(fault.Refused, "convey.back", "take it back with `backchannel undo`, if it has not left", "only the desk says that something was taken back")
		}
		if _, gone := x.Now.(record.Withdrawn); gone {
			return b.withdrawable(d)
		}
	case accord.Term, accord.Package:
		return b.coherent(d)
	case accord.SoundingAnswer:
		return b.answerable(d, x)
	case accord.Sounding:
		if x.Forward {
			return b.forwardable(d, x)
		}
	}
	return nil
}

// withdrawable refuses to withdraw what others may have relied on.
func (b *builder) withdrawable(d record.Entry) error {
	it, ok := b.c.Record.Get(d.Corrects)
	switch {
	case !ok || it.By != d.By:
		return fault.New(fault.Refused, "convey.withdraw-foreign", "log your own account beside it", "people withdraw what they wrote themselves")
	case record.Lasts(it, it.Came.Over() == ""):
		return fault.New(fault.Refused, "convey.withdraw-own", "act again: withdraw, reject or deny; or write the next version", "your own %s stands until you do otherwise: others may have relied on it", it.Body.Kind())
	}
	h := hashOf(it.Body)
	if h.IsZero() {
		return nil
	}
	holds := map[keys.Hash]bool{h: true} // it, and packages in which it stands
	for _, o := range b.c.Record.Known() {
		if p, ok := o.Body.(accord.Package); ok && slices.ContainsFunc(p.Terms, func(t accord.TermRef) bool { return t.Hash == h }) {
			holds[p.Hash()] = true
		}
	}
	for _, o := range b.c.Record.Known() {
		if a, ok := o.Body.(accord.Act); ok && holds[a.On.Hash] && o.FirstHand() {
			return fault.New(fault.Refused, "convey.withdraw-relied", "let it stand", "somebody acted on this text by himself")
		}
	}
	return nil
}

// answerable lets an answer to a sounding go to whoever asked, and to nobody
// else.
func (b *builder) answerable(d record.Entry, a accord.SoundingAnswer) error {
	it, ok := b.c.Record.Get(a.Of)
	s, is := it.Body.(accord.Sounding)
	if !ok || !is || s.Forward {
		return fault.New(fault.NotFound, "convey.sounding", "look it up with `backchannel record --kind sounding`", "an answer to a sounding that is not here")
	}
	for _, n := range d.Audience {
		if n != it.By {
			return fault.New(fault.Refused, "convey.sounding-to", "leave the audience to the desk", "an answer goes to whoever asked, and %s did not", n)
		}
	}
	return nil
}

// forwardable lets a sounding be put forward when everybody who was asked would
// consider it, and to them alone: else one side would learn what the other said
// in confidence.
func (b *builder) forwardable(d record.Entry, s accord.Sounding) error {
	it, ok := b.c.Record.Get(s.Of)
	first, is := it.Body.(accord.Sounding)
	if !ok || !is || it.By != d.By || first.Forward || first.On.Hash != s.On.Hash {
		return fault.New(fault.NotFound, "convey.sounding", "look it up with `backchannel record --kind sounding`", "no sounding of yours on that text to put forward")
	}
	asked, would := slices.Clone(it.Audience), map[record.Name]accord.Would{}
	for _, o := range b.c.Record.Known() {
		switch x := o.Body.(type) {
		case record.Conveyance:
			if x.Of == it.ID && o.By == d.By && !slices.Contains(asked, x.To) {
				asked = append(asked, x.To)
			}
		case accord.SoundingAnswer:
			if x.Of == it.ID {
				would[o.Speaker()] = x.Would // the last word counts
			}
		}
	}
	if len(asked) == 0 {
		return fault.New(fault.Refused, "convey.sounding-early", "ask them first", "nobody was asked")
	}
	for _, n := range asked {
		if would[n] != accord.WouldConsider {
			return fault.New(fault.Refused, "convey.sounding-early", "wait for every answer, or ask about another text", "not everybody who was asked would consider it")
		}
	}
	for _, n := range d.Audience {
		if !slices.Contains(asked, n) {
			return fault.New(fault.Refused, "convey.sounding-asked", "ask them first", "%s was not asked", n)
		}
	}
	return nil
}

// owner refuses to float a text as nobody's own that somebody else wrote and
// did not offer as the go-between's own idea.
func owner(p *record.Projection, entry keys.ID) error {
	it, ok := p.Get(entry)
	if ok && (it.By == p.Keeper() && it.FirstHand() || it.Carrying.Pass == record.PassAsOwnIdea) {
		return nil
	}
	return fault.New(fault.Refused, "convey.owner", "write it anew as your own text, or ask its author to let it pass as your own idea", "this text is somebody else's")
}

// soundTexts gives everybody who is asked the text that he is asked about, with
// no trace of whose it is.
func (b *builder) soundTexts() error {
	for _, e := range slices.Clone(b.entries) {
		s, ok := e.Body.(accord.Sounding)
		if !ok || s.On.IsZero() || len(e.Audience) == 0 {
			continue
		}
		p := b.c.Record.For(b.c.Record.Keeper(), record.AsOf{})
		l := b.c.ledger()
		var source keys.ID
		if pk, here := l.Package(s.On.Hash); here {
			source = pk.Entry
		} else if t, here := l.Term(s.On.Hash); here {
			source = t.Entry
		}
		if !source.IsZero() {
			if err := owner(p, source); err != nil {
				return err
			}
		}
		b.ownerless = true
		for _, n := range e.Audience {
			if err := b.texts(p, []record.Ref{s.On}, Order{To: n}); err != nil {
				return err
			}
		}
		b.ownerless = false
	}
	return nil
}
