package cli

import (
	"io"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// giveBackCmd gives an entry back to its author, unseen by the other side.
type giveBackCmd struct {
	ID   string      `arg:""`
	Form record.Form `enum:",call,voice-note,meeting,paper,text" default:"" placeholder:"FORM"`
	sending
	Text []string `arg:"" optional:""`
}

// Run shows what its author gets, asks, and gives it back.
func (c *giveBackCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		of, err := d.find(c.ID)
		if err != nil {
			return err
		}
		e, err := convey.Return(convey.Context{Record: d.s.record, Now: d.s.now}, convey.Back{Of: of.ID, Note: words, Form: c.Form})
		if err != nil {
			return err
		}
		return a.write(d.h, c.sending, e)
	})
}

// soundingCmd asks what people would consider, without offering anything.
type soundingCmd struct {
	Ask     soundingAskCmd     `cmd:""`
	Answer  soundingAnswerCmd  `cmd:""`
	Forward soundingForwardCmd `cmd:""`
	List    soundingListCmd    `cmd:""`
}

// soundingAskCmd asks whether they would consider a text, or a thought.
type soundingAskCmd struct {
	On string        `placeholder:"NAME@VERSION"`
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run shows what goes to whom, asks, and sends it.
func (c *soundingAskCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		b := accord.Sounding{Text: words}
		if c.On != "" {
			if b.On, err = d.v.Version(c.On); err != nil {
				return err
			}
		}
		d.e.Body, d.e.Audience = b, c.To
		return a.write(d.h, c.sending, d.e)
	})
}

// soundingAnswerCmd answers in confidence, or logs an answer that came by hand.
type soundingAnswerCmd struct {
	ID    string       `arg:""`
	Would accord.Would `arg:"" enum:"yes,no,with-changes"`
	Party record.Name  `placeholder:"PARTY"`
	heard
	sending
	Text []string `arg:"" optional:""`
}

// Run answers whoever asked.
func (c *soundingAnswerCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		d, s, err := a.sounding(h, c.ID)
		if err != nil {
			return err
		}
		party, err := d.voice(c.Party, "--party")
		if err != nil {
			return err
		}
		if err := d.heard(c.heard); err != nil {
			return err
		}
		d.e.Body = accord.SoundingAnswer{Of: s.Entry, Party: party, Would: c.Would, Text: words}
		if s.By != h.Keeper() {
			d.e.Audience = []record.Name{s.By}
		}
		return a.write(h, c.sending, d.e)
	})
}

func (a *app) sounding(h desk.Handle, id string) (*draft, view.Sounding, error) {
	d, err := a.draft(h)
	if err != nil {
		return nil, view.Sounding{}, err
	}
	it, err := d.find(id)
	if err != nil {
		return nil, view.Sounding{}, err
	}
	s, ok := d.v.Sounding(it.ID)
	if !ok {
		return nil, s, fault.New(fault.Malformed, "cli.sounding", "`backchannel sounding list` shows them", "%s is not a sounding", id)
	}
	return d, s, nil
}

// soundingForwardCmd tells those who were asked that all would consider it.
type soundingForwardCmd struct {
	ID string `arg:""`
	sending
	Text []string `arg:"" optional:""`
}

// Run shows what goes to whom, asks, and sends it.
func (c *soundingForwardCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		d, s, err := a.sounding(h, c.ID)
		if err != nil {
			return err
		}
		if words == "" {
			words = s.Text
		}
		it, _ := d.s.seen.Get(s.Entry)
		d.e.Body, d.e.Audience = accord.Sounding{On: s.On, Text: words, Of: s.Entry, Forward: true}, it.Audience
		return a.write(h, c.sending, d.e)
	})
}

// soundingListCmd shows what was asked, and what they would consider.
type soundingListCmd struct{ clocks }

// Run shows it.
func (c *soundingListCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := v.Soundings()
		if list == nil {
			list = []view.Sounding{}
		}
		return a.result(list, func(w io.Writer) error { return a.print(w, a.book.Soundings(v, list)...) })
	})
}

// criticiseCmd says what is wrong with a draft, to whoever owns it.
type criticiseCmd struct {
	On    string        `arg:"" placeholder:"NAME@VERSION"`
	Term  record.Name   `placeholder:"NAME"`
	Party record.Name   `placeholder:"PARTY"`
	To    []record.Name `placeholder:"NAME"`
	heard
	sending
	Text []string `arg:"" optional:""`
}

// Run sends it to the one person whom --to names.
func (c *criticiseCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		if err := d.heard(c.heard); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = accord.Criticism{On: on, Term: c.Term, For: c.Party, Text: words}, c.To
		return a.write(d.h, c.sending, d.e)
	})
}

// draftsCmd shows the versions of one text, and what was said against each.
type draftsCmd struct {
	Name record.Name `arg:""`
	clocks
}

// Run shows it.
func (c *draftsCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := v.Drafts(c.Name)
		if list == nil {
			list = []view.Draft{}
		}
		return a.result(list, func(w io.Writer) error { return a.print(w, a.book.Drafts(v, list)...) })
	})
}

// translateCmd puts a text into another language, beside its authoritative one.
type translateCmd struct {
	On         string        `arg:"" placeholder:"NAME@VERSION"`
	Lang       string        `required:"" placeholder:"LANG"`
	Translator record.Name   `placeholder:"NAME"`
	To         []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever --to names.
func (c *translateCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		d.e.Body = accord.Translation{On: on, Lang: c.Lang, Text: words, Translator: or(c.Translator, d.h.Keeper())}
		d.e.Audience = c.To
		return a.write(d.h, c.sending, d.e)
	})
}
