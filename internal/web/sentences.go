package web

import (
	"errors"
	"net/url"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// usual reports whether an alarm stands in most talks for a while. It is shown
// below those that need somebody at once.
func usual(a view.Alarm) bool {
	switch a.Kind {
	case view.Unconfirmed, view.AuthorityUnknown, view.ReportedOnly, view.HearsayWord, view.HearsayDeed, view.ClaimUnverified, view.ReadBackMissing,
		view.RequestOpen, view.SaidOtherwise:
		return true
	}
	return false
}

// alarm gives an alarm as a notice, with the entries that raise it.
func (c *call) alarm(a view.Alarm) notice {
	n := notice{Tone: "alarm", Kind: c.word(a.Kind), Text: c.f.book.Alarm(c.view, a)}
	if usual(a) {
		n.Tone = "care"
	}
	for _, id := range a.Entries {
		if it, ok := c.all.Get(id); ok {
			n.Links = append(n.Links, link{c.entryHref("e", id), c.head(it.Entry)})
		}
	}
	return n
}

// cellText says where a party stands, in a word or two.
func (c *call) cellText(cell view.Cell) string {
	s := c.word(cell.Position)
	if cell.NotConfirmed || cell.Position == accord.Accepted {
		s += ", " + c.f.book.Confirmed(cell)
	}
	return s
}

func (c *call) verdict(a view.Agreement) tag {
	t := tag{Text: c.word(a.Verdict)}
	switch a.Verdict {
	case accord.Agreed:
		t.Tone = "good"
	case accord.AsReported, accord.EchoAwaited, accord.Incomplete:
		t.Tone = "care"
	}
	return t
}

// changeText says how the second version differs.
func (c *call) changeText(d accord.Difference) string {
	s := c.word(d.Change)
	switch d.Change {
	case accord.Longer, accord.Shorter, accord.More, accord.Fewer:
		s = c.t("web.compare.by", "Change", s, "By", c.f.book.Range(accord.Range{Min: d.Low, Max: d.High, Unit: d.Unit}))
	}
	return s
}

func (c *call) readBackText(ok bool) string {
	if ok {
		return c.t("web.read-back.ok")
	}
	return c.t("web.read-back.corrected")
}

// faultText says what happened and what to do. A fault that the page can tell
// better than a command line, by titles and by what stands on it, has texts of
// its own.
func (c *call) faultText(err error) words.Told {
	told := c.f.book.Fault(err)
	var e *fault.Error
	if errors.As(err, &e) {
		var args []any
		for i, a := range e.Says.Args {
			if n, ok := a.(record.Name); ok {
				a = c.within(n)
			}
			args = append(args, "A"+number(uint64(i+1)), a)
		}
		if id := "web.fault." + e.ID; c.f.book.Has(id) {
			told.Text, told.Detail = c.t(id, args...), ""
		}
		if id := "web.hint." + e.ID; c.f.book.Has(id) {
			told.Hint = c.t(id, args...)
		}
	}
	told.Text, told.Hint = sentence(told.Text), sentence(told.Hint)
	return told
}

// sentence begins and ends what was written to stand after a colon.
func sentence(s string) string {
	if s == "" || strings.ContainsRune(".?؟", []rune(s)[len([]rune(s))-1]) {
		return capital(s)
	}
	return capital(s) + "."
}

// isFault reports whether err is the fault of that identifier.
func isFault(err error, id string) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.ID == id
}

// orderOf reads the form of a conveyance.
func orderOf(of record.Seen, v url.Values) convey.Order {
	o := convey.Order{
		Of: of.ID, To: nameOf(v, "to"), Fidelity: record.Fidelity(one(v, "fidelity")), Form: record.Form(one(v, "how")), Consent: one(v, "consent"),
	}
	for _, m := range v["marks"] {
		o.Asked = o.Asked || m == "asked"
		o.Receipt = o.Receipt || m == "receipt"
	}
	if _, isMessage := of.Body.(record.Message); !isMessage {
		o.Fidelity = record.Verbatim // a text or an act goes as it is
		return o
	}
	o.Text = lf(v.Get("text"))
	if o.Fidelity != record.Verbatim {
		o.Lang = one(v, "lang")
	}
	return o
}
