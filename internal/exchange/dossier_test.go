package exchange

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// twoAccounts is a record with two accounts that contradict each other, one of them
// given to the envoy, and a message that bears on both.
func twoAccounts(t *testing.T) (r *record.Record, message, mine, theirs keys.ID) {
	t.Helper()
	r = record.New("go-between")
	var n byte
	put := func(e record.Entry) keys.ID {
		n++
		e.ID, e.By, e.At = keys.ID{0: 5, 15: n}, "go-between", 1_700_000_000_000+record.Instant(n)
		if _, err := r.Add(circle.Codec(), record.Item{Entry: e, Known: e.At, Came: record.ByHand()}); err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	both := []record.Name{"envoy"}
	put(record.Entry{Audience: both, Body: record.Person{Name: "minister", Title: "The minister"}})
	message = put(record.Entry{Audience: both, Body: record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "<b>Seventy</b> days."}})
	claim := circle.Claim{Sort: circle.ClaimSaid, Who: "go-between", On: record.Ref{Entry: message}}
	mine = put(record.Entry{Audience: both, Body: circle.Account{Source: circle.Source{Name: "minister"}, Where: "a daily", Claims: []circle.Claim{claim}}})
	claim.Not = true
	theirs = put(record.Entry{Body: circle.Account{Source: circle.Source{Role: "a clerk"}, Text: "kept-apart", Claims: []circle.Claim{claim}}})
	return r, message, mine, theirs
}

func dossier(t *testing.T, r *record.Record, reader record.Name) Dossier {
	t.Helper()
	d, err := MakeDossier(view.Of(r.For(reader, record.AsOf{}), 1_800_000_000_000))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestLaw5_ADossierHoldsWhatItsReaderWasGiven is [CIR-54]: the keeper's has two
// accounts, disputed; the envoy's one, with nobody against it.
func TestLaw5_ADossierHoldsWhatItsReaderWasGiven(t *testing.T) {
	r, message, mine, theirs := twoAccounts(t)
	own := dossier(t, r, "go-between")
	if len(own.Accounts) != 2 || !own.Accounts[0].Claims[0].Disputed || !slices.Equal(own.Accounts[0].Claims[0].Rivals, []keys.ID{theirs}) {
		t.Errorf("%+v", own.Accounts)
	}
	d := dossier(t, r, "envoy")
	if len(d.Accounts) != 1 || d.Accounts[0].Entry != mine || d.Accounts[0].Claims[0].Disputed || !slices.Equal(d.Accounts[0].Claims[0].For, []keys.ID{message}) {
		t.Errorf("%+v", d.Accounts)
	}
	for reader, raw := range map[record.Name][]byte{"go-between": encoded(t, own), "envoy": encoded(t, d)} {
		if err := validateBy(t, schemas()["dossier.schema.json"], raw); err != nil {
			t.Errorf("the dossier for %s: %v", reader, err)
		}
	}
	if raw := string(encoded(t, d)); strings.Contains(raw, "kept-apart") || strings.Contains(raw, theirs.String()) || strings.Contains(raw, "clerk") {
		t.Errorf("the envoy is shown what he was not given: %s", raw)
	}
	if _, err := MakeDossier(view.Of(r.For("stranger", record.AsOf{}), 1_800_000_000_000)); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

// TestLaw8_ADossierGivesNoVerdict: counts, entries and bearings, and no word on
// who is right.
func TestLaw8_ADossierGivesNoVerdict(t *testing.T) {
	r, _, _, _ := twoAccounts(t)
	d := dossier(t, r, "go-between")
	if len(d.People) != 2 || d.People[0].Who != "go-between" || len(d.People[0].Spoke) != 1 || d.People[1].Who != "minister" || d.People[1].Spoke != nil || len(d.Paths) != 1 || d.Paths[0].Messages != 1 {
		t.Errorf("%+v %+v", d.People, d.Paths)
	}
	for _, verdict := range []string{"true,", "lie", "wrong", "right", "verdict", "score"} {
		if raw := strings.ReplaceAll(string(encoded(t, d)), `"not":true`, ""); strings.Contains(strings.ReplaceAll(raw, `"disputed":true`, ""), verdict) {
			t.Errorf("it says %q", verdict)
		}
	}
}

func encoded(t *testing.T, d Dossier) []byte {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
