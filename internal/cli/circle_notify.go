package cli

import (
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// notifyCmd is who is told of something, in which order.
type notifyCmd struct {
	Plan  notifyPlanCmd `cmd:"" name:"plan"`
	Mark  notifyMarkCmd `cmd:"" name:"mark"`
	Send  notifySendCmd `cmd:"" name:"send"`
	Shown notifiedCmd   `cmd:"" name:"list"`
}

type notifyPlanCmd struct {
	On   circle.Occasion `arg:"" enum:"agreed,failed,death,event"`
	Of   string          `placeholder:"NAME@VERSION"`
	What string          `placeholder:"TEXT"`
	Tell []string        `placeholder:"WHO[,hold][,FORM][,by=WHO][: WORDS]" sep:"none" required:""`
}

// Run enters a plan.
func (c *notifyPlanCmd) Run(a *app) error {
	return a.enter(func(d *draft) error {
		b := circle.Plan{On: c.On, What: c.What}
		for _, s := range c.Tell {
			step, err := tellOf(s)
			if err != nil {
				return err
			}
			b.Steps = append(b.Steps, step)
		}
		if c.Of != "" {
			r, err := d.v.Version(c.Of)
			if err != nil {
				return err
			}
			b.Text = record.Ref{Name: r.Name, Version: r.Version, Hash: r.Hash}
		}
		d.e.Body = b
		return nil
	}, heard{}, sending{})
}

// tellOf reads one person of a plan: family,hold,call,by=envoy: He comes home.
func tellOf(s string) (circle.PlanStep, error) {
	head, words, _ := strings.Cut(s, ":")
	parts := strings.Split(head, ",")
	step := circle.PlanStep{Who: record.Name(strings.TrimSpace(parts[0])), Words: strings.TrimSpace(words)}
	for _, p := range parts[1:] {
		p = strings.TrimSpace(p)
		by, isBy := strings.CutPrefix(p, "by=")
		switch {
		case isBy:
			step.By = record.Name(by)
		case p == "hold":
			step.Hold = true
		case record.Form(p).Check() == nil && p != "":
			step.Form = record.Form(p)
		default:
			return step, fault.New(fault.Malformed, "cli.tell", "write it as family,hold,call,by=envoy: the words", "%q means nothing there", p)
		}
	}
	return step, nil
}

type notifyMarkCmd struct {
	ID    string       `arg:""`
	Reach circle.Reach `arg:"" enum:"begun,told,acknowledged,not-reached"`
	Who   record.Name  `arg:"" optional:""`
	By    record.Name  `placeholder:"NAME"`
	Form  record.Form  `placeholder:"HOW"`
	heard
	Text []string `arg:"" optional:""`
}

// Run notes how far a plan has come, if it may.
func (c *notifyMarkCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.enter(func(d *draft) error {
		f, err := d.following(c.ID)
		if err != nil {
			return err
		}
		n := circle.Notification{Plan: f.Entry, Who: c.Who, Reach: c.Reach, By: c.By, Form: c.Form, Text: words}
		d.e.Body = n
		return n.Check() // its planning refuses it out of turn
	}, c.heard, sending{})
}

// following gives a plan and how far it has come.
func (d *draft) following(prefix string) (circle.Following, error) {
	it, err := d.find(prefix)
	if err != nil {
		return circle.Following{}, err
	}
	f, ok := d.v.Notification(it.ID)
	if !ok {
		return f, fault.New(fault.Malformed, "cli.no-plan", "`backchannel notify list` shows the plans", "entry %s is no notification plan", it.ID.Short())
	}
	return f, nil
}

type notifySendCmd struct {
	ID string `arg:""`
	sending
}

// Run tells whoever is next, over the line to him. The message and the note
// that he was told by it are stored in one transaction, before anything is sent:
// a desk that is killed tells him once, or not at all and he is still next.
func (c *notifySendCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		f, err := d.following(c.ID)
		if err != nil {
			return err
		}
		drafts, err := f.Telling(d.h.Keeper(), a.newID())
		if err != nil {
			return err
		}
		return a.write(d.h, c.sending, drafts...)
	})
}

// accountCmd is what people say happened.
type accountCmd struct {
	Enter   accountEnterCmd   `cmd:"" name:"enter"`
	List    accountsCmd       `cmd:"" name:"list"`
	Dossier accountDossierCmd `cmd:"" name:"dossier"`
}

type accountEnterCmd struct {
	Source    record.Name      `placeholder:"NAME"`
	Role      string           `placeholder:"TEXT"`
	Of        record.Name      `placeholder:"PARTY"`
	Knowledge circle.Knowledge `enum:",direct,was-briefed,familiar,second-hand" default:"" placeholder:"HOW"`
	Where     string           `placeholder:"TEXT"`
	Declined  bool
	Claim     []string `placeholder:"CLAIM" sep:"none"`
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters an account.
func (c *accountEnterCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.enter(func(d *draft) error {
		b := circle.Account{
			Source: circle.Source{Name: c.Source, Role: c.Role, Of: c.Of, Knowledge: c.Knowledge}, Where: c.Where, Declined: c.Declined, Text: words,
		}
		for _, s := range c.Claim {
			claim, err := d.claim(s)
			if err != nil {
				return err
			}
			b.Claims = append(b.Claims, claim)
		}
		d.e.Body = b
		return nil
	}, c.heard, c.sending, c.To...)
}

// claim reads a claim: part go-between decisive; not unconditional release@1;
// stance power accepted deal@2; said envoy ID; knew ally [ID]. Its words stand
// behind a colon.
func (d *draft) claim(s string) (circle.Claim, error) {
	head, text, _ := strings.Cut(s, ":")
	w := strings.Fields(head)
	c := circle.Claim{Text: strings.TrimSpace(text)}
	if len(w) > 0 && w[0] == "not" {
		c.Not, w = true, w[1:]
	}
	bad := fault.New(fault.Malformed, "cli.claim", "write: part WHO PART, unconditional TERM, stance WHO accepted TEXT, said WHO ID, or knew WHO [ID]; not before it, words behind a colon", "%q is not a claim", s)
	if len(w) < 2 || !slices.Contains(circle.ClaimSorts(), circle.ClaimSort(w[0])) {
		return c, bad
	}
	c.Sort = circle.ClaimSort(w[0])
	on := ""
	switch {
	case c.Sort == circle.ClaimUnconditional && len(w) == 2:
		on = w[1]
	case c.Sort == circle.ClaimPart && len(w) == 3:
		c.Who, c.Part = record.Name(w[1]), circle.Part(w[2])
	case c.Sort == circle.ClaimStance && len(w) == 4:
		c.Who, c.Position, on = record.Name(w[1]), accord.Position(w[2]), w[3]
	case c.Sort == circle.ClaimSaid && len(w) == 3:
		c.Who, on = record.Name(w[1]), w[2]
	case c.Sort == circle.ClaimKnew && len(w) <= 3:
		if c.Who = record.Name(w[1]); len(w) == 3 {
			on = w[2]
		}
	default:
		return c, bad
	}
	if on != "" {
		r, err := reference(d.s.record, d.v, on)
		if err != nil {
			return c, err
		}
		c.On = r
	}
	return c, c.Check()
}
