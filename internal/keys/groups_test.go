package keys

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

// Whatever is written in groups reads back, however it was typed. [INVITE-11]
func TestGroupsReadBackHoweverTheyAreTyped(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for n := range 300 {
		b := make([]byte, n%97)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		g := Groups(b)
		slips := strings.NewReplacer("0", "o", "1", []string{"i", "L", "l", "I"}[n%4])
		for _, text := range []string{
			strings.Join(g, " "), strings.Join(g, ""), strings.ToLower(strings.Join(g, "-")), "\n" + strings.Join(g, ",\r\n\t"),
			slips.Replace(strings.Join(g, " ")),
		} {
			got, err := ParseGroups(text)
			if err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%q: %x, %v", text, got, err)
			}
		}
	}
}

// Every single wrong character, every two that were swapped, every two groups
// that were, and a group that is missing or too many are found, and the first
// group that is wrong is named. [INVITE-12]
func TestGroupsNameTheOneThatIsWrong(t *testing.T) {
	g := Groups([]byte("what is to be typed by hand, with some care"))
	at := func(groups []string) int {
		_, err := ParseGroups(strings.Join(groups, " "))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Malformed {
			t.Fatalf("%v: %v", groups, err)
		}
		if !strings.HasPrefix(f.ID, "keys.group") || strings.HasPrefix(f.ID, "keys.groups") {
			return 0
		}
		return f.Says.Args[0].(int)
	}
	tried := 0
	for i := range g {
		for k := range groupSize {
			for _, c := range groupDigits + "U?" {
				if byte(c) == g[i][k] {
					continue
				}
				bad := slices.Clone(g)
				bad[i] = bad[i][:k] + string(c) + bad[i][k+1:]
				if got := at(bad); got != i+1 {
					t.Fatalf("group %d altered to %s: group %d is named", i+1, bad[i], got)
				}
				tried++
			}
			if k > 0 && g[i][k] != g[i][k-1] {
				bad := slices.Clone(g)
				bad[i] = bad[i][:k-1] + string(g[i][k]) + string(g[i][k-1]) + bad[i][k+1:]
				if got := at(bad); got != i+1 {
					t.Fatalf("%s for %s: group %d is named", bad[i], g[i], got)
				}
			}
		}
		if short := slices.Clone(g); true {
			short[i] = short[i][:4]
			if got := at(short); got != i+1 {
				t.Fatalf("a short group %d: %d", i+1, got)
			}
		}
		if i > 0 {
			bad := slices.Clone(g)
			bad[i], bad[i-1] = bad[i-1], bad[i]
			if got := at(bad); got != i {
				t.Fatalf("groups %d and %d swapped: %d", i, i+1, got)
			}
		}
		if missing := slices.Delete(slices.Clone(g), i, i+1); i < len(g)-1 {
			if got := at(missing); got != i+1 {
				t.Fatalf("group %d is missing: %d", i+1, got)
			}
		} else if at(missing) != 0 {
			t.Fatal("the last group is missing")
		}
	}
	if at(append(slices.Clone(g), g[0])) != len(g)+1 || at(nil) != 0 || tried < 1000 {
		t.Fatal("too many, or none")
	}
	if _, err := ParseGroups(strings.Repeat("0", maxGroups+1)); !fault.Is(err, fault.Limit) {
		t.Error(err)
	}
	if _, err := ParseGroups(strings.Repeat("0", maxGroups)); !fault.Is(err, fault.Malformed) {
		t.Error(err)
	}
}

// Groups that each read, and do not belong together. [INVITE-12]
func TestGroupsOfTwoTextsDoNotMix(t *testing.T) {
	x, y := Groups([]byte("the one text of a kind")), Groups([]byte("the two text of a kind"))
	mixed := append(slices.Clone(x[:len(x)/2]), y[len(x)/2:]...)
	_, err := ParseGroups(strings.Join(mixed, " "))
	var f *fault.Error
	if slices.Equal(mixed, x) || slices.Equal(mixed, y) || !errors.As(err, &f) || f.ID != "keys.groups-sum" {
		t.Fatal(err)
	}
}

func FuzzParseGroups(f *testing.F) {
	f.Add(strings.Join(Groups([]byte("seed")), " "))
	f.Add("")
	f.Add("0000O 1IL10")
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := ParseGroups(text); err == nil {
			if again, err := ParseGroups(strings.Join(Groups(b), "")); err != nil || !bytes.Equal(again, b) {
				t.Fatal("does not come back")
			}
		}
	})
}
