package web

import (
	"net/http"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

// entryView gives an entry of the record. Listed, it comes with what can be
// done with it.
func (c *call) entryView(it record.Seen, listed bool) entryView {
	e := c.bodyView(c.f.book, it.Entry)
	e.Head, e.Href = c.head(it.Entry), c.entryHref("e", it.ID)
	e.Meta = append([]string{c.saidText(it.Entry)}, e.Meta...)
	e.Meta = append(e.Meta, c.cameText(it))
	if fix, _ := c.all.Get(it.CorrectedBy); takenBack(fix) {
		e.Tags = append(e.Tags, tag{"care", c.t("web.undo.tag")})
	} else if !it.CorrectedBy.IsZero() {
		e.Tags = append(e.Tags, tag{"care", c.t("web.entry.corrected")})
	}
	e.Facts = nil
	if listed {
		e.Actions = c.actions(it)
	}
	return e
}

// aboutView gives an entry that a form is about: whoever acts on a text sees
// what stands in it.
func (c *call) aboutView(it record.Seen) entryView {
	e := c.entryView(it, false)
	switch b := it.Body.(type) {
	case accord.Package:
		e.Facts = c.packageFacts(c.inFull(), b)
	case accord.Term:
		e.Facts = append(c.termFacts(c.inFull(), b), c.besideTerm(b)...)
	case accord.Act:
		if pk, ok := c.ledger.Package(b.On.Hash); ok {
			e.Facts = c.packageFacts(c.inFull(), pk.Body)
		} else if t, ok := c.ledger.Term(b.On.Hash); ok {
			e.Facts = append(c.termFacts(c.inFull(), t.Body), c.besideTerm(t.Body)...)
		}
	}
	return e
}

// draftView gives an entry of a plan, as its reader will see it.
func (c *call) draftView(e record.Entry) entryView {
	v := c.bodyView(c.f.book, e)
	v.Head = c.head(e)
	if e.SaidBy != "" && e.SaidBy != e.By {
		v.Facts = append(v.Facts, fact{Label: c.t("web.entry.said-by"), Text: c.full(e.SaidBy)})
	}
	if e.HeardFrom != "" {
		v.Facts = append(v.Facts, fact{Label: c.t("web.entry.heard-from"), Text: c.full(e.HeardFrom)})
	}
	if !e.Said.IsZero() {
		v.Facts = append(v.Facts, fact{Label: c.t("web.entry.said"), Text: c.f.book.Interval(e.Said)})
	}
	v.Facts = append(v.Facts, c.carryingFacts(c.f.book, e.Carrying)...)
	return v
}

// head says in a few words what an entry is, and whether it is a report.
func (c *call) head(e record.Entry) string {
	if c.view.Reported(e) {
		return c.t("web.head.reported", "By", c.within(e.By), "What", c.headOf(e))
	}
	return c.headOf(e)
}

func (c *call) headOf(e record.Entry) string {
	switch b := e.Body.(type) {
	case record.Message:
		return c.t("web.head.message", "From", c.name(b.From), "To", c.within(b.To))
	case record.Approach:
		return c.t("web.head.approach", "Asker", c.name(b.Asker), "To", c.within(b.To))
	case record.Conveyance:
		return c.t("web.head.conveyance", "To", c.within(b.To), "Step", c.word(b.Step))
	case record.ReadBack:
		return c.t("web.head.read-back", "By", c.within(b.By))
	case record.Person:
		return c.t("web.head.person", "Title", titled(b.Title, b.Name))
	case record.Party:
		return c.t("web.head.party", "Title", titled(b.Title, b.Name))
	case record.Role:
		if b.Party == "" {
			return c.t("web.head.role", "Person", c.name(b.Person), "As", c.word(b.As))
		}
		return c.t("web.head.role-for", "Person", c.name(b.Person), "As", c.word(b.As), "Party", c.within(b.Party))
	case record.Credential:
		return c.t("web.head.credential", "Holder", c.within(b.Holder), "Party", c.within(b.Party))
	case record.Rule:
		if b.PassUnlessMarked {
			return c.t("entry.rule-marked")
		}
		return c.t("entry.rule-consent")
	case record.Correction:
		return c.t("web.head.correction", "By", c.within(e.By))
	case accord.Term:
		return c.t("web.head.term", "Title", c.termTitle(b), "Sort", c.word(b.Sort))
	case accord.Package:
		return c.t("web.head.package", "Title", c.refText(b.Ref()))
	case accord.Act:
		what := "echo"
		if !b.Echo {
			what = string(b.Position)
		}
		return c.t("web.head.act", "Party", c.name(b.Party), "Position", c.t("web.did."+what), "On", c.refText(b.On))
	case accord.Performance:
		return c.t("web.head.deed", "By", c.name(b.By), "Deed", c.word(b.Deed), "On", c.refText(b.On))
	case accord.Event:
		if b.Denied {
			return c.t("web.head.event-denied", "By", c.name(b.By), "What", b.What)
		}
		return c.t("web.head.event", "By", c.name(b.By), "What", b.What)
	case record.Instruction:
		return c.t("web.head.instruction", "Holder", c.within(b.Holder))
	case record.TimeZone:
		return c.f.book.Entry(c.view, e)
	case accord.NothingOwed:
		return c.t("web.head.nothing-owed", "Party", c.name(b.Party))
	case record.Comparison:
		return c.f.book.LineComparison(c.view, b)
	case circle.Disclosure, circle.Request, circle.Answer, circle.PlannedLine, circle.Incident, circle.IncidentStep, circle.Plan, circle.Notification, circle.Account, circle.Retention:
		return c.f.book.Entry(c.view, e)
	case record.Unknown:
		return c.t("web.head.unknown", "Kind", string(b.Of))
	}
	if s, ok := c.f.book.Aside(c.view, e, e.Body); ok {
		return capital(s)
	}
	if s := c.signHead(e.Body); s != "" {
		return s
	}
	return capital(c.word(e.Body.Kind()))
}

// bodyView gives what an entry says, by kind, its moments as that book tells them.
func (c *call) bodyView(times *words.Book, e record.Entry) entryView {
	v := entryView{}
	words := func(label, text, lang string) {
		if text != "" {
			v.Texts = append(v.Texts, said{label, text, lang})
		}
	}
	switch b := e.Body.(type) {
	case record.Message:
		v.Meta = append(v.Meta, c.word(b.SpeechAct), c.word(b.Form), c.word(b.Fidelity))
		if len(b.Via) > 0 {
			v.Meta = append(v.Meta, c.t("web.entry.via", "Via", c.joined(b.Via)))
		}
		if b.Attribution != "" {
			v.Meta = append(v.Meta, c.word(b.Attribution))
		}
		if s, ok := c.f.book.Sealed(b.Text); ok {
			words("", s, "")
		} else {
			words("", b.Text, b.Lang)
		}
		words(c.t("web.entry.source"), b.Source, b.SourceLang)
	case record.Approach:
		if len(b.Through) > 0 {
			v.Meta = append(v.Meta, c.t("web.entry.via", "Via", c.joined(b.Through)))
		}
		words("", b.Text, "")
	case record.Person, record.Party:
		v.Facts = append(v.Facts, c.belongs(b)...)
	case record.Open:
		words("", b.Text, "")
	case record.Close:
		words("", b.Text, "")
	case record.Note:
		words("", b.Text, "")
	case record.Instruction:
		words("", b.Text, "")
	case record.Credential:
		v.Facts = append(v.Facts, fact{Label: c.t("web.entry.may"), Text: c.mandates(b)})
		words("", b.Evidence, "")
	case record.Conveyance:
		if b.Fidelity != "" {
			v.Meta = append(v.Meta, c.word(b.Fidelity))
		}
		if b.Form != "" {
			v.Meta = append(v.Meta, c.word(b.Form))
		}
		words("", b.Note, "")
	case record.ReadBack:
		v.Meta = append(v.Meta, c.readBackText(b.OK))
		words("", b.Corrected, "")
	case record.Correction:
		inner := e
		inner.Body = b.Now
		v = c.bodyView(times, inner)
		v.Facts = append(v.Facts, fact{Label: c.t("web.entry.reason"), Text: b.Reason})
	case accord.Act:
		words("", b.Text, "")
	case accord.Performance:
		words("", b.Text, "")
	case accord.NothingOwed:
		words("", b.Text, "")
	case accord.Event:
		if b.At != 0 {
			v.Facts = append(v.Facts, fact{Label: c.t("web.event.at"), Text: times.Instant(b.At)})
		}
		words("", b.Text, "")
	case record.Comparison:
		v.Facts = c.findingFacts(b)
	case accord.Term:
		v.Facts = c.termFacts(times, b)
		words("", b.Text, b.Lang)
	case accord.Package:
		v.Facts = c.packageFacts(times, b)
		words("", b.Text, b.Lang)
	}
	v.Facts = append(v.Facts, c.spelt(e.Body)...)
	return v
}

// actions gives what can be done with an entry.
func (c *call) actions(it record.Seen) []link {
	var out []link
	add := func(what, id string) { out = append(out, link{c.entryHref(what, it.ID), c.t(id)}) }
	keeper := c.f.h.Keeper()
	act := func() {
		if len(c.ledger.Voice(keeper)) > 0 {
			add("act", "web.do.act")
		}
		add("report", "web.do.report")
	}
	switch b := it.Body.(type) {
	case record.Message:
		if _, ok := c.f.book.Sealed(b.Text); ok {
			add("sealed/of", "web.do.sealed")
		}
		add("carry", "web.do.carry")
		add("read-out", "web.do.read-out")
		add("readback", "web.do.readback")
		if it.By == keeper {
			add("correct", "web.do.correct")
		}
	case accord.Act:
		add("carry", "web.do.carry")
		act()
	case accord.Package:
		act()
		add("carry", "web.do.carry")
		add("propose/edit", "web.do.edit")
	case accord.Term:
		act()
		add("carry", "web.do.carry")
		add("term/edit", "web.do.edit")
		add("deed", "web.do.deed")
	case accord.Performance, accord.NothingOwed, record.Credential, record.Approach:
		add("carry", "web.do.carry")
	}
	c.besideActions(it, add)
	return slices.Concat(out, c.signActions(it), c.circleActions(it))
}

// entryPage is one entry with all of its fields.
type entryPage struct {
	Entry   entryView
	Notices []notice
	First   []said // what it said first, where it was corrected
	Way     []string
	Facts   []fact
	Beside  besideView
	Related []entryView
	Leaving []leavingView // it waits on this desk
}

func (c *call) entry(w http.ResponseWriter, r *http.Request) error {
	it, err := c.subject(r.PathValue("of"))
	if err != nil {
		return err
	}
	return c.showEntry(w, r, it, nil)
}

// showEntry shows an entry, and why what was asked for was not done.
func (c *call) showEntry(w http.ResponseWriter, r *http.Request, it record.Seen, wrong error) error {
	p := entryPage{Entry: c.entryView(it, true), Facts: c.envelopeFacts(it)}
	status := http.StatusOK
	if wrong != nil {
		if fault.Is(wrong, fault.Internal) {
			return wrong
		}
		n := c.faultNotice(wrong)
		n.Kind, n.Links, status = c.t("web.undo.not"), c.mending(it), fault.Status(wrong)
		p.Notices = append(p.Notices, n)
	}
	var err error
	if p.Leaving, err = c.leavingOf(it); err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "1":
		p.Notices = append(p.Notices, notice{Tone: "good", Kind: c.t("web.done"), Text: c.t("web.done-text")})
		p.Notices = append(p.Notices, c.repeated(it)...)
	case "back":
		p.Notices = append(p.Notices, notice{Tone: "good", Kind: c.t("web.undo.done"), Text: c.t("web.undo.done-text")})
	case "other":
		p.Notices = append(p.Notices, notice{Tone: "alarm", Kind: c.t("web.done-other"), Text: c.t("web.done-other-text")})
	}
	if it.First != nil {
		first := it.Entry
		first.Body = it.First
		p.First = c.bodyView(c.f.book, first).Texts
	}
	p.Facts = append(p.Facts, c.bodyView(c.inFull(), it.Entry).Facts...)
	if t, ok := it.Body.(accord.Term); ok {
		p.Facts = append(p.Facts, c.besideTerm(t)...)
	}
	p.Way = c.way(it)
	p.Beside = c.beside(it)
	p.Related = c.related(it)
	c.show(w, status, "entry", c.t("web.entry.title"), false, p)
	return nil
}

// envelopeFacts gives every field of the envelope that is set.
func (c *call) envelopeFacts(it record.Seen) []fact {
	var out []fact
	add := func(id, text string) {
		if text != "" {
			out = append(out, fact{Label: c.t(id), Text: text})
		}
	}
	add("web.entry.kind", c.word(it.Body.Kind()))
	add("web.entry.said", whenSaid(c.inFull(), it.Entry))
	add("web.entry.known", c.inFull().Instant(it.Known))
	add("web.entry.by", c.full(it.By))
	add("web.entry.logged", c.inFull().Instant(it.At))
	add("web.entry.came", c.cameText(it))
	if it.SaidBy != "" {
		add("web.entry.said-by", c.full(it.SaidBy))
	}
	if it.HeardFrom != "" {
		add("web.entry.heard-from", c.full(it.HeardFrom))
	}
	if len(it.Audience) > 0 {
		add("web.entry.audience", c.joined(it.Audience))
	}
	for _, e := range it.Evidence {
		add("web.entry.evidence", c.word(e.What)+" "+e.Note)
	}
	out = append(out, c.carryingFacts(c.inFull(), it.Carrying)...)
	if m, ok := it.Body.(record.Message); ok {
		add("web.entry.authority", m.Authority)
		if m.Translator != "" {
			add("web.entry.translator", c.full(m.Translator))
		}
	}
	add("web.entry.id", it.ID.Short())
	return out
}

func (c *call) carryingFacts(b *words.Book, k record.Carrying) []fact {
	var out []fact
	if k.Pass != record.PassByRule {
		out = append(out, fact{Label: c.t("web.entry.pass"), Text: c.word(k.Pass)})
	}
	if k.NotBefore != 0 {
		out = append(out, fact{Label: c.t("web.write.not-before"), Text: b.Instant(k.NotBefore)})
	}
	if k.Words != "" {
		out = append(out, fact{Label: c.t("web.write.wording"), Text: k.Words})
	}
	return out
}

// instruction warns of what the author of an entry asked of whoever carries it.
func (c *call) instruction(it record.Seen) (notice, bool) {
	k := it.Carrying
	if k.Pass == record.PassByRule && k.NotBefore == 0 && k.Words == "" {
		return notice{}, false
	}
	n := notice{Tone: "care", Kind: c.t("web.carry.asked-of-you"), Text: sentence(c.word(k.Pass))}
	if k.Pass == record.PassMay {
		n.Tone = ""
	}
	if k.NotBefore != 0 {
		n.Text += " " + c.t("web.carry.not-before", "Time", c.inFull().Instant(k.NotBefore))
	}
	if k.Words != "" {
		n.Hint = c.t("web.carry.only-wording", "Words", k.Words)
	}
	return n, true
}

// related gives the entries that this one names or that name it.
func (c *call) related(it record.Seen) []entryView {
	var out []entryView
	for _, o := range c.view.Related(it) {
		if len(out) == maxRelated {
			break
		}
		out = append(out, c.entryView(o, false))
	}
	return out
}

const maxRelated = 50
