package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// SoundingState is how far a sounding has come.
type SoundingState string

// The states. At the desk of somebody who was asked there is his own answer
// and nobody else's, so it never says more than answered, unless it was put
// forward.
const (
	SoundingOpen     SoundingState = "open"
	SoundingAnswered SoundingState = "answered"    // by the keeper, who was asked
	SoundingDeclined SoundingState = "declined"    // somebody would not: there was no offer
	SoundingAll      SoundingState = "all-would"   // everybody who was asked would consider it
	SoundingForward  SoundingState = "put-forward" // and they were told
)

// Sounding is what a go-between asked whether they would consider.
type Sounding struct {
	Entry   keys.ID         `json:"entry"`
	By      record.Name     `json:"by"` // who asks
	On      record.Ref      `json:"on,omitzero"`
	Text    string          `json:"text,omitempty"`
	When    Stamp           `json:"when"`
	State   SoundingState   `json:"state"`
	Asked   []record.Name   `json:"asked"`             // whom this desk knows to have been asked
	Answers []SoundingReply `json:"answers,omitempty"` // the last of each
	Forward keys.ID         `json:"forward,omitzero"`
}

// SoundingReply is what one of them said, in confidence.
type SoundingReply struct {
	Who   record.Name  `json:"who"`
	Party record.Name  `json:"party"`
	Would accord.Would `json:"would"`
	Text  string       `json:"text,omitempty"`
	When  Stamp        `json:"when"`
	Entry keys.ID      `json:"entry"`
}

// Soundings gives every sounding, in the order in which they were made.
func (v *View) Soundings() []Sounding {
	var out []Sounding
	for _, it := range v.under(key{of: keySounding}) {
		out = append(out, v.sounding(it))
	}
	return out
}

// Sounding gives the sounding of that id.
func (v *View) Sounding(id keys.ID) (Sounding, bool) {
	it, ok := v.p.Get(id)
	if b, is := it.Body.(accord.Sounding); !ok || !is || b.Forward {
		return Sounding{}, false
	}
	return v.sounding(it), true
}

func (v *View) sounding(it record.Seen) Sounding {
	b := it.Body.(accord.Sounding) // the index holds nothing else
	s := Sounding{Entry: it.ID, By: it.By, On: b.On, Text: b.Text, When: stamp(it), State: SoundingOpen, Asked: slices.Clone(it.Audience)}
	if it.By != v.p.Reader() {
		s.Asked = []record.Name{v.p.Reader()}
	}
	for _, m := range v.marksOf(it.ID) {
		if c, ok := m.Body.(record.Conveyance); ok && m.By == it.By && !slices.Contains(s.Asked, c.To) {
			s.Asked = append(s.Asked, c.To) // asked by hand
		}
	}
	for _, o := range v.under(idOf(keySounded, it.ID)) {
		switch x := o.Body.(type) {
		case accord.SoundingAnswer:
			s.Answers = slices.DeleteFunc(s.Answers, func(r SoundingReply) bool { return r.Who == o.Speaker() })
			s.Answers = append(s.Answers, SoundingReply{o.Speaker(), x.Party, x.Would, x.Text, stamp(o), o.ID})
		case accord.Sounding:
			if o.By == it.By {
				s.Forward = o.ID
			}
		}
	}
	s.State = v.soundingState(it, s)
	return s
}

func (v *View) soundingState(it record.Seen, s Sounding) SoundingState {
	yes := 0
	for _, r := range s.Answers {
		if r.Would == accord.WouldConsider && slices.Contains(s.Asked, r.Who) {
			yes++
		}
	}
	switch {
	case !s.Forward.IsZero():
		return SoundingForward
	case it.By != v.p.Reader() && len(s.Answers) > 0:
		return SoundingAnswered
	case slices.ContainsFunc(s.Answers, func(r SoundingReply) bool { return r.Would == accord.WouldNot }):
		return SoundingDeclined
	case yes > 0 && yes == len(s.Asked):
		return SoundingAll
	}
	return SoundingOpen
}
