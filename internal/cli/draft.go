package cli

import (
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/wire"
)

// draft fills in what commands that write an entry have in common.
type draft struct {
	a *app
	h desk.Handle
	s sight
	v *view.View
	e record.Entry
}

// drafting opens the desk for a command that writes an entry, which f fills in.
func (a *app) drafting(f func(d *draft) error) error {
	return a.with(func(h desk.Handle) error {
		d, err := a.draft(h)
		if err != nil {
			return err
		}
		return f(d)
	})
}

// find gives the entry that an id, or the beginning of one, stands for.
func (d *draft) find(id string) (record.Seen, error) {
	return findEntry(d.s.seen, d.s.record, id)
}

func (a *app) draft(h desk.Handle) (*draft, error) {
	s, err := a.look(h, clocks{})
	if err != nil {
		return nil, err
	}
	return &draft{a: a, h: h, s: s, v: view.Of(s.seen, s.now)}, nil
}

// heard notes who said it, from whom the keeper has it, when, and what he
// holds for it.
func (d *draft) heard(f heard) error {
	if f.SaidBy != d.h.Keeper() {
		d.e.SaidBy = f.SaidBy
	}
	d.e.HeardFrom = f.HeardFrom
	if d.e.HeardFrom == "" {
		d.e.HeardFrom = d.e.SaidBy // he told the keeper himself
	}
	if f.Said != "" {
		v, err := when(f.Said, d.a.deps.Zone)
		if err != nil {
			return err
		}
		d.e.Said = v
	}
	for _, s := range f.Evidence {
		what, note, _ := strings.Cut(s, ":")
		k := record.EvidenceKind(what)
		switch k {
		case record.SignedPaper, record.UnsignedDoc, record.Recording, record.Recollected:
		default:
			return fault.New(fault.Malformed, "cli.evidence", "use signed-paper, paper, recording or memory, and say more behind a colon", "%q is not a sort of evidence", what)
		}
		d.e.Evidence = append(d.e.Evidence, record.Evidence{What: k, Note: note})
	}
	return nil
}

// strangers says who of those names was introduced nowhere: a slip of the finger
// would put somebody's words into the mouth of nobody.
func (d *draft) strangers(names ...record.Name) {
	known := map[record.Name]bool{"": true, d.h.Keeper(): true}
	for _, p := range d.v.People() {
		known[p.Name] = true
	}
	for _, p := range d.v.Parties() {
		known[p.Name] = true
	}
	for _, n := range names {
		if !known[n] {
			known[n] = true
			d.a.note("cli.stranger", "Name", n)
		}
	}
}

// passing notes what the author asks of whoever carries it.
func (d *draft) passing(f passing) error {
	before, err := moment(f.NotBefore, d.a.deps.Zone)
	d.e.Carrying = record.Carrying{Pass: f.Pass, NotBefore: before, Words: f.Wording}
	return err
}

// refers notes what it is about and what it answers.
func (d *draft) refers(about []string, answers string) error {
	for _, s := range about {
		r, err := reference(d.s.record, d.v, s)
		if err != nil {
			return err
		}
		d.e.About = append(d.e.About, r)
	}
	if answers == "" {
		return nil
	}
	it, err := findEntry(d.s.seen, d.s.record, answers)
	d.e.Answers = it.ID
	return err
}

// voice gives the party that the keeper speaks for: party if he named one, else
// the only one that his role entries give him.
func (d *draft) voice(party record.Name, flag string) (record.Name, error) {
	if party != "" {
		return party, nil
	}
	v := d.v.Ledger().Voice(d.h.Keeper())
	if len(v) == 1 {
		return v[0], nil
	}
	if len(v) == 0 {
		return "", fault.New(fault.Refused, "cli.no-voice", "", "you speak for nobody on this desk").
			WithHint("say whose it is with %s; what you log for somebody else is a report", flag)
	}
	return "", fault.New(fault.Refused, "cli.many-voices", "", "you speak for more than one party").WithHint("say for whom with %s", flag)
}

// input gives the words of a command: its arguments, or stdin for "-".
func (a *app) input(args []string) (string, error) {
	if len(args) != 1 || args[0] != "-" {
		return strings.Join(args, " "), nil
	}
	b, err := io.ReadAll(io.LimitReader(a.deps.In, wire.MaxText+1))
	if err != nil {
		return "", fault.Wrap(err, fault.Disk, "cli.stdin", "", "cannot read the text from stdin")
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// needInput is input that may not be empty.
func (a *app) needInput(args []string) (string, error) {
	s, err := a.input(args)
	if err == nil && strings.TrimSpace(s) == "" {
		err = fault.New(fault.Malformed, "cli.empty", "write the words behind the command, or - to read them from stdin", "there are no words")
	}
	return s, err
}
