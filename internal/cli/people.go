package cli

import (
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// sendTo is for entries that may be given to others as well.
type sendTo struct {
	To []record.Name `placeholder:"NAME"`
	sending
}

func (a *app) writeTo(s sendTo, body func(h desk.Handle) (record.Body, error)) error {
	return a.with(func(h desk.Handle) error {
		b, err := body(h)
		if err != nil {
			return err
		}
		return a.write(h, s.sending, record.Entry{Audience: s.To, Body: b})
	})
}

// personCmd introduces a person.
type personCmd struct {
	Name  record.Name `arg:""`
	Title string      `required:"" placeholder:"TEXT"`
	Of    record.Name `placeholder:"PARTY"`
	Short string      `placeholder:"TEXT"`
	Lang  string      `placeholder:"LANG"`
	sendTo
}

// Run enters it.
func (c *personCmd) Run(a *app) error {
	return a.writeTo(c.sendTo, func(desk.Handle) (record.Body, error) {
		return record.Person{Name: c.Name, Title: c.Title, Of: c.Of, Lang: c.Lang, Short: c.Short}, nil
	})
}

// partyCmd introduces a party.
type partyCmd struct {
	Name   record.Name `arg:""`
	Title  string      `required:"" placeholder:"TEXT"`
	Side   record.Name `placeholder:"NAME"`
	Absent bool
	sendTo
}

// Run enters it.
func (c *partyCmd) Run(a *app) error {
	return a.writeTo(c.sendTo, func(desk.Handle) (record.Body, error) {
		return record.Party{Name: c.Name, Title: c.Title, Side: c.Side, Absent: c.Absent}, nil
	})
}

// roleCmd says for whom a person acts. It never leaves the desk.
type roleCmd struct {
	Person record.Name     `arg:""`
	As     record.RoleKind `arg:"" enum:"principal,envoy,go-between,guarantor,implementer,monitor,witness,mediator,contact"`
	Party  record.Name     `placeholder:"PARTY"`
}

// Run enters it.
func (c *roleCmd) Run(a *app) error {
	return a.writeTo(sendTo{}, func(desk.Handle) (record.Body, error) {
		return record.Role{Person: c.Person, Party: c.Party, As: c.As}, nil
	})
}

// credentialCmd enters what an envoy may do, and on what evidence.
type credentialCmd struct {
	Holder   record.Name      `arg:""`
	Party    record.Name      `required:"" placeholder:"PARTY"`
	Issuer   record.Name      `required:"" placeholder:"NAME"`
	May      []record.Mandate `required:"" enum:"speak,offer,bind" placeholder:"WHAT"`
	On       []record.Name    `placeholder:"NAME"`
	Until    string           `placeholder:"WHEN"`
	Evidence string           `placeholder:"TEXT"`
	sendTo
}

// Run enters it, and shows it to whoever --to names.
func (c *credentialCmd) Run(a *app) error {
	return a.writeTo(c.sendTo, func(desk.Handle) (record.Body, error) {
		until, err := moment(c.Until, a.deps.Zone)
		return record.Credential{
			Holder: c.Holder, Party: c.Party, Issuer: c.Issuer, May: c.May, On: c.On, Until: until, Evidence: c.Evidence,
		}, err
	})
}

// instructionCmd notes a limit or a red line, for this desk alone.
type instructionCmd struct {
	Holder record.Name `arg:""`
	Text   []string    `arg:""`
}

// Run enters it.
func (c *instructionCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.writeTo(sendTo{}, func(desk.Handle) (record.Body, error) {
		return record.Instruction{Holder: c.Holder, Text: words}, nil
	})
}

// ruleCmd sets the caucus rule.
type ruleCmd struct {
	Rule string `arg:"" enum:"consent,unless-marked"`
}

// Run enters it.
func (c *ruleCmd) Run(a *app) error {
	return a.writeTo(sendTo{}, func(desk.Handle) (record.Body, error) {
		return record.Rule{PassUnlessMarked: c.Rule == "unless-marked"}, nil
	})
}
