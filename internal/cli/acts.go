package cli

import (
	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// actCmd puts a party at a position on one exact version.
type actCmd struct {
	Act   string      `arg:"" enum:"accept,reject,deny,withdraw,propose,float,echo"`
	On    string      `arg:"" placeholder:"NAME@VERSION"`
	Party record.Name `placeholder:"PARTY"`
	Under string      `placeholder:"ID"`
	Words string      `placeholder:"WORDS"`
	heard
	passing
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// position gives the position that a verb takes a party to; none for an echo.
func position(verb string) accord.Position {
	switch verb {
	case "accept":
		return accord.Accepted
	case "reject":
		return accord.Rejected
	case "deny":
		return accord.Denied
	case "withdraw":
		return accord.Withdrawn
	case "propose":
		return accord.Proposed
	case "float":
		return accord.Floated
	}
	return ""
}

// Run enters the act, and sends it to whoever --to names.
func (c *actCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		if err := sameText(d.v, on, c.Words); err != nil {
			return err
		}
		party, err := d.voice(c.Party, "--party")
		if err != nil {
			return err
		}
		if err := first(d.heard(c.heard), d.passing(c.passing)); err != nil {
			return err
		}
		act := accord.Act{Party: party, Position: position(c.Act), Echo: c.Act == "echo", On: on, Text: words}
		if act.Under, err = d.mandate(c.Under, act); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = act, c.To
		a.advise(d.v, act)
		if err := a.write(d.h, c.sending, d.e); err != nil {
			return err
		}
		a.rest(d.h, d.e, act)
		return nil
	})
}

// mandate gives the credential under which the keeper acts: the one he names,
// or one on his desk that allows it.
func (d *draft) mandate(named string, act accord.Act) (keys.ID, error) {
	if named != "" {
		it, err := d.find(named)
		if _, ok := it.Body.(record.Credential); err == nil && !ok {
			err = fault.New(fault.Malformed, "cli.under", "name a credential; `backchannel record --kind credential` lists them", "%s is not a credential", named)
		}
		return it.ID, err
	}
	if !d.e.FirstHand() {
		return keys.ID{}, nil
	}
	for _, it := range d.s.seen.Items() {
		c, ok := it.Body.(record.Credential)
		if ok && c.Holder == d.h.Keeper() && c.Party == act.Party && has(c.May, act.Mandate()) &&
			(len(c.On) == 0 || has(c.On, act.On.Name)) && (c.Until == 0 || d.s.now <= c.Until) {
			return it.ID, nil
		}
	}
	return keys.ID{}, nil
}

func has[T comparable](list []T, one T) bool {
	for _, x := range list {
		if x == one {
			return true
		}
	}
	return false
}

// rest tells the keeper what the act rests on, where that is less than he may
// think: nothing is agreed by hearsay.
func (a *app) rest(h desk.Handle, e record.Entry, act accord.Act) {
	v, err := a.viewOf(h)
	if err != nil {
		return // the act is stored; this is only advice
	}
	switch st := v.Ledger().Stance(act.Party, act.On.Hash); {
	case !e.FirstHand() || st.Rests == accord.OnReport:
		a.note("cli.act.reported", "Party", string(act.Party))
	case st.Rests == accord.OnOwnAct:
		a.note("cli.act.no-mandate", "Party", string(act.Party))
	}
	if len(e.Audience) == 0 {
		a.note("cli.act.kept-here")
	}
}

// deedCmd states what was done about a term.
type deedCmd struct {
	On      string        `arg:"" placeholder:"NAME@VERSION"`
	Deed    accord.Deed   `arg:"" enum:"announced,done,claimed,verified,breach-alleged,breach-found,suspended,resumed,discharged,met,unmet,triggered,answered"`
	By      record.Name   `placeholder:"NAME"`
	Amount  int64         `placeholder:"N"`
	Unit    string        `placeholder:"WORD"`
	Persons []record.Name `placeholder:"NAME"`
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever --to names.
func (c *deedCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		by, err := d.voice(c.By, "--by")
		if err != nil {
			return err
		}
		if err := d.heard(c.heard); err != nil {
			return err
		}
		d.e.Audience = c.To
		d.e.Body = accord.Performance{By: by, On: on, Deed: c.Deed, Amount: c.Amount, Unit: c.Unit, Persons: c.Persons, Text: words}
		return a.write(d.h, c.sending, d.e)
	})
}
