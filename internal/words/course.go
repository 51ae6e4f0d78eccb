package words

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/view"
)

// Performance gives how far each term has come, as text: what is owed now
// first.
func (b *Book) Performance(v *view.View, list []view.Performed) string {
	if len(list) == 0 {
		return b.T("course.none") + "\n"
	}
	var out strings.Builder
	for i, p := range list {
		if i > 0 {
			out.WriteString("\n")
		}
		for k, s := range b.Performed(v, p) {
			if k > 0 {
				s = "  " + s
			}
			out.WriteString(s + "\n")
		}
	}
	return out.String()
}

// Performed gives how far one term has come, a line each. The first says which
// term it is and its state.
func (b *Book) Performed(v *view.View, p view.Performed) []string {
	out := []string{b.T("course.head", "On", b.Ref(v, p.Term.Ref), "State", b.State(p.Course)), capital(b.Term(v, p.Term.Term))}
	return append(out, b.CourseLines(v, p)...)
}

// State gives the state of a term, for one that has none: that it is not agreed.
func (b *Book) State(c accord.Course) string {
	if c.State == accord.NoState {
		return b.T("course.no-state")
	}
	return b.Word(c.State)
}

// CourseLines says what there is to say of the state of a term: who owes it
// now, until when, what it waits for, how much of it is done, and what was
// stated and does not count.
func (b *Book) CourseLines(v *view.View, p view.Performed) []string {
	c := p.Course
	var out []string
	add := func(say bool, id string, args ...any) {
		if say {
			out = append(out, b.T(id, args...))
		}
	}
	add(p.Owed, "course.owed", "Who", b.Name(v, p.Term.Term.Debtor))
	add(c.Deadline != 0, "course.deadline", "When", b.Instant(c.Deadline))
	add(c.Late, "course.late")
	add(c.Ends != 0, "course.ends", "When", b.Instant(c.Ends))
	add(c.MayEnd != 0, "course.may-end", "When", b.Instant(c.MayEnd))
	add(c.Paused != 0, "course.paused", "Span", b.Duration(c.Paused))
	add(len(c.Waits) > 0, "course.waits", "What", strings.Join(c.Waits, "; "))
	add(c.Since != 0 && c.State != accord.NoState, "course.since", "When", b.Instant(c.Since))
	add(c.By != "", "course.moved", "Who", b.Name(v, c.By), "Rests", b.Word(c.Rests))
	add(c.Reported != "", "course.reported", "State", b.Word(c.Reported), "Who", b.Names(v, c.ReportedBy))
	add(c.Partial, "course.partial")
	for _, s := range c.Shares {
		out = append(out, b.T("course.share", "Asked", b.Range(s.Asked), "Claimed", b.Number(strconv.FormatInt(s.Claimed, 10)), "Verified", b.Number(strconv.FormatInt(s.Verified, 10))))
	}
	for _, s := range c.Persons {
		id := "course.person-open"
		if s.Verified {
			id = "course.person-verified"
		} else if s.Claimed {
			id = "course.person-claimed"
		}
		out = append(out, b.T(id, "Who", b.Name(v, s.Name)))
	}
	for _, t := range c.Told {
		add(t.Why != accord.Counted, "course.does-not-count", "Who", b.Name(v, t.Logged), "Deed", b.Word(t.Deed), "Why", b.Word(t.Why))
	}
	return out
}
