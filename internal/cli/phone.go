package cli

import (
	"context"
	"errors"
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/qrcode"
	"backchannel/internal/relay"
	"backchannel/internal/web"
)

// phoneCmd holds what is done with phones that show the desk.
type phoneCmd struct {
	List   phoneListCmd   `cmd:"" default:"withargs"`
	Pair   phonePairCmd   `cmd:""`
	Unpair phoneUnpairCmd `cmd:""`
}

// phone asks the desk that is being served: phones reach no other.
func (a *app) phone(o desk.PhoneOrder) (out desk.PhoneAnswer, err error) {
	dir, err := a.dir()
	if err != nil {
		return out, err
	}
	if err := a.deskIn(dir); err != nil {
		return out, err
	}
	r, err := desk.Connect(a.ctx, dir)
	if fault.Is(err, fault.NotFound) {
		return out, fault.New(fault.NotFound, "cli.no-page", "start it with `backchannel desk serve`", "no page of this desk is being served")
	}
	if err != nil {
		return out, err
	}
	out, err = r.Phone(a.ctx, o)
	return out, errors.Join(err, r.Close())
}

// phoneListCmd lists the phones.
type phoneListCmd struct{}

// Run lists them.
func (c *phoneListCmd) Run(a *app) error {
	s, err := a.phone(desk.PhoneOrder{Step: desk.PhoneList})
	if err != nil {
		return err
	}
	return a.result(s, func(w io.Writer) error {
		if len(s.Phones) == 0 {
			return line(w, a.say("cli.phone.none"))
		}
		if err := line(w, a.say("cli.phone.where", "Host", s.Host, "Open", s.Open)); err != nil {
			return err
		}
		for _, p := range s.Phones {
			if err := line(w, a.say("cli.phone.one", "Name", p.Name, "Paired", a.instant(p.Paired), "Used", a.instant(p.Used))); err != nil {
				return err
			}
		}
		return nil
	})
}

// phonePairCmd makes a link for a phone.
type phonePairCmd struct {
	Name  string `arg:""`
	At    string `placeholder:"HOST:PORT"`
	Onion string `placeholder:"HOST:PORT"`
	Yes   bool   `short:"y"`
}

// Run says what the link reveals, asks, and shows it. It is shown once.
func (c *phonePairCmd) Run(a *app) error {
	for _, id := range []string{"phone.reveals", "phone.trust"} {
		a.note(id)
		parts := []string{"said", "network", "onion", "phone", "browser"}
		if id == "phone.trust" {
			parts = []string{"warning", "compare", "only"}
		}
		for _, part := range parts {
			if !a.root.JSON {
				line(a.deps.Err, "  - "+a.say(id+"."+part))
			}
		}
	}
	if here := web.Addresses(); c.At == "" && c.Onion == "" && len(here) > 0 {
		a.note("cli.phone.addresses", "List", strings.Join(here, ", "))
	}
	if err := a.confirm(c.Yes, a.say("cli.ask.phone")); err != nil {
		return err
	}
	s, err := a.phone(desk.PhoneOrder{Step: desk.PhonePair, Name: c.Name, At: c.At, Tor: c.Onion})
	if err != nil {
		return err
	}
	if s.Pairing == nil {
		return fault.New(fault.Internal, "cli.phone-link", "", "the desk made no link")
	}
	return a.result(s, func(w io.Writer) error {
		if code, err := qrcode.New(s.Pairing.Link); err == nil {
			if err := a.print(w, code.Blocks()...); err != nil {
				return err
			}
		}
		return a.print(w, a.say("cli.phone.scan", "Page", s.Pairing.Page, "Code", s.Pairing.Code), a.say("phone.once", "Until", a.instant(s.Pairing.Until)),
			a.say("cli.phone.compare"), s.Fingerprint)
	})
}

// phoneUnpairCmd lets phones in no more.
type phoneUnpairCmd struct {
	Name string `arg:"" optional:""`
	All  bool
}

// Run does it.
func (c *phoneUnpairCmd) Run(a *app) error {
	if (c.Name == "") != c.All {
		return fault.New(fault.Malformed, "cli.phone-which", "name one, or add --all", "it does not say which phone")
	}
	s, err := a.phone(desk.PhoneOrder{Step: desk.PhoneUnpair, Name: c.Name, All: c.All})
	if err != nil {
		return err
	}
	return a.result(s, func(w io.Writer) error { return line(w, a.say("cli.phone.unpaired")) })
}

// onion is an onion service as the page wants it.
type onion struct{ *relay.Onion }

// Name gives it without a port: it is at https's own.
func (o onion) Name() string { return strings.TrimSuffix(o.HostPort, ":443") }

// Key gives what keeps the name.
func (o onion) Key() string { return o.Onion.Key }

// Onion makes an onion service that leads to a port of this machine.
func Onion(ctx context.Context, control, key, target string) (web.Onion, error) {
	o, err := relay.OpenOnion(ctx, control, key, target)
	if err != nil {
		return nil, err
	}
	return onion{o}, nil
}
