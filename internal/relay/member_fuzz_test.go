package relay

import (
	"strings"
	"testing"
)

// FuzzParseMember: what is read as a member's id is written as it came.
func FuzzParseMember(f *testing.F) {
	one := MemberID{0: 0xa1, 15: 0xff}.String()
	seeds := []string{"", one, strings.ToUpper(one), one[1:], one + "0", one + one, MemberID{}.String(), strings.Repeat("g", len(one)), " " + one, one + "\n", strings.Repeat("0", 1<<12)}
	for _, s := range seeds {
		f.Add(s)
	}
	taken := 0
	for _, s := range seeds {
		if _, err := ParseMember(s); err == nil {
			taken++
		}
	}
	if len(seeds) != 11 || taken != 2 {
		f.Fatalf("%d seeds, of which %d are ids; want 11 and 2", len(seeds), taken)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMember(s)
		switch {
		case err == nil && m.String() != s:
			t.Fatalf("%q is read as %s", s, m)
		case err != nil && m != (MemberID{}):
			t.Fatalf("%q is refused, and gives %s", s, m)
		}
	})
}
