package cli

import (
	"io"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// confirmCmd makes a showable confirmation.
type confirmCmd struct {
	On    string      `arg:"" placeholder:"NAME@VERSION"`
	Party record.Name `placeholder:"PARTY"`
	passing
	To []record.Name `placeholder:"NAME"`
	sending
}

// Run says what it means, asks, signs, and gives it to whoever --to names.
func (c *confirmCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		party, err := d.voice(c.Party, "--party")
		if err != nil {
			return err
		}
		if err := d.passing(c.passing); err != nil {
			return err
		}
		a.note("cli.confirm.forever", "Party", a.book.Name(d.v, party), "On", a.book.Ref(d.v, on), "Words", words.HashWords(on.Hash),
			"To", a.book.Names(d.v, c.To))
		d.e.Body, d.e.Audience = accord.Confirmation{Party: party, On: on}, c.To
		if len(c.To) == 0 && !c.Show {
			if _, err := d.h.Write(a.ctx, desk.Preview, d.e); err != nil {
				return err
			}
			if err := a.confirm(c.Yes, a.say("cli.ask.confirm")); err != nil {
				return err
			}
		}
		return a.write(d.h, c.sending, d.e)
	})
}

// keyCmd is about the keys by which parties confirm.
type keyCmd struct {
	Show    keyShowCmd    `cmd:""`
	Give    keyGiveCmd    `cmd:""`
	Compare keyCompareCmd `cmd:""`
}

// keyShowCmd shows the keys that are known here.
type keyShowCmd struct{ clocks }

// Run shows them.
func (c *keyShowCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := v.Keys()
		if list == nil {
			list = []view.Key{}
		}
		return a.result(list, func(w io.Writer) error {
			if len(list) == 0 {
				return line(w, a.say("cli.key.none"))
			}
			return a.print(w, a.book.Keys(v, list)...)
		})
	})
}

// keyGiveCmd shows the key of this desk to somebody.
type keyGiveCmd struct {
	Party record.Name `placeholder:"PARTY"`
	passing
	sendTo
}

// Run gives it.
func (c *keyGiveCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		party, err := d.voice(c.Party, "--party")
		if err != nil {
			return err
		}
		if err := d.passing(c.passing); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = accord.ChannelKey{Party: party, Holder: d.h.Keeper()}, c.To
		return a.write(d.h, c.sending, d.e)
	})
}

// keyCompareCmd records that the words of a key were compared.
type keyCompareCmd struct {
	Party   record.Name `arg:""`
	Words   []string    `arg:""`
	With    record.Name `required:"" placeholder:"NAME"`
	By      string      `required:"" placeholder:"HOW"`
	Differs bool
}

// Run records it.
func (c *keyCompareCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		key, err := keyOf(d.v, c.Party, strings.Join(c.Words, " "))
		if err != nil {
			return err
		}
		d.e.Body = accord.Attestation{Party: c.Party, Fingerprint: key, With: c.With, By: c.By, Differs: c.Differs}
		return a.write(d.h, sending{Yes: true}, d.e)
	})
}

// keyOf finds the key of a party that has those words.
func keyOf(v *view.View, party record.Name, typed string) (keys.Hash, error) {
	for _, k := range v.Keys() {
		if k.Party != party {
			continue
		}
		same, err := k.Fingerprint.Same(typed)
		if err != nil {
			return keys.Hash{}, err
		}
		if same {
			return k.Fingerprint, nil
		}
	}
	return keys.Hash{}, fault.New(fault.NotFound, "cli.no-such-key",
		"look with `backchannel key show`; if they read out other words than stand there, compare the words that stand there, with --differs", "no key of %s here has these words", party)
}

// agreementCmd is about agreements that can be shown.
type agreementCmd struct {
	Export agreementExportCmd `cmd:""`
	Term   agreementTermCmd   `cmd:""`
}

// agreementExportCmd writes the file of an agreement.
type agreementExportCmd struct {
	On   string `arg:"" placeholder:"NAME@VERSION"`
	File string `arg:"" placeholder:"FILE"`
}

// Run writes it.
func (c *agreementExportCmd) Run(a *app) error {
	return a.see(clocks{}, func(v *view.View) error {
		on, err := v.Version(c.On)
		if err != nil {
			return err
		}
		s, err := v.Ledger().SignedAgreement(on.Hash)
		if err != nil {
			return err
		}
		b, err := s.Encode()
		if err != nil {
			return err
		}
		if err := newFile(c.File, b); err != nil {
			return err
		}
		return a.result(map[string]any{"file": c.File, "bytes": len(b), "package": on}, func(w io.Writer) error {
			return a.print(w, a.say("cli.agreement.written", "File", c.File, "On", a.book.Ref(v, on), "Words", words.HashWords(on.Hash)), a.say("cli.agreement.how"))
		})
	})
}

// sameText refuses an act on a version whose words are not those that somebody
// read to the keeper. Where they are those of another text here, it names the
// terms that differ.
func sameText(v *view.View, on record.Ref, typed string) error {
	if typed == "" {
		return nil
	}
	same, err := on.Hash.Same(typed)
	if err != nil || same {
		return err
	}
	for _, p := range v.Ledger().Packages() {
		if other, _ := p.Hash.Same(typed); !other {
			continue
		}
		var differ []string
		for _, n := range v.Ledger().Differing(on.Hash, p.Hash) {
			if n != "" {
				differ = append(differ, string(n))
			}
		}
		return fault.New(fault.Refused, "cli.other-text", "read the two side by side with `backchannel compare`",
			"these are the words of %s, which is another text: the hashes differ, in %s", v.Label(p.Ref), strings.Join(differ, ", "))
	}
	return fault.New(fault.Refused, "cli.unknown-text", "ask for the text that they mean", "these are not the words of %s, nor of any text on this desk: the hashes differ", v.Label(on))
}
