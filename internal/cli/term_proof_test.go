package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/view"
)

// twoTerms makes a desk on which a package of two terms was agreed.
func twoTerms(t *testing.T) oneDesk {
	d := newOneDesk(t, "both")
	for _, party := range []string{"power", "movement"} {
		d.must("party", party, "--title", strings.ToUpper(party[:1])+party[1:])
		d.must("role", "both", "principal", "--party", party)
	}
	d.must("propose", "truce", "--term", `ceasefire obligation debtor power "hostilities cease" period 10 days against release`,
		"--term", `release obligation debtor movement "the secret captives go home"`, "--needs", "power,movement", "--party", "power")
	for _, party := range []string{"power", "movement"} {
		d.must("act", "accept", "truce@1", "--party", party)
		d.must("act", "echo", "truce@1", "--party", party)
	}
	return d
}

// TestVerifyTermOffline is [CONF-20] and [CONF-21]: it takes a yes that knows
// what it says, and is verified on a machine that has the file and the words,
// and no desk.
func TestVerifyTermOffline(t *testing.T) {
	d := twoTerms(t)
	file := filepath.Join(t.TempDir(), "ceasefire.term")
	prove := []string{"agreement", "term", "truce@1", "ceasefire", file, "--to", "family"}
	if code, _, errs := d.run(append(prove, "--yes")...); code != 4 || !strings.Contains(errs, "movement") {
		t.Fatalf("not confirmed: %d %s", code, errs)
	}
	d.must("confirm", "truce@1", "--party", "power", "--yes")
	d.must("confirm", "truce@1", "--party", "movement", "--yes")
	code, _, errs := d.run(prove...)
	if code != 4 || !strings.Contains(errs, "for ever") || !strings.Contains(errs, "learns of them: release") || !strings.Contains(errs, "confirmation of Power, and of nobody else") {
		t.Fatalf("%d %s", code, errs)
	}
	if out := d.must(append(prove, "--show")...); !strings.Contains(strings.ToLower(out), "hostilities cease") {
		t.Error(out)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Fatal("a file without a yes")
	}
	if out := d.must("record", "--kind", "disclosure"); !strings.Contains(out, "Nothing here") {
		t.Fatal("disclosed without a yes:", out)
	}
	d.must(append(prove, "--yes")...)
	if code, _, _ := d.run(append(prove, "--yes")...); code != 6 {
		t.Errorf("written over: %d", code)
	}
	// Made again, as after a crash, it was given once.
	again := file + "-again"
	d.must("agreement", "term", "truce@1", "ceasefire", again, "--to", "family", "--yes")
	one, err1 := os.ReadFile(file)
	two, err2 := os.ReadFile(again)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Error("the file is another each time", err1, err2)
	}
	if out := d.must("knows", "family"); strings.Count(out, "Learned") != 1 || !strings.Contains(out, "ceasefire") {
		t.Error(out)
	}
	if code, _, errs := d.run("verify-agreement", file); code != 2 || !strings.Contains(errs, "verify-term") {
		t.Errorf("the other kind of file: %d %s", code, errs)
	}
	whole := file + "-whole"
	d.must("agreement", "export", "truce@1", whole)
	if code, _, errs := d.run("verify-term", whole); code != 2 || !strings.Contains(errs, "verify-agreement") {
		t.Errorf("the other kind of file: %d %s", code, errs)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"secret", "movement", "truce", "both"} {
		if bytes.Contains(raw, []byte(hidden)) {
			t.Errorf("the file says %q", hidden)
		}
	}

	var list []view.Key
	if err := json.Unmarshal([]byte(d.must("key", "show", "--json")), &list); err != nil || len(list) != 2 {
		t.Fatal(err, list)
	}
	words := strings.Join(list[0].Fingerprint.Words(12), " ")
	other := list[0].Fingerprint
	other[0] ^= 0xff
	nobody := oneDesk{t: t}
	t.Setenv("HOME", filepath.Join(t.TempDir(), "nobody"))
	verify := func(want int, args ...string) (string, string) {
		t.Helper()
		code, out, errs := nobody.run(append([]string{"verify-term", file}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d, want %d\n%s%s", args, code, want, out, errs)
		}
		return out, errs
	}
	out, _ := verify(0, "--fingerprint", "power="+words)
	for _, part := range []string{"ceasefire, version 1", "hostilities cease", "10 days", "power confirms", "names other terms", "cannot say what else was agreed"} {
		if !strings.Contains(strings.ToLower(out), part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if out, errs := verify(4); strings.Contains(out, "whose words you gave") || !strings.Contains(errs, "nobody has vouched for the key of power") {
		t.Errorf("%s%s", out, errs)
	}
	if out, errs := verify(3, "--fingerprint", "power="+other.String()); !strings.Contains(out, "NOT the one") || !strings.Contains(errs, "power") {
		t.Errorf("%s%s", out, errs)
	}
	verify(2, "--fingerprint", "movement="+words)
	if out, _ := verify(0, "--json", "--fingerprint", "power="+words); !strings.Contains(out, `"proven": true`) {
		t.Error(out)
	}
	if out, _ := verify(4, "--json"); !strings.Contains(out, `"proven": false`) {
		t.Error(out)
	}
	for want, b := range map[int][]byte{3: bytes.Replace(raw, []byte("hostilities cease"), []byte("hostilities ceasE"), 1), 2: append(bytes.Clone(raw), '\n')} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, _ := verify(want, "--fingerprint", "power="+words); out != "" {
			t.Errorf("an altered file is shown: %s", out)
		}
	}
	if code, _, _ := nobody.run("verify-agreement", file); code != 2 {
		t.Errorf("taken for an agreement: %d", code)
	}
}
