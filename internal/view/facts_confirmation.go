package view

import (
	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// echoFirst answers `echo-first NAME`: whether everybody would have repeated
// one text, and if not, in which terms theirs differ.
func (a *asker) echoFirst(args []string) error {
	e := a.v.EchoFirst(record.Name(args[0]))
	if len(e.Would) == 0 {
		return nil
	}
	var entries []keys.ID
	for _, w := range e.Would {
		a.fact("would-echo", "", w.Party, a.label(w.On), w.Entry)
		a.fact("rests", a.label(w.On), w.Party, string(w.Rests), w.Entry)
		entries = append(entries, w.Entry)
	}
	value := "one-text"
	if !e.Same {
		value = "refused"
	}
	a.fact("echo", args[0], "", value, entries...)
	for _, t := range e.Differs {
		a.fact("differs", string(t), "", Yes, entries...)
	}
	return nil
}

// evidenceOf answers `evidence TEXT`: what each acceptance of a package stands
// on, and what is made of each confirmation.
func (a *asker) evidenceOf(args []string) error {
	refs, err := a.texts(args[0])
	if err != nil {
		return err
	}
	for _, r := range refs {
		p, ok := a.v.Package(r.Hash)
		if !ok {
			continue
		}
		on := a.label(r)
		a.fact("verdict", on, "", string(p.Agreement.Verdict), p.Agreement.Entries...)
		a.fact("weakest-evidence", on, "", string(p.Agreement.Strength), p.Agreement.Entries...)
		for _, n := range p.Agreement.Awaited {
			a.fact("receipt-awaited", on, n, Yes)
		}
		for _, c := range p.Cells {
			if c.Needed || c.Strength != accord.NoStrength {
				a.fact("stands-on", on, c.Party, string(c.Strength), c.Entries...)
			}
			for _, s := range c.Proofs {
				a.fact("confirmation", on, c.Party, string(s.State), s.Entry)
			}
		}
	}
	return nil
}
