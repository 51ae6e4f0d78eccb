package cli

import (
	"io"
	"os"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// verifyAgreementCmd verifies an agreement file. It opens no desk, asks no
// clock and goes to no network.
type verifyAgreementCmd struct {
	File        string   `arg:"" placeholder:"FILE"`
	Fingerprint []string `placeholder:"PARTY=WORDS" sep:"none"`
}

// shownAgreement is what was verified, as --json gives it.
type shownAgreement struct {
	Package   accord.Package `json:"package"`
	Terms     []accord.Term  `json:"terms"`
	Hash      string         `json:"hash"`
	Words     []string       `json:"words"`
	Needed    []record.Name  `json:"needed"`
	Missing   []record.Name  `json:"missing"`
	Confirmed []shownSigner  `json:"confirmed"`
	Agreement bool           `json:"agreement"` // all whom it needs confirmed, under keys that the reader knows
}

type shownSigner struct {
	Party       record.Name `json:"party"`
	Fingerprint string      `json:"fingerprint"`
	Words       []string    `json:"words"`
	Key         string      `json:"key"` // "same", "another" or "unknown" to the reader
}

// Run verifies it, says what each party confirmed, and prints the text.
func (c *verifyAgreementCmd) Run(a *app) error {
	known, err := fingerprints(c.Fingerprint)
	if err != nil {
		return err
	}
	raw, err := readAgreement(c.File)
	if err != nil {
		return err
	}
	s, err := accord.ReadSigned(raw)
	if err != nil {
		if _, other := accord.ReadTermProof(raw); other == nil {
			return fault.New(fault.Malformed, "cli.one-term-file", "verify it with `backchannel verify-term`", "this file shows one term of an agreement, and not the whole")
		}
		return err
	}
	out, verdict, err := judged(s, known)
	if err != nil {
		return err
	}
	err = a.result(out, func(w io.Writer) error {
		lines := a.book.SignedText(readerView(), s)
		for _, p := range out.Confirmed {
			lines = append(lines, a.say("cli.verified-agreement."+p.Key, "Party", string(p.Party), "Words", strings.Join(p.Words, " "), "Hex", p.Fingerprint))
		}
		for _, n := range out.Missing {
			lines = append(lines, a.say("cli.verified-agreement.missing", "Party", string(n)))
		}
		if out.Agreement {
			lines = append(lines, a.say("cli.verified-agreement.good"))
		}
		return a.print(w, lines...)
	})
	if err != nil {
		return err
	}
	return verdict
}

// judged compares the keys in the file with what the reader knows of them. The
// second error is the verdict, where it is not a good one.
func judged(s accord.SignedAgreement, known map[record.Name]string) (out shownAgreement, verdict, err error) {
	h := s.Package.Hash()
	out = shownAgreement{
		Package: s.Package, Terms: s.Terms, Hash: h.String(), Words: h.Words(keys.FingerprintWords), Needed: s.Needed(), Missing: s.Missing(), Confirmed: []shownSigner{},
	}
	var keysAre vouched
	out.Confirmed, keysAre, err = heldAgainst(s.Confirmations, known)
	if err != nil {
		return out, nil, err
	}
	missing := make([]string, len(out.Missing))
	for i, n := range out.Missing {
		missing[i] = string(n)
	}
	verdict = keysAre.verdict(missing)
	out.Agreement = verdict == nil
	return out, verdict, nil
}

// vouched says for whose keys the reader gave no words, or others.
type vouched struct{ unknown, another []string }

// heldAgainst compares the keys of confirmations with what the reader knows of
// them, and takes from known what it used.
func heldAgainst(list []accord.Confirmation, known map[record.Name]string) (out []shownSigner, v vouched, err error) {
	out = []shownSigner{}
	for _, x := range list {
		f := x.Public().Fingerprint()
		p := shownSigner{x.Party, f.String(), f.Words(keys.FingerprintWords), "unknown"}
		typed, brought := known[x.Party]
		delete(known, x.Party)
		if brought {
			same, err := f.Same(typed)
			if err != nil {
				return nil, v, err
			}
			if p.Key = "another"; same {
				p.Key = "same"
			}
		}
		switch p.Key {
		case "unknown":
			v.unknown = append(v.unknown, string(x.Party))
		case "another":
			v.another = append(v.another, string(x.Party))
		}
		out = append(out, p)
	}
	for n := range known {
		return nil, v, fault.New(fault.Malformed, "cli.fingerprint-of-nobody", "name a party as it stands in the file", "%s confirms nothing in this file", n)
	}
	return out, v, nil
}

// verdict is nil where it is a good one.
func (v vouched) verdict(missing []string) error {
	switch {
	case len(v.another) > 0:
		return fault.New(fault.Unauthentic, "cli.agreement-another", "ask them for the words of their key again; if these are right, somebody else signed this file",
			"the key that signed for %s is not the one whose words you gave", strings.Join(v.another, ", "))
	case len(missing) > 0:
		return fault.New(fault.Refused, "cli.agreement-missing", "ask for the file with all confirmations", "this is no agreement: %s did not confirm it", strings.Join(missing, ", "))
	case len(v.unknown) > 0:
		return fault.New(fault.Refused, "cli.agreement-unvouched", "get the words of the key from them by another way, and give them with --fingerprint PARTY=\"WORDS\"",
			"the signatures are good, and nobody has vouched for the key of %s", strings.Join(v.unknown, ", "))
	}
	return nil
}

// fingerprints reads PARTY=WORDS.
func fingerprints(list []string) (map[record.Name]string, error) {
	out := map[record.Name]string{}
	for _, s := range list {
		party, typed, ok := strings.Cut(s, "=")
		if !ok || record.Name(party).Check() != nil {
			return nil, fault.New(fault.Malformed, "cli.fingerprint", "write it as in --fingerprint power=\"twelve words\"", "%q does not say whose fingerprint it is", s)
		}
		if _, twice := out[record.Name(party)]; twice {
			return nil, fault.New(fault.Malformed, "cli.fingerprint-twice", "give one for each party", "there are two fingerprints of %s", party)
		}
		out[record.Name(party)] = typed
	}
	return out, nil
}

// readAgreement reads the file, and no more of it than is allowed.
func readAgreement(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Wrap(err, fault.NotFound, "cli.agreement-open", "check the name of the file", "cannot open %s", name)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, accord.MaxSigned+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "cli.agreement-read", "", "cannot read %s", name)
	}
	return b, nil
}
