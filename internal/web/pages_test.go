package web

import (
	"os"
	"testing"
)

func TestPages(t *testing.T) {
	b := open(t, rivalCase(t).desks["go-between"])
	for _, p := range []string{"/", "/record", "/standing", "/terms", "/lines", "/relay", "/write", "/log", "/term", "/propose", "/person", "/party", "/clock"} {
		a := b.get(p)
		a.wants(t, 200)
		if os.Getenv("SHOW") != "" {
			t.Log(p, a.text())
		}
	}
}
