package exchange

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Chat is what a file of messages says, before anybody in it is known.
type Chat struct {
	What      string // what the file is, for the evidence of each entry
	Mine      bool   // it says which messages its owner sent, so he need not be named
	Lines     []Line // in the order of the file
	Left      []Left // what is no message, and was left out
	Backwards []int  // lines that say an earlier time than the line before
}

// Line is one message in a file.
type Line struct {
	N        int    // where it stands in the file
	From, To string // as the file names them; To is empty where it does not say
	Own      bool   // from the one whose device wrote the file
	Wall     string // when, as the file writes it
	Said     record.Interval
	Text     string
	Form     record.Form
	Fidelity record.Fidelity
	Lang     string
	Evidence record.EvidenceKind
	Mark     Mark
	App      bool // in words of the app's own, under a name that may be the group's
}

// Left is something in a file that is no message.
type Left struct {
	N   int    `json:"line"`
	Why string `json:"why"` // a word of the file format: "system", "keychange"
}

// Mark is what a chat says of one of its messages.
type Mark string

// The marks.
const (
	Edited  Mark = "edited in the chat"
	Deleted Mark = "deleted in the chat"
	Media   Mark = "without its attachment"
)

// Order says how a file is to be taken in.
type Order struct {
	Label     record.Name            // of the import: the same for a longer export of the same chat
	People    map[string]record.Name // who is who: name in the file to name here
	Skip      []string               // names in the file whose lines are left out
	To        record.Name            // for whom the keeper's own messages were, where the file does not say
	HeardFrom record.Name            // who handed the file over; empty for the keeper's own chat
}

// Import is what taking in a file would add.
type Import struct {
	Drafts []record.Entry // new here
	There  int            // messages that were imported before
	Left   []Left
	Early  []int // lines that say a time before the approach to this channel

	begun record.Instant // the approach; 0: nobody logged one
}

// since gives the first approach of r, or the first opening: what says an
// earlier time is likely to bear a wrong year. It may be right, so it is shown
// and taken in.
func since(r *record.Record) (first record.Instant) {
	for _, it := range r.Known() {
		switch it.Body.(type) {
		case record.Approach, record.Open:
			at := it.When()
			if !it.Said.IsZero() {
				at = it.Said.From
			}
			if first == 0 || at < first {
				first = at
			}
		}
	}
	return first
}

// Bounds on files.
const (
	MaxFile     = 64 << 20 // bytes of a file
	MaxMessages = 100_000  // messages of one import
	maxNames    = 20       // names listed in one error
)

// at makes an error about a line.
func at(n int, kind fault.Kind, id, hint, text string, args ...any) *fault.Error {
	return fault.New(kind, id, hint, "line %d: "+text, append([]any{n}, args...)...)
}

// plainName gives a display name without marks of direction, without the
// tilde that stands before people who are in nobody's address book, and with
// one sort of space.
func plainName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case isBidi(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimSpace(s), "~")), " ")
}

func isBidi(r rune) bool {
	return r == '\u200e' || r == '\u200f' || r == '\u061c' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// people maps names of a file to names here.
type people struct {
	keeper record.Name
	order  Order
	known  map[string]record.Name
	skip   map[string]bool
	others []record.Name // who else than the keeper is in the chat
}

func (c Chat) people(keeper record.Name, o Order) (*people, error) {
	p := &people{keeper: keeper, order: o, known: map[string]record.Name{}, skip: map[string]bool{}}
	for _, shown := range slices.Sorted(maps.Keys(o.People)) {
		n := o.People[shown]
		if err := n.Check(); err != nil {
			return nil, err
		}
		p.known[plainName(shown)] = n
	}
	for _, s := range o.Skip {
		p.skip[plainName(s)] = true
	}
	missing := map[string]int{}
	note := func(line Line, shown string, own bool) {
		switch n, ok := p.known[shown]; {
		case own || shown == "":
		case !ok:
			if _, again := missing[shown]; !again {
				missing[shown] = line.N
			}
		case n != keeper && !slices.Contains(p.others, n):
			p.others = append(p.others, n)
		}
	}
	for _, l := range c.Lines {
		if from := plainName(l.From); !p.leaves(l) {
			note(l, from, l.Own)
			note(l, plainName(l.To), false)
		}
	}
	return p, unmapped(missing)
}

// leaves reports whether a line is left out: of somebody who is to be skipped,
// or the app's own words under the name of the group.
func (p *people) leaves(l Line) bool {
	from := plainName(l.From)
	return !l.Own && (p.skip[from] || l.App && p.known[from] == "")
}

func unmapped(missing map[string]int) error {
	if len(missing) == 0 {
		return nil
	}
	names := slices.Collect(maps.Keys(missing))
	slices.SortFunc(names, func(a, b string) int {
		if d := missing[a] - missing[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, n := range names[:min(len(names), maxNames)] {
		list = append(list, fmt.Sprintf("%q (line %d)", short(n), missing[n]))
	}
	if len(names) > maxNames {
		list = append(list, fmt.Sprintf("and %d more", len(names)-maxNames))
	}
	return fault.New(fault.Malformed, "exchange.people", "say who each is with --person \"Name in the file=name-here\", yourself too, or leave a name's lines out with --skip \"Name in the file\"",
		"nobody here goes by %s", strings.Join(list, ", "))
}

// short cuts a name that a broken file made long.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// route gives from whom and to whom a line goes.
func (p *people) route(l Line) (from, to record.Name, err error) {
	if from = p.known[plainName(l.From)]; l.Own {
		from = p.keeper
	}
	if p.order.HeardFrom != "" && l.Own {
		from = p.known[plainName(l.From)]
		if from == "" {
			return "", "", at(l.N, fault.Malformed, "exchange.own", "leave --heard-from away if it is your own chat", "a message of the one whose device wrote the file, who is not named in it")
		}
	}
	switch to = p.known[plainName(l.To)]; {
	case to != "":
	case from != p.keeper && p.order.HeardFrom == "":
		to = p.keeper
	case p.order.To != "" && p.order.To != from:
		to = p.order.To
	default:
		rest := slices.DeleteFunc(slices.Clone(p.others), func(n record.Name) bool { return n == from })
		if len(rest) != 1 {
			return "", "", at(l.N, fault.Malformed, "exchange.to", "say for whom it was with --to NAME", "the file does not say for whom a message of %s was, and %d others are in it", from, len(rest))
		}
		to = rest[0]
	}
	if from == to {
		return "", "", at(l.N, fault.Malformed, "exchange.self", "check --person and --to: two names in the file may have become one person", "a message from %s to himself", from)
	}
	return from, to, nil
}

// Drafts gives the entries that taking in c would add to r at the moment now.
func (c Chat) Drafts(r *record.Record, now record.Instant, o Order) (Import, error) {
	out := Import{Left: slices.Clone(c.Left), begun: since(r)}
	if err := o.check(r); err != nil {
		return out, err
	}
	p, err := c.people(r.Keeper(), o)
	if err != nil {
		return out, err
	}
	if o.HeardFrom == "" && !c.mine(p) {
		return out, fault.New(fault.Malformed, "exchange.whose", "", "nobody in the file is you").
			WithHint("say which name in the file is you with --person \"Name in the file=%s\", or who handed you the file with --heard-from NAME", r.Keeper())
	}
	ids := newIDs(o.Label, r.Keeper())
	for _, l := range c.Lines {
		if p.leaves(l) {
			out.Left = append(out.Left, Left{l.N, "skipped"})
			continue
		}
		e, err := c.draft(p, l, now)
		if err != nil {
			return out, err
		}
		e.ID = ids.of(l.From, l.To, l.Wall, l.Text)
		if err := out.add(r, e, l.N, now); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (o Order) check(r *record.Record) error {
	if err := o.Label.Check(); err != nil {
		return fault.Wrap(err, fault.Malformed, "exchange.label", "name the import with --label, as in chat-with-envoy", "the import has no name")
	}
	for _, n := range []record.Name{o.To, o.HeardFrom} {
		if n != "" {
			if err := n.Check(); err != nil {
				return err
			}
		}
	}
	if o.HeardFrom == r.Keeper() {
		return fault.New(fault.Malformed, "exchange.heard-self", "leave --heard-from away if it is your own chat", "you have it from yourself")
	}
	return nil
}

// mine reports whether the keeper is one of the people of the chat.
func (c Chat) mine(p *people) bool {
	for _, n := range p.known {
		if n == p.keeper {
			return true
		}
	}
	return c.Mine
}

func (c Chat) draft(p *people, l Line, now record.Instant) (record.Entry, error) {
	from, to, err := p.route(l)
	if err != nil {
		return record.Entry{}, err
	}
	note := importNote(c.What, p.order.Label, l.N)
	if l.Mark != "" {
		note += ", " + string(l.Mark)
	}
	e := record.Entry{
		By: p.keeper, At: now, Said: l.Said, HeardFrom: p.order.HeardFrom,
		Evidence: []record.Evidence{{What: l.Evidence, Note: note}},
		Body: record.Message{
			From: from, To: to, Form: l.Form, Fidelity: l.Fidelity, SpeechAct: record.Inform, Text: l.Text, Lang: l.Lang,
		},
	}
	if from != p.keeper {
		e.SaidBy = from
		if e.HeardFrom == "" {
			e.HeardFrom = from // he told the keeper himself
		}
	}
	return e, nil
}

// add takes e in, unless it was imported before.
func (i *Import) add(r *record.Record, e record.Entry, n int, now record.Instant) error {
	if e.Said.From > now {
		return at(n, fault.Malformed, "exchange.future", "check the order of day and month (--dates), the zone (--zone), and the clock", "it says %s, which is yet to come", e.Said.From)
	}
	if err := e.Check(); err != nil {
		return fault.Wrap(err, fault.KindOf(err), "exchange.line", "", "line %d", n)
	}
	old, there := r.Get(e.ID)
	if !there {
		i.Drafts = append(i.Drafts, e)
		if e.When() < i.begun {
			i.Early = append(i.Early, n)
		}
		return nil
	}
	if _, undone := r.Get(undoOf(e.ID)); undone {
		return at(n, fault.Refused, "exchange.undone", "import it under another --label", "this import was taken back, and what was taken back stays so")
	}
	if !sameBody(old.Body, e.Body) || old.HeardFrom != e.HeardFrom || apart(old.Said, e.Said) {
		return at(n, fault.Refused, "exchange.changed", "give the same --person, --zone and --dates as then, or take that import back with `backchannel import undo` and import under another --label",
			"it was imported under this label with other people or at another time")
	}
	i.There++
	return nil
}

func sameBody(a, b record.Body) bool {
	x, errX := wire.Encode(a)
	y, errY := wire.Encode(b)
	return errX == nil && errY == nil && a.Kind() == b.Kind() && bytes.Equal(x, y)
}

// apart reports whether two times differ by more than the order within a
// minute, which a longer export may count otherwise.
func apart(a, b record.Interval) bool {
	const minute = 60_000
	d := a.From - b.From
	return d >= minute || d <= -minute
}
