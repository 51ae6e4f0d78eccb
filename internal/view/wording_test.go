package view

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func sides(list []Run) (left, right string) {
	for _, r := range list {
		if r.Where != InRight {
			left += r.Text
		}
		if r.Where != InLeft {
			right += r.Text
		}
	}
	return left, right
}

func TestWording(t *testing.T) {
	shown := func(list []Run) string {
		var b strings.Builder
		for _, r := range list {
			b.WriteString(map[Where]string{InBoth: "=", InLeft: "-", InRight: "+"}[r.Where] + strings.TrimSpace(r.Text) + "|")
		}
		return b.String()
	}
	for _, c := range []struct{ left, right, want string }{
		{"", "", ""},
		{"seventy days", "seventy days", "=seventy days|"},
		{"", "new words", "+new words|"},
		{"old words", "", "-old words|"},
		{"we would push for seventy days", "we will push for ninety days", "=we|-would|+will|=push for|-seventy|+ninety|=days|"},
		{"a b c", "b c d", "-a|=b c|+d|"},
		{"سبعون يوما فقط", "تسعون يوما فقط", "-سبعون|+تسعون|=يوما فقط|"},
		{"我们愿意谈", "我们不愿意谈", "=我们|+不|=愿意谈|"},
	} {
		if got := shown(Wording(c.left, c.right)); got != c.want {
			t.Errorf("%q / %q: %s, want %s", c.left, c.right, got, c.want)
		}
	}
}

// Nothing of either text is lost or made up, and the common words are as many
// as can be.
func TestWordingKeepsBothTexts(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	text := func() string {
		var w []string
		for range r.IntN(12) {
			w = append(w, string(rune('a'+r.IntN(4))))
		}
		return strings.Join(w, " ")
	}
	for range 3000 {
		a, b := text(), text()
		runs := Wording(a, b)
		left, right := sides(runs)
		if strings.Join(strings.Fields(left), " ") != a || strings.Join(strings.Fields(right), " ") != b {
			t.Fatalf("seed %d: %q / %q gives %q / %q: %v", seed, a, b, left, right, runs)
		}
		same := 0
		for _, x := range runs {
			if x.Where == InBoth {
				same += len(strings.Fields(x.Text))
			}
		}
		if want := longest(strings.Fields(a), strings.Fields(b)); same != want {
			t.Fatalf("seed %d: %q / %q keeps %d, want %d", seed, a, b, same, want)
		}
	}
	big := strings.Repeat("x ", 3000) + "end"
	other := "start " + strings.Repeat("y ", 3000) + "end"
	if left, right := sides(Wording(big, other)); left != big || right != other {
		t.Fatal("a text that differs in everything was lost")
	}
}

func longest(a, b []string) int {
	at := make([][]int, len(a)+1)
	for i := range at {
		at[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			at[i][j] = max(at[i+1][j], at[i][j+1])
			if a[i] == b[j] {
				at[i][j] = at[i+1][j+1] + 1
			}
		}
	}
	return at[0][0]
}

func TestNearly(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"An envoy of the president would be received in the capital.", "an envoy, of the President, would be received in their capital", true},
		{"An envoy of the president would be received in the capital.", "Nobody will be received before the shooting ends.", false},
		{"yes we do", "yes we do", false}, // too short to tell
		{"", "", false},
		{"one two three four five", "one two three four five", true},
		{"one two three four five six seven", "one two three four five eight nine ten eleven twelve", false},
		{"the the the the the the", "the a b c d e", false}, // a word counts as often as it stands in both
	} {
		if got := nearly(vocabulary(c.a), vocabulary(c.b)); got != c.want {
			t.Errorf("%q / %q: %v", c.a, c.b, got)
		}
	}
}
