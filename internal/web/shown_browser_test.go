package web

import (
	"strings"
	"testing"
)

// shownDesk opens a browser on the desks that show every page.
func shownDesk(t *testing.T) (*shownScreen, []shownPage) {
	t.Helper()
	desks := shownRoom(t)
	s := look(t, &phoned{fake: desks[0]})
	face, base := servePage(t, &phoned{fake: desks[1]})
	both := &shownScreen{screen: s, faces: [2]*Face{s.face, face}, bases: [2]string{s.base, base}}
	return both, shownPages(t, desks, both.faces)
}

// shownScreen is one browser before both desks.
type shownScreen struct {
	*screen
	faces [2]*Face
	bases [2]string
}

func (s *shownScreen) sit(at int) { s.face, s.base = s.faces[at], s.bases[at] }

// login lets the browser in at both.
func (s *shownScreen) login() {
	s.t.Helper()
	for _, at := range []int{1, 0} {
		s.sit(at)
		s.screen.login()
	}
}

// speak chooses a language at both.
func (s *shownScreen) speak(lang string) {
	s.t.Helper()
	for _, at := range []int{1, 0} {
		s.sit(at)
		s.screen.speak(lang)
	}
}

// show opens a page by its name. "look" is the second step of carrying in
// other words.
func (s *shownScreen) show(pages []shownPage, name string) {
	s.t.Helper()
	want := name
	if name == "look" {
		want = "carry"
	}
	for _, p := range pages {
		if p.Name != want {
			continue
		}
		s.sit(p.At)
		s.open(p.Path)
		if name == "look" {
			s.picked("to", "official")
			s.ticked("fidelity", "paraphrase")
			s.typed("text", "All 3 would use their weight. Nothing on paper before the captive is home.")
			s.press(`main form[method="post"] button`)
		}
		return
	}
	s.t.Fatalf("no page %s", name)
}

// home checks that nothing was asked of anybody but these two.
func (s *shownScreen) home() {
	s.t.Helper()
	s.mu.Lock()
	for i, a := range s.asked {
		if rest, ok := strings.CutPrefix(a, s.bases[1]); ok {
			s.asked[i] = s.bases[0] + rest
		}
	}
	s.mu.Unlock()
	s.sit(0)
	s.screen.home()
}
