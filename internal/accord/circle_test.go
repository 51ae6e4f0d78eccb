package accord

import (
	"slices"
	"testing"

	"backchannel/internal/record"
)

func TestACircleIsNamed(t *testing.T) {
	after := func(name record.Name, when Condition) Term {
		x := obligation(name, "power")
		x.When = when
		return x
	}
	on := func(n record.Name) Condition { return Condition{Term: n} }
	op := func(op string, of ...Condition) Condition { return Condition{Op: op, Of: of} }
	against := after("x", on("y"))
	against.Against = []record.Name{"y"}
	for name, c := range map[string]struct {
		terms []Term
		want  []record.Name
	}{
		"itself":            {[]Term{after("x", on("x"))}, []record.Name{"x"}},
		"two":               {[]Term{after("x", on("y")), after("y", on("x"))}, []record.Name{"x", "y"}},
		"three, from aside": {[]Term{after("w", on("x")), after("x", op("and", on("y"), Condition{Event: "go"})), after("y", on("z")), after("z", on("x"))}, []record.Name{"x", "y", "z"}},
		"a way out":         {[]Term{after("x", op("or", on("y"), Condition{Event: "go"})), after("y", on("x"))}, nil},
		"not":               {[]Term{after("x", op("not", on("y"))), after("y", on("x"))}, nil},
		"exchange":          {[]Term{against, obligation("y", "movement")}, nil},
		"a diamond":         {[]Term{after("w", op("and", on("x"), on("y"))), after("x", on("z")), after("y", on("z")), obligation("z", "power")}, nil},
		"what is not here":  {[]Term{after("x", on("elsewhere"))}, nil},
	} {
		if got := Circle(c.terms); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	var long []Term // as many as a package can have, each waiting for two others
	for i := range maxTerms {
		n := func(j int) record.Name { return record.Name([]byte{'a' + byte(j/26), 'a' + byte(j%26)}) }
		x := obligation(n(i), "power")
		if i+2 < maxTerms {
			x.When = op("and", on(n(i+1)), on(n(i+2)))
		}
		long = append(long, x)
	}
	if got := Circle(long); got != nil {
		t.Error(got)
	}
}
