package web

import (
	"net/url"
	"strconv"

	"backchannel/internal/record"
)

// slide is one clock that can be moved along the moments of the record, from
// its first to now. It is a field of a form: without scripts it is moved, and
// the form sent.
type slide struct {
	Name  string // "stood" or "knew"
	Label string
	At    int
	Most  int    // now
	Said  string // where it stands, in words
	First string
}

const (
	slideSteps  = 120 // as many as a finger can tell apart
	slideLayout = "2006-01-02T15:04"
)

// moments gives moments of the record along one of the clocks, the earliest
// first: all of them, or as many as a slide has steps.
func (c *call) moments(clock string) []record.Instant {
	n := c.all.Len()
	var out []record.Instant
	for i := range min(n, slideSteps) {
		at := i * n / min(n, slideSteps)
		when := c.all.At(at).Known
		if clock == "stood" {
			seen := c.all.At(c.all.Nth(at))
			when = seen.When()
		}
		when -= when % 60_000 // a picker gives whole minutes
		if len(out) == 0 || when > out[len(out)-1] {
			out = append(out, when)
		}
	}
	return out
}

// slid reads the clocks of a form that has slides beside its fields. A slide
// that was moved says more than the field, which still shows where it was.
func (c *call) slid(q url.Values) url.Values {
	out := url.Values{"stood": {q.Get("stood")}, "knew": {q.Get("knew")}}
	for _, name := range []string{"stood", "knew"} {
		to, err := strconv.Atoi(record.Digits(q.Get(name + "-slide")))
		if err != nil || q.Get(name+"-slide") == q.Get(name+"-was") {
			continue
		}
		out.Set(name, "")
		if at := c.moments(name); to >= 0 && to < len(at) {
			out.Set(name, at[to].Time().Format(slideLayout))
		}
	}
	return out
}

// slides gives both clocks as they stand.
func (c *call) slides(at record.AsOf) []slide {
	var out []slide
	for _, k := range []struct {
		name string
		at   record.Instant
	}{{"stood", at.Stood}, {"knew", at.Knew}} {
		list := c.moments(k.name)
		if len(list) == 0 {
			return nil
		}
		s := slide{Name: k.name, Label: c.t("web.slide." + k.name), At: len(list), Most: len(list), Said: c.t("web.slide.now"), First: c.f.book.Instant(list[0])}
		if k.at != 0 {
			s.At, s.Said = 0, c.f.book.Instant(k.at-k.at%60_000)
			for i, when := range list {
				if when <= k.at {
					s.At = i
				}
			}
		}
		out = append(out, s)
	}
	return out
}
