package web

import (
	"net/http"

	"backchannel/internal/compare"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// compareView is how a line stands against the record at its other end: what
// was found last, what is under way, and what can be done.
type compareView struct {
	ID     string   // of the heading
	Now    []string // what is under way
	Learn  string   // what the other would learn, before a yes
	Steps  []option // what can be done: the step and its words
	Result *link    // what the last one found
	Tone   string
	Asks   string // that the other keeper asks, and waits for an answer
}

func (c *call) compareView(l desk.LineStatus) *compareView {
	if l.Phase != desk.Opened {
		return nil
	}
	v := &compareView{ID: "compare-" + string(l.Peer)}
	var pending, mine, theirs bool
	var sent, came record.Numbers
	for _, s := range l.Comparisons {
		text := c.f.book.Comparing(c.view, l.Peer, s.Phase, s.Asked, s.Sent, s.Came, s.Expires)
		v.Now = append(v.Now, text)
		switch {
		case s.Phase.Over():
		case s.Phase == compare.Pending:
			pending, sent, came, v.Asks = true, s.Sent, s.Came, text
		case s.Asked:
			mine = true
		default:
			theirs = true
		}
	}
	step := func(s desk.CompareStep) {
		v.Steps = append(v.Steps, option{Value: string(s), Text: c.t("compare-step." + string(s))})
	}
	if pending {
		step(desk.CompareConsent)
		step(desk.CompareDecline)
	}
	if mine || theirs {
		step(desk.CompareStop)
	}
	if !mine && !pending && !theirs {
		step(desk.CompareAsk)
	}
	if pending || !mine && !theirs {
		v.Learn = c.f.book.Learned(c.view, l.Peer, sent, came)
	}
	if it, ok := c.view.LineComparison(l.Peer); ok {
		b := it.Body.(record.Comparison) // LineComparison gives no other
		v.Result = &link{c.entryHref("e", it.ID), c.f.book.LineComparison(c.view, b)}
		v.Tone = "good"
		if !b.Same() {
			v.Tone = "alarm"
		}
	}
	return v
}

// compareLine takes a step of a comparison.
func (c *call) compareLine(w http.ResponseWriter, r *http.Request) error {
	who, err := c.peer(r)
	if err != nil {
		return c.lineFail(w, err)
	}
	step := desk.CompareStep(one(r.PostForm, "step"))
	switch step {
	case desk.CompareAsk, desk.CompareConsent, desk.CompareDecline, desk.CompareStop:
	default:
		return c.lineFail(w, fault.New(fault.Malformed, "web.compare-step", "press one of the buttons", "it does not say what to do about comparing"))
	}
	if err := c.f.h.CompareLine(c.ctx, who, step); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// findingFacts gives what a comparison found, with every entry that is here.
func (c *call) findingFacts(b record.Comparison) []fact {
	var out []fact
	for _, f := range b.Findings {
		links := []link{{Text: capital(c.f.book.Match(c.view, b, f))}}
		for _, id := range f.Entries[:min(len(f.Entries), maxRelated)] {
			if it, ok := c.all.Get(id); ok {
				links = append(links, link{c.entryHref("e", id), c.head(it.Entry)})
			}
		}
		out = append(out, fact{Label: c.f.book.Which(f), Links: links})
	}
	if b.More > 0 {
		out = append(out, fact{Label: c.t("web.compare-line.more"), Text: c.number(b.More)})
	}
	return out
}
