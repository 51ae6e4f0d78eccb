package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// oneDesk is a desk on which commands run, one after the other.
type oneDesk struct {
	t    *testing.T
	dir  string
	pass string
}

func newOneDesk(t *testing.T, keeper record.Name) oneDesk {
	t.Helper()
	d := oneDesk{t, filepath.Join(t.TempDir(), "desk"), filepath.Join(t.TempDir(), "pass")}
	if err := os.WriteFile(d.pass, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := desk.Create(d.dir, keeper, []byte("correct horse"), vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	return d
}

// run gives the exit code, and what was printed.
func (d oneDesk) run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	deps := Deps{
		In: strings.NewReader(""), Out: &o, Err: &e, Console: terminal{}, Now: time.Now, Zone: time.UTC, Version: "test",
		Page: func(desk.Handle, bool, *slog.Logger) (Page, error) { return nil, io.EOF },
	}
	if d.dir != "" {
		args = append(args, "--desk", d.dir, "--passphrase-file", d.pass)
	}
	code = Run(context.Background(), args, deps)
	return code, o.String(), e.String()
}

func (d oneDesk) must(args ...string) string {
	d.t.Helper()
	code, out, errs := d.run(args...)
	if code != 0 {
		d.t.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
	}
	return out
}

// agreed makes a desk whose keeper speaks for both parties of a package, and
// has accepted and echoed it.
func agreedDesk(t *testing.T) oneDesk {
	d := newOneDesk(t, "both")
	d.must("party", "power", "--title", "Power")
	d.must("party", "movement", "--title", "Movement")
	d.must("role", "both", "principal", "--party", "power")
	d.must("role", "both", "principal", "--party", "movement")
	d.must("propose", "truce", "--term", `ceasefire obligation debtor power "hostilities cease" period 10 days`, "--needs", "power,movement", "--party", "power")
	for _, party := range []string{"power", "movement"} {
		d.must("act", "accept", "truce@1", "--party", party)
		d.must("act", "echo", "truce@1", "--party", party)
	}
	return d
}

// TestLaw3_ConfirmingIsASeparateAct: nothing is signed, and no key is stored, until somebody
// confirms; and that takes a yes.
func TestLaw3_ConfirmingIsASeparateAct(t *testing.T) {
	d := agreedDesk(t)
	stored := func() bool {
		t.Helper()
		v, err := vault.Open(d.dir, []byte("correct horse"))
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		_, err = v.Meta("confirmation-key")
		return err == nil
	}
	signed := func() bool {
		return strings.Contains(d.must("record", "--kind", "confirmation", "--json"), `"signature"`)
	}
	if stored() || signed() {
		t.Fatal("a key or a signature without a confirmation")
	}
	code, _, errs := d.run("confirm", "truce@1", "--party", "power")
	if code != 4 || !strings.Contains(errs, "for ever") || !strings.Contains(errs, "--yes") {
		t.Fatalf("%d %s", code, errs)
	}
	d.must("confirm", "truce@1", "--party", "power", "--show")
	if stored() || signed() {
		t.Fatal("looking at it left something behind")
	}
	d.must("confirm", "truce@1", "--party", "power", "--yes")
	if !stored() || !signed() {
		t.Fatal("nothing was signed")
	}
	if code, _, errs := d.run("confirm", "truce@1", "--party", "host", "--yes"); code != 4 || !strings.Contains(errs, "speak") {
		t.Fatalf("%d %s", code, errs)
	}
}

// TestVerifyAgreementOffline is [CONF-15] and [CONF-16]: on a machine that has the file and the
// words, and no desk.
func TestVerifyAgreementOffline(t *testing.T) {
	d := agreedDesk(t)
	file := filepath.Join(t.TempDir(), "truce.agreement")
	if code, _, errs := d.run("agreement", "export", "truce@1", file); code != 4 || !strings.Contains(errs, "movement") {
		t.Fatalf("%d %s", code, errs)
	}
	d.must("confirm", "truce@1", "--party", "power", "--yes")
	d.must("confirm", "truce@1", "--party", "movement", "--yes")
	d.must("agreement", "export", "truce@1", file)
	if code, _, _ := d.run("agreement", "export", "truce@1", file); code != 6 {
		t.Errorf("written over: %d", code)
	}
	var list []view.Key
	if err := json.Unmarshal([]byte(d.must("key", "show", "--json")), &list); err != nil || len(list) != 2 || !list[0].Own {
		t.Fatalf("%v %+v", err, list)
	}
	words := strings.Join(list[0].Fingerprint.Words(12), " ")
	hex := list[0].Fingerprint.String()
	other := list[0].Fingerprint
	other[0] ^= 0xff

	nobody := oneDesk{t: t}
	t.Setenv("HOME", filepath.Join(t.TempDir(), "nobody"))
	verify := func(want int, args ...string) (string, string) {
		t.Helper()
		code, out, errs := nobody.run(append([]string{"verify-agreement", file}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, out, errs)
		}
		return out, errs
	}
	out, _ := verify(0, "--fingerprint", "power="+words, "--fingerprint", "movement="+hex)
	for _, part := range []string{"truce, version 1", "ceasefire", "Hostilities cease", "10 days", "Power confirms", "Movement confirms", "All whom it needs"} {
		if !strings.Contains(strings.ToLower(out), strings.ToLower(part)) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	out, errs := verify(4)
	if strings.Contains(out, "All whom it needs") || strings.Count(out, "nobody has vouched") != 2 || !strings.Contains(errs, "nobody has vouched for the key of movement, power") {
		t.Errorf("%s%s", out, errs)
	}
	verify(4, "--fingerprint", "power="+words)
	out, errs = verify(3, "--fingerprint", "power="+words, "--fingerprint", "movement="+other.String())
	if !strings.Contains(out, "NOT the one") || !strings.Contains(errs, "movement") {
		t.Errorf("%s%s", out, errs)
	}
	verify(2, "--fingerprint", "power=some words")
	verify(2, "--fingerprint", "words")
	verify(2, "--fingerprint", "host="+words)
	verify(2, "--fingerprint", "power="+words, "--fingerprint", "power="+words)
	if out, _ := verify(0, "--json", "--fingerprint", "power="+words, "--fingerprint", "movement="+words); !strings.Contains(out, `"agreement": true`) {
		t.Error(out)
	}

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoil(bytes.Replace(raw, []byte("hostilities cease"), []byte("hostilities ceasE"), 1))
	if out, errs := verify(3, "--fingerprint", "power="+words, "--fingerprint", "movement="+words); out != "" || !strings.Contains(errs, "altered") {
		t.Errorf("%s%s", out, errs)
	}
	spoil(append(raw, '\n'))
	verify(2)
	spoil(nil)
	verify(2)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	verify(5)
}

// Comparing a key is noted, and what it is worth is shown.
func TestComparingAKey(t *testing.T) {
	d := agreedDesk(t)
	if code, out, _ := d.run("key", "show"); code != 0 || !strings.Contains(out, "No confirmation key") {
		t.Fatal(out)
	}
	d.must("key", "give", "--party", "power", "--yes")
	var list []view.Key
	if err := json.Unmarshal([]byte(d.must("key", "show", "--json")), &list); err != nil || len(list) != 1 {
		t.Fatal(err, list)
	}
	words := list[0].Fingerprint.Words(12)
	compare := append([]string{"key", "compare", "power"}, words...)
	d.must(append(compare, "--with", "both", "--by", "in person")...)
	if out := d.must("record", "--kind", "attestation"); !strings.Contains(out, "in person") || !strings.Contains(out, words[0]) {
		t.Error(out)
	}
	words[11] = list[0].Fingerprint.Words(24)[13]
	if code, _, errs := d.run(append([]string{"key", "compare", "power"}, append(words, "--with", "both", "--by", "in person")...)...); code != 5 || !strings.Contains(errs, "--differs") {
		t.Errorf("%d %s", code, errs)
	}
	d.must(append(compare, "--with", "both", "--by", "by telephone", "--differs")...)
	if out := d.must("key", "show"); !strings.Contains(out, list[0].Fingerprint.String()) {
		t.Error(out)
	}
}

// [REC-42]: words that were read aloud must be those of the text that is echoed.
func TestEchoByTheWordsThatWereRead(t *testing.T) {
	d := newOneDesk(t, "both")
	d.must("party", "power", "--title", "Power")
	d.must("role", "both", "principal", "--party", "power")
	hash := func(days string) []string {
		t.Helper()
		d.must("propose", "truce", "--term", "ceasefire obligation debtor power \"hostilities cease\" period "+days+" days", "--needs", "power", "--party", "power")
		var s view.Standing
		if err := json.Unmarshal([]byte(d.must("standing", "--json")), &s); err != nil {
			t.Fatal(err)
		}
		return s.Packages[len(s.Packages)-1].Ref.Hash.Words(12)
	}
	one, two := strings.Join(hash("10"), " "), strings.Join(hash("20"), " ")
	if code, _, errs := d.run("act", "accept", "truce@2", "--words", one); code != 4 || !strings.Contains(errs, "another text") || !strings.Contains(errs, "ceasefire") {
		t.Errorf("%d %s", code, errs)
	}
	if code, _, errs := d.run("act", "accept", "truce@2", "--words", strings.ToUpper(two[:5])+one[5:]); code != 4 || !strings.Contains(errs, "nor of any text") {
		t.Errorf("%d %s", code, errs)
	}
	if code, _, _ := d.run("act", "accept", "truce@2", "--words", "these are no words"); code != 2 {
		t.Errorf("%d", code)
	}
	d.must("act", "accept", "truce@2", "--words", two)
	if out := d.must("record", "--kind", "act"); !strings.Contains(out, "accepted") {
		t.Error(out)
	}
}
