package desk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// put is two desks on a fake clock, of which one is put back to an older copy.
type put struct {
	t          *testing.T
	rel        *relaytest.Relay
	a, b       *Desk
	adir, bdir string
}

func putStage(t *testing.T) *put {
	table := relay.NewTimetable("put", time.Now(), lawPeriod)
	table.Capacity, table.JoinEvery = 8, 4
	rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4})
	s := &put{t: t, rel: rel}
	s.a, s.adir = openIn(t, memoryDir(t), "go-between", Options{Dial: rel.Dial})
	s.b, s.bdir = openIn(t, memoryDir(t), "envoy", Options{Dial: rel.Dial})
	for i, d := range []*Desk{s.a, s.b} {
		if err := d.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[i]); err != nil {
			t.Fatal(err)
		}
	}
	s.open()
	return s
}

func (s *put) open() {
	s.t.Helper()
	inv, err := s.a.Invite(s.t.Context(), InviteOrder{For: "envoy"})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.b.Join(s.t.Context(), inv, "go-between"); err != nil {
		s.t.Fatal(err)
	}
	s.until("the line opens", func() bool { return isOpen(s.a, "envoy") && isOpen(s.b, "go-between") })
	s.compared()
}

func (s *put) compared() {
	s.t.Helper()
	for d, who := range map[*Desk]record.Name{s.a: "envoy", s.b: "go-between"} {
		if err := d.Compared(s.t.Context(), who, true); err != nil {
			s.t.Fatal(err)
		}
	}
}

// until lets ticks pass, on the fake clock.
func (s *put) until(what string, ok func() bool) {
	s.t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(lawPeriod)
	}
	s.t.Fatal("not within 600 ticks:", what)
}

func (s *put) say(d *Desk, to record.Name, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if _, err := d.Write(s.t.Context(), Commit, say(d, to, text)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *put) quiet() bool {
	for _, d := range []*Desk{s.a, s.b} {
		for _, l := range d.post.lines() {
			if l.Queued > 0 {
				return false
			}
		}
	}
	return true
}

func (s *put) notes(d *Desk, part string) (n int) {
	r, err := d.Record(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, it := range r.Known() {
		if m, ok := it.Body.(record.Note); ok && strings.Contains(m.Text, part) {
			n++
		}
	}
	return n
}

func (s *put) all(d *Desk) (out []string) {
	r, err := d.Record(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, it := range r.Known() {
		if m, ok := it.Body.(record.Note); ok {
			out = append(out, m.Text)
		}
	}
	return out
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(from, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.Type().IsRegular() == e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(from, p)
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(p)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, rel), b, 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLaw6_VaultPutBackGetsWhatItLost: a vault is put back past an epoch. Both
// desks say so, the line is repaired when both keepers have compared words, and
// then what the vault had received comes again, once; what it had said in
// between is a gap that is told, and no number is given twice. [REC-90]
// [REC-91] [REC-92]
func TestLaw6_VaultPutBackGetsWhatItLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := putStage(t)
		s.say(s.a, "envoy", "a1", "a2")
		s.say(s.b, "go-between", "b1")
		s.until("the first talk", s.quiet)
		if err := s.a.Close(); err != nil {
			t.Fatal(err)
		}
		backup := s.adir + "-backup"
		copyDir(t, s.adir, backup)
		s.a = reopen(t, s.adir, Options{Dial: s.rel.Dial})
		// Past two epochs: what came before, it reads again from the relay's slates.
		time.Sleep(40 * lawPeriod)
		s.say(s.a, "envoy", "a3", "a4")
		s.say(s.b, "go-between", "b2", "b3")
		s.until("the lost talk", func() bool {
			return s.quiet() && len(texts(t, s.a, "envoy")) == 3 && len(texts(t, s.b, "go-between")) == 4
		})
		time.Sleep(40 * lawPeriod)
		if err := s.a.Close(); err != nil {
			t.Fatal(err)
		}
		copyDir(t, backup, s.adir)
		s.a = reopen(t, s.adir, Options{Dial: s.rel.Dial})
		s.say(s.b, "go-between", "b4")
		s.until("words to compare at both desks", func() bool {
			la, lb := s.a.post.lines(), s.b.post.lines()
			return la[0].Renewed && lb[0].Renewed && slices.Equal(la[0].Words, lb[0].Words)
		})
		if s.notes(s.a, "does not know of") != 1 || s.notes(s.a, "too old for the line to envoy") != 1 || s.notes(s.b, "put back to an older copy") != 1 {
			t.Fatal("not said")
		}
		if got := texts(t, s.a, "envoy"); len(got) != 1 {
			t.Fatalf("before the words were compared: %q", got)
		}
		s.compared()
		s.until("all of it", func() bool { return len(texts(t, s.a, "envoy")) == 4 })
		s.until("quiet", s.quiet)
		s.say(s.a, "envoy", "a5")
		s.until("a5", func() bool { return len(texts(t, s.b, "go-between")) == 5 })
		time.Sleep(20 * lawPeriod)
		got := texts(t, s.a, "envoy")
		slices.Sort(got)
		if fmt.Sprint(got) != "[b1 b2 b3 b4]" || fmt.Sprint(texts(t, s.b, "go-between")) != "[a1 a2 a3 a4 a5]" {
			t.Fatalf("%q %q", got, texts(t, s.b, "go-between"))
		}
		if s.notes(s.a, "are not in it") != 1 || s.notes(s.b, "sent again, up to number") != 1 {
			t.Fatalf("the gap, or the resending, is not told once: %v; %v", s.all(s.a), s.all(s.b))
		}
		r, err := s.b.Record(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen := map[uint64]bool{}
		for _, it := range r.Known() {
			if n := it.Came.Number(); n > 0 {
				if seen[n] {
					t.Fatalf("number %d came twice", n)
				}
				seen[n] = true
			}
		}
		s.a.Close()
		s.b.Close()
		for _, dir := range []string{s.adir, s.bdir} {
			rep, err := Verify(dir, pass, nil)
			if err != nil {
				t.Fatalf("%s: %+v %v", dir, rep, err)
			}
		}
	})
}

// TestLaw6_HungUpIsSentOverTheNextLine: what was not acknowledged when a line
// was hung up goes over the next line to the same person, once words were
// compared, and not before.
func TestLaw6_HungUpIsSentOverTheNextLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := putStage(t)
		s.say(s.a, "envoy", "a1")
		s.until("a1", func() bool { return len(texts(t, s.b, "go-between")) == 1 && s.quiet() })
		s.say(s.a, "envoy", "a2", "a3")
		if err := s.a.Hangup(t.Context(), "envoy"); err != nil {
			t.Fatal(err)
		}
		if err := s.b.Hangup(t.Context(), "go-between"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * lawPeriod)
		inv, err := s.a.Invite(t.Context(), InviteOrder{For: "envoy"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.b.Join(t.Context(), inv, "go-between"); err != nil {
			t.Fatal(err)
		}
		s.until("the line opens", func() bool { return isOpen(s.a, "envoy") && isOpen(s.b, "go-between") })
		time.Sleep(40 * lawPeriod)
		if got := texts(t, s.b, "go-between"); len(got) > 1 {
			t.Fatalf("sent to somebody with whom no words were compared: %q", got)
		}
		s.compared()
		s.until("the rest", func() bool { return len(texts(t, s.b, "go-between")) == 3 })
		time.Sleep(20 * lawPeriod)
		if got := texts(t, s.b, "go-between"); fmt.Sprint(got) != "[a1 a2 a3]" {
			t.Fatalf("%q", got)
		}
	})
}
