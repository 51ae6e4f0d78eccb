package cli

import (
	"io"
	"os"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// agreementTermCmd writes the file that shows one term of an agreement to
// somebody, and enters that he was shown it.
type agreementTermCmd struct {
	On   string        `arg:"" placeholder:"NAME@VERSION"`
	Term record.Name   `arg:"" placeholder:"TERM"`
	File string        `arg:"" placeholder:"FILE"`
	To   record.Name   `required:"" placeholder:"NAME"`
	By   []record.Name `placeholder:"PARTY"`
	Show bool
	Yes  bool `short:"y"`
}

// Run shows what the file would say and who gets it, asks, enters the
// disclosure, and writes the file.
func (c *agreementTermCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		on, err := d.v.Version(c.On)
		if err != nil {
			return err
		}
		s, err := d.v.Ledger().SignedAgreement(on.Hash)
		if err != nil {
			return err
		}
		p, err := s.Prove(c.Term, c.By...)
		if err != nil {
			return err
		}
		shown := a.book.ProvenTerm(readerView(), p)
		shown = append(shown, a.say("cli.term-proof.by", "Who", a.book.Names(d.v, confirming(p))))
		if named := p.Named(); len(named) > 0 {
			shown = append(shown, a.say("cli.term-proof.names", "Names", nameList(named)))
		}
		for _, line := range a.book.Hints(d.v, c.To, a.book.Infers(d.v, c.To, []record.Entry{{Body: p.Term}})) {
			shown = append(shown, a.say("cli.disclose.hint", "Line", line))
		}
		shown = append(shown, a.say("cli.term-proof.to", "Who", a.book.Name(d.v, c.To)))
		if c.Show {
			return a.result(shownTerm(p), func(w io.Writer) error { return a.print(w, shown...) })
		}
		if !c.Yes {
			if err := a.print(a.deps.Err, shown...); err != nil {
				return err
			}
		}
		a.note("cli.term-proof.forever", "File", c.File)
		if err := a.confirm(c.Yes, a.say("cli.ask.term-proof", "Who", a.book.Name(d.v, c.To))); err != nil {
			return err
		}
		return a.giveProof(d.h, p, record.Ref{Name: on.Name, Version: on.Version, Hash: on.Hash}, c.To, c.File)
	})
}

// giveProof enters that somebody is shown a term, and then writes the file: a
// desk that dies between the two says rather that he was shown what he was not
// than the other way about, and the command can be given again.
func (a *app) giveProof(h desk.Handle, p accord.TermProof, of record.Ref, to record.Name, file string) error {
	b, err := p.Encode()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return fault.New(fault.Exists, "cli.agreement-there", "name another file", "%s is there already", file)
	}
	d := circle.Showing(p, of, h.Keeper(), to)
	before, err := a.gave(h, d)
	if err != nil {
		return err
	}
	if !before {
		if _, err := h.Write(a.ctx, desk.Commit, record.Entry{Body: d}); err != nil {
			return err
		}
	}
	if err := newFile(file, b); err != nil {
		return err
	}
	return a.result(map[string]any{"file": file, "bytes": len(b), "term": p.Term.Ref(), "by": confirming(p), "to": to}, func(w io.Writer) error {
		return a.print(w, a.say("cli.term-proof.written", "File", file, "Term", string(p.Term.Name), "Who", string(to)), a.say("cli.term-proof.how"))
	})
}

// gave reports whether it was entered before that the same file was given to
// the same person.
func (a *app) gave(h desk.Handle, d circle.Disclosure) (bool, error) {
	r, err := h.Record(a.ctx)
	if err != nil {
		return false, err
	}
	seen := r.For(h.Keeper(), record.AsOf{})
	return slices.ContainsFunc(seen.Items(), func(it record.Seen) bool {
		x, ok := it.Body.(circle.Disclosure)
		return ok && x.To == d.To && x.Proof == d.Proof && slices.Equal(x.What, d.What) && slices.Equal(x.Signed, d.Signed)
	}), nil
}

// newFile writes a file that is not there yet, and that only its owner reads.
// What could not be written whole does not stay.
func newFile(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return alreadyThere(name)
	}
	if err == nil {
		_, err = f.Write(b)
		if err = first(err, f.Close()); err != nil {
			os.Remove(name)
		}
	}
	if err != nil {
		return fault.Wrap(err, fault.Disk, "cli.agreement-write", "name a file in a folder of yours", "cannot write %s", name)
	}
	return nil
}

func alreadyThere(name string) error {
	return fault.New(fault.Exists, "cli.agreement-there", "name another file", "%s is there already", name)
}

func confirming(p accord.TermProof) []record.Name {
	out := make([]record.Name, len(p.Confirmations))
	for i, c := range p.Confirmations {
		out[i] = c.Party
	}
	return out
}

func nameList(list []record.Name) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = string(n)
	}
	return strings.Join(out, ", ")
}

// readerView is the view of somebody who has a file and no desk: nobody has a
// title there.
func readerView() *view.View {
	return view.Of(record.New("reader").For("reader", record.AsOf{}), 0)
}

// verifyTermCmd verifies the proof of a term. It opens no desk, asks no clock
// and goes to no network.
type verifyTermCmd struct {
	File        string   `arg:"" placeholder:"FILE"`
	Fingerprint []string `placeholder:"PARTY=WORDS" sep:"none"`
}

// shownProof is what was verified, as --json gives it.
type shownProof struct {
	Term      accord.Term   `json:"term"`
	Package   string        `json:"package"` // the hash of the package that it is a term of
	Words     []string      `json:"words"`
	Names     []record.Name `json:"names"` // other terms that this one names
	Confirmed []shownSigner `json:"confirmed"`
	Proven    bool          `json:"proven"` // all of them under keys that the reader knows
}

func shownTerm(p accord.TermProof) shownProof {
	h := p.Package()
	return shownProof{Term: p.Term, Package: h.String(), Words: h.Words(keys.FingerprintWords), Names: append([]record.Name{}, p.Named()...), Confirmed: []shownSigner{}}
}

// Run verifies it, prints the term, and says who confirmed it.
func (c *verifyTermCmd) Run(a *app) error {
	known, err := fingerprints(c.Fingerprint)
	if err != nil {
		return err
	}
	raw, err := readAgreement(c.File)
	if err != nil {
		return err
	}
	p, err := accord.ReadTermProof(raw)
	if err != nil {
		if _, other := accord.ReadSigned(raw); other == nil {
			return fault.New(fault.Malformed, "cli.whole-file", "verify it with `backchannel verify-agreement`", "this file shows a whole agreement, and not one term of it")
		}
		return err
	}
	out := shownTerm(p)
	var keysAre vouched
	out.Confirmed, keysAre, err = heldAgainst(p.Confirmations, known)
	if err != nil {
		return err
	}
	verdict := keysAre.verdict(nil)
	out.Proven = verdict == nil
	err = a.result(out, func(w io.Writer) error {
		lines := a.book.ProvenTerm(readerView(), p)
		for _, s := range out.Confirmed {
			lines = append(lines, a.say("cli.verified-agreement."+s.Key, "Party", string(s.Party), "Words", strings.Join(s.Words, " "), "Hex", s.Fingerprint))
		}
		if len(out.Names) > 0 {
			lines = append(lines, a.say("cli.verified-term.names", "Names", nameList(out.Names)))
		}
		return a.print(w, append(lines, a.say("cli.verified-term.rest"))...)
	})
	if err != nil {
		return err
	}
	return verdict
}
