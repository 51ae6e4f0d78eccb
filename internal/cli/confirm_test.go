package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// asked is a person at a terminal who gives answers in turn, and does
// something while he thinks.
type asked struct {
	answers []string
	think   func()
	times   int
}

func (c *asked) Present() bool                                  { return true }
func (c *asked) Secret(context.Context, string) ([]byte, error) { return []byte("secret"), nil }
func (c *asked) Ask(context.Context, string) (string, error) {
	c.times++
	if c.think != nil {
		c.think()
	}
	a := c.answers[0]
	if len(c.answers) > 1 {
		c.answers = c.answers[1:]
	}
	return a, nil
}

type unclosed struct{ desk.Handle }

func (unclosed) Close() error { return nil }

const twoDesks = `title "Two desks"
clock 2025-01-01 09:00 UTC
party north "The north"
person envoy "The envoy" of north as envoy
person go-between "The go-between" as go-between
desk envoy
desk go-between
line envoy to go-between
envoy: note n "quiet"
`

// table gives two desks in memory, and a way to run commands at the envoy's.
func table(t *testing.T, c Console) (*casefile.Memory, func(args ...string) (int, string, string)) {
	t.Helper()
	k, err := casefile.Parse("two.case", []byte(twoDesks))
	if err != nil {
		t.Fatal(err)
	}
	m := casefile.NewMemory(k)
	if err := casefile.NewPlayer(m, casefile.SeededIDs("cli")).Play(t.Context(), k, nil); err != nil {
		t.Fatal(err)
	}
	h, err := m.Desk("envoy")
	if err != nil {
		t.Fatal(err)
	}
	return m, func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		d := Deps{
			In: strings.NewReader(""), Out: &out, Err: &errs, Console: c, Now: time.Now, Zone: time.UTC,
			open: func() (closing, error) { return unclosed{h}, nil },
		}
		code := Run(context.Background(), args, d)
		return code, out.String(), errs.String()
	}
}

func messages(t *testing.T, m *casefile.Memory, keeper record.Name) (out []string) {
	t.Helper()
	if err := m.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, err := m.Desk(keeper)
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		if b, ok := it.Body.(record.Message); ok {
			out = append(out, b.Text)
		}
	}
	return out
}

func TestNothingLeavesWithoutAYes(t *testing.T) {
	for _, answer := range []string{"", "n", "no", "maybe", "yess"} {
		c := &asked{answers: []string{answer}}
		m, run := table(t, c)
		code, _, errs := run("say", "--to", "go-between", "hello")
		if code != 4 || c.times != 1 {
			t.Errorf("%q: exit code %d after %d questions", answer, code, c.times)
		}
		if !strings.Contains(errs, "hello") {
			t.Errorf("%q: the words were not shown before they were asked about:\n%s", answer, errs)
		}
		if got := append(messages(t, m, "envoy"), messages(t, m, "go-between")...); len(got) != 0 {
			t.Errorf("%q: stored or sent: %q", answer, got)
		}
	}
	for _, answer := range []string{"y", "Y", "yes"} {
		m, run := table(t, &asked{answers: []string{answer}})
		if code, _, errs := run("say", "--to", "go-between", "hello"); code != 0 {
			t.Errorf("%q: exit code %d: %s", answer, code, errs)
		}
		if got := messages(t, m, "go-between"); len(got) != 1 || got[0] != "hello" {
			t.Errorf("%q: arrived: %q", answer, got)
		}
	}
}

func TestWithoutATerminalAYesIsAFlag(t *testing.T) {
	m, run := table(t, terminal{})
	if code, _, errs := run("say", "--to", "go-between", "hello"); code != 4 || !strings.Contains(errs, "--yes") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if code, out, _ := run("say", "--to", "go-between", "--show", "hello"); code != 0 || !strings.Contains(out, "hello") {
		t.Errorf("exit code %d, shown: %s", code, out)
	}
	if got := messages(t, m, "envoy"); len(got) != 0 {
		t.Errorf("stored without a yes: %q", got)
	}
	if code, _, errs := run("say", "--to", "go-between", "--yes", "hello"); code != 0 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if got := messages(t, m, "go-between"); len(got) != 1 {
		t.Errorf("arrived: %q", got)
	}
}

// TestWhatIsSentIsWhatWasShown: while the person thinks, the record grows, so
// that the same command would send something else. It is shown again.
func TestWhatIsSentIsWhatWasShown(t *testing.T) {
	c := &asked{answers: []string{"y"}}
	m, run := table(t, c)
	h, err := m.Desk("envoy")
	if err != nil {
		t.Fatal(err)
	}
	c.think = func() {
		if c.times > 1 {
			return
		}
		// From now on a message about her brings her name along.
		_, err := h.Write(t.Context(), desk.Commit, record.Entry{Body: record.Person{Name: "courier", Title: "The courier"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	code, _, errs := run("say", "--to", "courier", "--through", "go-between", "hello")
	if code != 0 || c.times != 2 {
		t.Fatalf("exit code %d after %d questions: %s", code, c.times, errs)
	}
	if !strings.Contains(errs, "has changed meanwhile") || strings.Count(errs, "hello") != 2 {
		t.Errorf("it was not shown again:\n%s", errs)
	}
	if got := messages(t, m, "go-between"); len(got) != 1 {
		t.Errorf("arrived: %q", got)
	}
}

func TestWhatKeepsChangingIsNotSent(t *testing.T) {
	c := &asked{answers: []string{"y"}}
	m, run := table(t, c)
	h, err := m.Desk("envoy")
	if err != nil {
		t.Fatal(err)
	}
	c.think = func() {
		now, err := h.Clock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.SetClock(t.Context(), now+60_000); err != nil {
			t.Fatal(err)
		}
		title := strings.Repeat("very ", c.times) + "new"
		if _, err := h.Write(t.Context(), desk.Commit, record.Entry{Body: record.Person{Name: "go-between", Title: title}}); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errs := run("say", "--to", "go-between", "hello"); code != 4 || c.times != maxShown {
		t.Errorf("exit code %d after %d questions: %s", code, c.times, errs)
	}
	if got := messages(t, m, "go-between"); len(got) != 0 {
		t.Errorf("sent: %q", got)
	}
}

func TestInterruptEndsACommand(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var errs bytes.Buffer
	d := Deps{Out: &errs, Err: &errs, Console: terminal{}, Now: time.Now, Zone: time.UTC, open: func() (closing, error) { return nil, ctx.Err() }}
	if code := Run(ctx, []string{"record"}, d); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}

// TestThinkingForLongChangesNothing: only the clock goes on.
func TestThinkingForLongChangesNothing(t *testing.T) {
	c := &asked{answers: []string{"y"}}
	m, run := table(t, c)
	c.think = func() {
		if err := m.SetClock(t.Context(), record.At(time.Date(2025, 1, 2, 9, 0, 0, 0, time.UTC))); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, errs := run("say", "--to", "go-between", "hello"); code != 0 || c.times != 1 {
		t.Errorf("exit code %d after %d questions: %s", code, c.times, errs)
	}
	if got := messages(t, m, "go-between"); len(got) != 1 {
		t.Errorf("arrived: %q", got)
	}
}

// TestInterruptEndsAQuestion: a terminal's read cannot be called off, and the
// program ends all the same.
func TestInterruptEndsAQuestion(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	reading, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	go func() {
		<-reading
		cancel()
	}()
	_, err := interruptible(ctx, func() (string, error) {
		close(reading)
		<-never
		return "", nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
