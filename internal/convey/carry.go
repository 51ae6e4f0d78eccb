package convey

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Order asks for one entry to be passed on to one person, or for a disclosure.
type Order struct {
	Of       keys.ID         // what is passed on
	To       record.Name     // to whom
	Fidelity record.Fidelity // for a message; acts and texts are always verbatim
	Text     string          // the words, for any fidelity but verbatim
	Lang     string          // their language, where it is another
	Form     record.Form     // empty: over the line; else how it was said by hand
	Consent  string          // how its author consented, where the caucus rule or his instruction asks for it
	Asked    bool            // the other side asked, for what may pass only if asked
	Said     record.Interval // when it was said by hand; zero for now
	Receipt  bool            // tell its author that it was conveyed

	// Disclosure says instead what somebody outside is given over the line: each
	// entry and text that it names is passed on to him, with its words as a
	// message, and the disclosure is logged with them.
	Disclosure *circle.Disclosure
	Request    keys.ID // on whose asking: the entry that the disclosure answers
}

// Carry plans a conveyance: the entry that the recipient gets, with whatever
// texts it is about, and the mark in the keeper's own record. It refuses what
// the author or the caucus rule forbids, and an acceptance of a text that the
// recipient's side never put forward (law 1: two sides must not be brought to
// "agree" to different texts).
func Carry(c Context, o Order) (Plan, error) {
	if err := c.Record.Stopped(); err != nil {
		return Plan{}, err
	}
	p := c.Record.For(c.Record.Keeper(), record.AsOf{})
	b := builder{c: c}
	if o.Disclosure != nil {
		if err := b.disclose(p, o); err != nil {
			return Plan{}, err
		}
		return b.plan()
	}
	src, ok := p.Get(o.Of)
	if !ok {
		return Plan{}, fault.New(fault.NotFound, "convey.source", "look it up with `backchannel record`", "no such entry to carry")
	}
	if err := b.pass(p, src, o); err != nil {
		return Plan{}, err
	}
	return b.plan()
}

// pass adds what the recipient of one entry gets, and the keeper's mark.
func (b *builder) pass(p *record.Projection, src record.Seen, o Order) error {
	c := b.c
	if err := mayPass(c, p, src, o); err != nil {
		return err
	}
	out, err := b.recast(p, src, o)
	if err != nil {
		return err
	}
	if o.Form == "" {
		out.Audience = []record.Name{o.To}
	}
	out.ID, out.Said = c.NewID(), o.Said
	if o.Fidelity != record.OwnView {
		out.Answers = answered(c, src.Answers, o.To)
	}
	if o.Fidelity != record.OwnView && carries(c.ledger(), o.To) {
		// What its author asked of whoever carries it binds the next in the chain
		// too. Somebody who is only given it does not learn what was asked.
		out.Carrying = record.Carrying{Pass: src.Carrying.Pass, NotBefore: src.Carrying.NotBefore}
	}
	if err := b.add(out); err != nil {
		return err
	}
	mark := record.Entry{Said: o.Said, Body: record.Conveyance{
		Of: src.ID, As: out.ID, To: o.To, Step: record.Conveyed, Fidelity: fidelityOf(out), Form: o.Form, Note: o.Consent,
	}}
	if o.Receipt && src.Came.Over() != "" && src.Came.Over() != o.To {
		mark.Audience = []record.Name{src.Came.Over()}
	}
	return b.add(mark)
}

// answered gives what an answer answers in the recipient's own record: his
// entry, where the author answered the copy of it that was handed on.
func answered(c Context, id keys.ID, to record.Name) keys.ID {
	r := c.Record
	if id.IsZero() {
		return id
	}
	for _, it := range c.ledger().MarksOf(id) {
		if b, ok := it.Body.(record.Conveyance); ok && b.As == id && it.By == r.Keeper() && !b.Of.IsZero() {
			id = b.Of
			break
		}
	}
	if it, ok := r.Get(id); ok && r.GivenTo(it, to) {
		return id
	}
	return keys.ID{}
}

// carries reports whether the keeper knows somebody as one who carries between
// sides.
func carries(l *accord.Ledger, who record.Name) bool {
	return slices.ContainsFunc(l.Roles(who), func(r record.Role) bool { return r.As == record.GoBetween || r.As == record.Mediator })
}

// mayPass enforces the carrying instruction and the caucus rule.
func mayPass(c Context, p *record.Projection, src record.Seen, o Order) error {
	keeper := c.Record.Keeper()
	switch {
	case record.IsPrivate(src.Body):
		return fault.New(fault.Refused, "convey.private", "write it as a message of your own", "an entry of the kind %s stays on this desk", src.Body.Kind())
	case record.InConfidence(src.Body):
		return fault.New(fault.Refused, "convey.confidence", "use it to write the next draft, or the next question, in your own words", "a %s is for you alone, and is not passed on in any words", src.Body.Kind())
	case withdrawn(src):
		return fault.New(fault.Refused, "convey.withdrawn", "log it anew if it was right after all", "its author withdrew it")
	case returned(c.ledger(), src):
		return fault.New(fault.Refused, "convey.returned", "wait until its author corrects it or sends another", "it was given back to its author")
	case o.To == keeper || o.To == src.By || o.To == src.Speaker():
		return fault.New(fault.Refused, "convey.back", "choose somebody else", "%s is where it came from", o.To)
	}
	in := src.Carrying
	if c.Now < in.NotBefore {
		return fault.New(fault.Refused, "convey.not-before", "wait, or ask its author", "its author asked that it not be passed before %s", in.NotBefore)
	}
	switch in.Pass {
	case record.PassNot:
		return fault.New(fault.Refused, "convey.not", "ask its author", "its author asked that it not be passed on")
	case record.PassIfAsked:
		if !o.Asked {
			return fault.New(fault.Refused, "convey.if-asked", "say that they asked, if they did", "its author asked that it be passed only if the other side asks")
		}
	case record.PassVerbatim:
		if o.Fidelity != record.Verbatim && o.Fidelity != record.Translation && src.Body.Kind() == record.KindMessage {
			return fault.New(fault.Refused, "convey.verbatim", "carry it verbatim, or as a translation beside its source", "its author asked that it be passed word for word")
		}
	case record.PassAsOwnIdea:
		if o.Fidelity != record.OwnView {
			return fault.New(fault.Refused, "convey.own-idea", "carry it as your own view", "its author asked that it be passed as your own idea, without his name")
		}
	case record.PassByRule:
		if !ownWords(keeper, src.Entry) && o.Consent == "" && !passUnlessMarked(p, c.Record.Rules()) {
			return fault.New(fault.Refused, "convey.consent", "ask its author, and say how he consented", "nothing passes without consent on this channel, and none is recorded for this")
		}
	}
	if in.Words != "" && o.Text != "" && o.Text != in.Words && o.Fidelity != record.Verbatim && o.Fidelity != record.Translation {
		return fault.New(fault.Refused, "convey.wording", "carry it verbatim: the wording that its author authorised is used", "its author allowed one wording, and this is another")
	}
	return nil
}

func withdrawn(src record.Seen) bool {
	_, gone := src.Body.(record.Withdrawn)
	return gone
}

// ownWords reports whether e is what the keeper says himself. What he logged
// by hand for somebody else is that person's, and needs that person's consent
// as much as if it had come over a line.
func ownWords(keeper record.Name, e record.Entry) bool {
	if m, ok := e.Body.(record.Message); ok && m.From != keeper {
		return false
	}
	return e.By == keeper && e.FirstHand()
}

// passUnlessMarked gives the caucus rule: the last that the keeper set.
func passUnlessMarked(p *record.Projection, rules []keys.ID) bool {
	rule := false
	for _, id := range rules {
		it, _ := p.Get(id)
		if r, ok := it.Body.(record.Rule); ok {
			rule = r.PassUnlessMarked
		}
	}
	return rule
}

// recast gives src as the recipient will get it.
func (b *builder) recast(p *record.Projection, src record.Seen, o Order) (record.Entry, error) {
	if o.Fidelity == record.OwnView {
		return b.ownView(p, src, o)
	}
	out := record.Entry{SaidBy: src.Speaker(), HeardFrom: src.By, About: namedVersions(src.About)}
	if src.By == p.Keeper() {
		out.HeardFrom = src.HeardFrom
	}
	switch body := src.Body.(type) {
	case record.Message:
		m, err := recastMessage(p.Keeper(), body, src, o)
		if err != nil {
			return out, err
		}
		out.Body = m
		return out, b.texts(p, src.About, o)
	case accord.Act:
		if err := rival(b.c.ledger(), body, o.To); err != nil {
			return out, err
		}
		body.Under = keys.ID{} // a credential is shown by itself
		out.Body = body
		return out, b.texts(p, []record.Ref{body.On}, o)
	case accord.Package:
		out.Body = body
		var refs []record.Ref
		for _, t := range body.Terms {
			refs = append(refs, t.Ref())
		}
		return out, b.texts(p, refs, o)
	case accord.Confirmation:
		out.Body = body
		return out, b.texts(p, []record.Ref{body.On}, o)
	case accord.Term, accord.ChannelKey, accord.Performance, accord.Event, accord.NothingOwed, accord.Translation, record.Credential, record.Approach, record.PersonStatus, record.ProofOfLife:
		out.Body = body
		return out, nil
	}
	return out, fault.New(fault.Refused, "convey.kind", "carry a message, an act, a text, a credential or an approach", "an entry of the kind %s is not carried", src.Body.Kind())
}

// namedVersions keeps the references that mean something on another desk.
func namedVersions(about []record.Ref) []record.Ref {
	var out []record.Ref
	for _, r := range about {
		if !r.Hash.IsZero() {
			out = append(out, record.Ref{Name: r.Name, Version: r.Version, Hash: r.Hash})
		}
	}
	return out
}

func recastMessage(keeper record.Name, m record.Message, src record.Seen, o Order) (record.Message, error) {
	need := func(what string) error {
		return fault.New(fault.Malformed, "convey.words", "write what is to be said", "a %s needs its own words", what)
	}
	via := append(slices.Clone(m.Via), keeper)
	if src.By != keeper && src.By != m.From && !slices.Contains(via, src.By) {
		via = slices.Insert(via, len(via)-1, src.By)
	}
	out := record.Message{
		From: m.From, Via: via, To: o.To, Form: record.Text, Fidelity: o.Fidelity,
		Attribution: m.Attribution, SpeechAct: m.SpeechAct, Authority: m.Authority, Lang: m.Lang,
	}
	if o.Form != "" {
		out.Form = o.Form
	}
	words := m.Text
	if src.Carrying.Words != "" {
		words = src.Carrying.Words // only the authorised wording may pass
	}
	if src.Carrying.Words == "" { // else these are its author's own words, whatever went before
		out.Fidelity = farther(m.Fidelity, o.Fidelity)
	}
	switch o.Fidelity {
	case record.Verbatim:
		if o.Text != "" && o.Text != words {
			return out, fault.New(fault.Refused, "convey.altered", "choose paraphrase, or leave the words alone", "these are not the words to be carried verbatim")
		}
		out.Text, out.Source, out.SourceLang, out.Translator = words, m.Source, m.SourceLang, m.Translator
	case record.Translation:
		if o.Text == "" || o.Lang == "" {
			return out, need("translation")
		}
		out.Text, out.Lang, out.Source, out.SourceLang, out.Translator = o.Text, o.Lang, words, m.Lang, keeper
	case record.Paraphrase, record.Hearsay:
		if o.Text == "" {
			return out, need(string(o.Fidelity))
		}
		out.Text = o.Text
		if o.Lang != "" {
			out.Lang = o.Lang
		}
	default:
		return out, fault.New(fault.Malformed, "convey.fidelity", "use verbatim, translation, paraphrase, own-view or hearsay", "%q is not a way to carry a message", string(o.Fidelity))
	}
	return out, nil
}

// farther gives the fidelity that is farther from the words: along a chain the
// weakest counts, and a paraphrase stays one however well it is translated.
func farther(a, b record.Fidelity) record.Fidelity {
	order := []record.Fidelity{record.Verbatim, record.Sealed, record.Translation, record.Paraphrase, record.OwnView, record.Hearsay}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// ownView gives the go-between's own words, with no trace of where the thought
// came from.
func (b *builder) ownView(p *record.Projection, src record.Seen, o Order) (record.Entry, error) {
	text := o.Text
	m, isMessage := src.Body.(record.Message)
	if text == "" && isMessage && src.Carrying.Pass == record.PassAsOwnIdea {
		text = cmp.Or(src.Carrying.Words, m.Text)
	}
	if text == "" {
		return record.Entry{}, fault.New(fault.Malformed, "convey.words", "write what is to be said", "a view of your own needs its own words")
	}
	form := o.Form
	if form == "" {
		form = record.Text
	}
	return record.Entry{Body: record.Message{
		From: p.Keeper(), To: o.To, Form: form, Fidelity: record.OwnView, SpeechAct: record.Float, Text: text, Lang: o.Lang,
	}}, nil
}

// texts adds the terms and packages that refs name and that the recipient was
// not given yet, since nobody can answer a text that he does not have.
func (b *builder) texts(p *record.Projection, refs []record.Ref, o Order) error {
	if o.Form != "" {
		return nil
	}
	l := b.c.ledger()
	has := map[keys.Hash]bool{}
	for _, e := range b.entries {
		if slices.Contains(e.Audience, o.To) {
			has[hashOf(e.Body)] = true
		}
	}
	give := func(h keys.Hash, body record.Body, by record.Name) error {
		if has[h] || b.c.given(h, o.To) {
			return nil
		}
		has[h] = true
		e := record.Entry{Audience: []record.Name{o.To}, Body: body}
		if by != p.Keeper() && !b.ownerless {
			e.SaidBy, e.HeardFrom = by, by
		}
		return b.add(e)
	}
	for _, ref := range refs {
		if pk, ok := l.Package(ref.Hash); ok {
			terms, _ := l.TermsOf(pk.Body)
			for _, t := range terms {
				if err := give(t.Hash, t.Body, t.By); err != nil {
					return err
				}
			}
			if err := give(pk.Hash, pk.Body, pk.By); err != nil {
				return err
			}
		}
		if t, ok := l.Term(ref.Hash); ok {
			if err := give(t.Hash, t.Body, t.By); err != nil {
				return err
			}
		}
	}
	return nil
}

func hashOf(body record.Body) keys.Hash {
	switch b := body.(type) {
	case accord.Term:
		return b.Hash()
	case accord.Package:
		return b.Hash()
	}
	return keys.Hash{}
}

// rival refuses to carry an acceptance to somebody whose party never put that
// text forward while it stands behind another text of the same name.
func rival(l *accord.Ledger, a accord.Act, to record.Name) error {
	if a.Position != accord.Accepted {
		return nil
	}
	for _, party := range l.Voice(to) {
		if _, found := l.Rival(party, a.On); found {
			return fault.New(fault.Refused, "convey.rival",
				"carry the text itself, as a counter-proposal, or read the two texts side by side with `backchannel compare`",
				"%s accepts a text named %s that %s never put forward; theirs is another text of that name", a.Party, a.On.Name, party)
		}
	}
	return nil
}

func fidelityOf(e record.Entry) record.Fidelity {
	if m, ok := e.Body.(record.Message); ok {
		return m.Fidelity
	}
	return record.Verbatim
}
