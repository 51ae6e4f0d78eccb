package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

// completed gives the ids that the code makes of a value, by what comes before
// the value.
func completed() map[string][]string {
	out := map[string][]string{}
	add := func(prefix, suffix string, values ...string) {
		for _, v := range values {
			out[prefix] = append(out[prefix], prefix+v+suffix)
		}
	}
	positions := []string{
		string(accord.Floated), string(accord.Proposed), string(accord.Accepted), string(accord.Rejected), string(accord.Denied), string(accord.Withdrawn), "echo",
	}
	add("web.did.", "", positions...)
	add("web.act-name.", "", positions...)
	add("web.act.", "-hint", positions...)
	add("web.term.", "-hint", string(accord.Obligation), string(accord.Gesture), string(accord.Expectation), string(accord.Guarantee))
	add("web.fidelity.", "-hint", string(record.Verbatim), string(record.Translation), string(record.Paraphrase), string(record.OwnView))
	add("web.deed.", "-hint", string(accord.Announced), string(accord.Done), string(accord.Claimed), string(accord.Verified), string(accord.Alleged), string(accord.Found),
		string(accord.Suspended), string(accord.Resumed), string(accord.Discharged), string(accord.Met), string(accord.Unmet), string(accord.Triggered), string(accord.Answered))
	add("web.may.", "-hint", string(record.MaySpeak), string(record.MayOffer), string(record.MayBind))
	add("web.rule.", "", "ask-first", "unless-marked")
	add("web.read-out.as-", "", string(record.Verbatim), string(record.Translation), string(record.Paraphrase), string(record.OwnView), string(record.Hearsay), string(record.Sealed))
	add("web.sealed.make-", "", "key", "pouch", "secret", "yes", "sign")
	add("web.sealed.make-", "-hint", "key", "pouch", "secret", "yes", "sign")
	add("web.sealed.how-", "", "in-person", "voice", "secret", "sign")
	add("web.sealed.got-", "", "need", "need-yes", "opened")
	add("web.line.", "", string(desk.Invited), string(desk.Opened), string(desk.Stopped))
	add("web.turn.", "", string(circle.Waiting), string(circle.OnHold), string(circle.Next), string(circle.WasTold), string(circle.HasAcknowledged))
	add("web.note.", "", "begun", "send", "told", "not-reached", "acknowledged")
	for _, hint := range []string{"", "-hint"} {
		add("web.export.what.", hint, "standing", "text", "sheet", "record", "whole")
		add("web.export.as.", hint, "page", "file", "word")
	}
	add("web.slide.", "", "stood", "knew")
	add("web.relay.hidden-", "", "words", "whom", "whether", "length")
	add("web.relay.shown-", "", "member", "among", "same-week", "provider", "screen", "court")
	return out
}

var textID = regexp.MustCompile(`"(web\.[a-z0-9.-]+)"`)

// TestEveryTextIsThere: a text that the page uses and the catalogue lacks
// fails, and so does one that the catalogue has and nothing uses.
func TestEveryTextIsThere(t *testing.T) {
	used := map[string]bool{}
	made := completed()
	var prefixes []string
	for p, ids := range made {
		prefixes = append(prefixes, p)
		for _, id := range ids {
			used[id] = true
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".html" {
			return err
		}
		b, err := os.ReadFile(path)
		for line := range strings.SplitSeq(string(b), "\n") {
			if strings.Contains(line, "fault.New(") || strings.Contains(line, "fault.Wrap(") || strings.Contains(line, "refuse(") || strings.Contains(line, "isFault(") {
				continue // ids of faults, which bring their own text
			}
			for _, m := range textID.FindAllStringSubmatch(line, -1) {
				id := m[1]
				switch {
				case slices.Contains(prefixes, id):
				case id == "web.fault." || id == "web.hint." || id == "web.":
				default:
					used[id] = true
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(used) < 100 {
		t.Fatalf("only %d texts were found in the source", len(used))
	}
	var file map[string]any
	if _, err := toml.DecodeFile("../words/en/web.toml", &file); err != nil {
		t.Fatal(err)
	}
	book := words.Open("en")
	for id := range used {
		if !book.Has(id) {
			t.Errorf("%s is used, and is not in the catalogue", id)
		}
	}
	for id := range file {
		if !used[id] && !strings.HasPrefix(id, "web.fault.") && !strings.HasPrefix(id, "web.hint.") {
			t.Errorf("%s is in the catalogue, and nothing uses it", id)
		}
	}
}
