package words

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// typeGroup gives the group of words for each type with fixed values.
var typeGroup = map[string][]string{
	"Position": {"position"}, "Rests": {"rests"}, "Verdict": {"verdict"}, "TermKind": {"sort"}, "Deed": {"deed"}, "Change": {"change"},
	"Fidelity": {"fidelity"}, "Form": {"form"}, "Step": {"step"}, "SpeechAct": {"speech"}, "Attribution": {"attribution"}, "Pass": {"pass"},
	"RoleKind": {"role"}, "Mandate": {"mandate"}, "EvidenceKind": {"evidence"}, "Kind": {"kind"}, "record.Kind": {"kind"},
	"AlarmKind": {"alarm-kind", "alarm"}, "Match": {"match"}, "TurnKind": {"turn-kind", "turn"}, "Pace": {"pace"}, "State": {"state"}, "Mark": {"mark"},
	"Footing": {"footing"}, "Reply": {"reply"}, "Mishap": {"mishap"}, "Remedy": {"remedy"}, "Stay": {"stay"}, "Policy": {"policy"}, "Occasion": {"occasion"},
	"Reach": {"reach"}, "Knowledge": {"knowledge"}, "ClaimSort": {"claim", "claim-line"}, "Part": {"part"}, "HintSort": {"hint-sort"},
	"Status": {"status"}, "Assessment": {"assessment"}, "Would": {"would"}, "SoundingState": {"sounding-state"},
	"Grounds": {"grounds"}, "Matter": {"matter"}, "Settled": {"settled"},
	"Strength": {"strength"}, "ProofState": {"proof"},
}

// TestEveryValueHasItsWord reads the core for the values of its types: each
// has a word, and each word of those groups has its value.
func TestEveryValueHasItsWord(t *testing.T) {
	have := catalogue(t)
	constant := regexp.MustCompile(`(?m)^\t\w+\s+([\w.]+)\s*=\s*"([^"]*)"`)
	used := map[string]bool{"kind.unknown": true, "alarm.since": true, "alarm.none": true, "turn.none": true, "proof.own": true}
	seen := map[string]bool{}
	for file, text := range sources(t) {
		if !strings.Contains(file, "/record/") && !strings.Contains(file, "/accord/") && !strings.Contains(file, "/view/") && !strings.Contains(file, "/circle/") {
			continue
		}
		for _, m := range constant.FindAllStringSubmatch(text, -1) {
			for _, group := range typeGroup[m[1]] {
				seen[m[1]] = true
				id := group + "." + m[2]
				switch {
				case id == "rests.", id == "state.", id == "mark.", id == "strength.":
					continue // nothing is said of nothing
				case id == "pass.":
					id = "pass.by-rule"
				}
				used[id] = true
				if have[id] == nil {
					t.Errorf("%s: %s %q has no word %s", file, m[1], m[2], id)
				}
			}
		}
	}
	for name := range typeGroup {
		if !seen[name] {
			t.Errorf("no value of the type %s was found: was it renamed?", name)
		}
	}
	fixed := slices.Concat(slices.Collect(maps.Values(typeGroup))...)
	for id := range have {
		if group, _, _ := strings.Cut(id, "."); slices.Contains(fixed, group) && !used[id] {
			t.Errorf("%s is the word for a value that there is not", id)
		}
	}
}

// TestEveryFactAndFieldHasItsWord does the same for the keys of facts and the
// fields of comparisons.
func TestEveryFactAndFieldHasItsWord(t *testing.T) {
	have := catalogue(t)
	key := regexp.MustCompile(`\b(?:a\.fact|add)\("([a-z-]+)"`)
	field := regexp.MustCompile(`(?m)(?:\{"|text\("|Field: "|compareRange\(")([a-z-]+)"`)
	used := map[string]bool{}
	for file, text := range sources(t) {
		switch {
		case strings.Contains(file, "/view/facts"):
			for _, m := range key.FindAllStringSubmatch(text, -1) {
				used["fact."+m[1]] = true
			}
		case strings.HasSuffix(file, "/accord/compare.go"):
			for _, m := range field.FindAllStringSubmatch(text, -1) {
				used["field."+m[1]] = true
				used["fact."+m[1]] = true // a comparison's facts are keyed by field
			}
		}
	}
	for _, ranged := range []string{"period", "quantity"} {
		used["fact."+ranged+"-values"], used["fact."+ranged+"-by"] = true, ranged == "period"
	}
	if len(used) < 60 {
		t.Fatalf("only %d keys were found", len(used))
	}
	for id := range used {
		if used[id] && have[id] == nil && have["field."+strings.TrimPrefix(id, "fact.")] == nil {
			t.Errorf("no word %s", id)
		}
	}
	for id := range have {
		if (strings.HasPrefix(id, "fact.") || strings.HasPrefix(id, "field.")) && !used[id] {
			t.Errorf("%s is the word for something that is never said", id)
		}
	}
}
