package compare

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// pair is two ends with a record that differs in one entry, asked and
// answered, and nothing shown.
func pair(t *testing.T) (*end, *end) {
	w := straight(t, 3)
	a, b := w.ends("go-between", "envoy")
	id := message(b.r, "envoy", 2).ID
	b.r = doctored(t, b.r, func(_ int, it *record.Item) bool {
		if it.ID == id {
			m := it.Body.(record.Message)
			m.Text = "something else"
			it.Body = m
		}
		return true
	})
	begin(t, a, b)
	return a, b
}

// next carries one message, and gives it.
func next(t *testing.T, from, to *end) Message {
	t.Helper()
	if len(from.sent) == 0 {
		t.Fatal("nothing is sent")
	}
	m := from.sent[0]
	from.sent = from.sent[1:]
	to.take(t, m)
	to.advance(t)
	return m
}

// CMP-12: until both have consented, nothing that goes over the line depends
// on what is in the records but for how much the other acknowledged.
func TestNothingIsShownBeforeConsent(t *testing.T) {
	var asks [][]byte
	for _, text := range []string{"one", "two"} {
		drawn = 0
		w := newWorld(t)
		w.write("go-between", say("go-between", "envoy", text))
		a, b := w.ends("go-between", "envoy")
		run, m, err := Ask(a.context(), 1, Life, secrets())
		if err != nil {
			t.Fatal(err)
		}
		a.run = run
		raw, _ := m.Encode()
		asks = append(asks, raw)
		b.take(t, m)
		b.advance(t)
		_, no, err := b.run.End()
		if err != nil || no.Step != StepDecline || fmt.Sprint(no) != fmt.Sprint(Message{Step: StepDecline, Run: m.Run}) {
			t.Fatal("declining says more than no", no, err)
		}
		a.take(t, no)
		if a.run.Phase != Declined || a.got != nil || !a.run.Mine.IsZero() {
			t.Fatal(a.run)
		}
	}
	if !bytes.Equal(asks[0], asks[1]) {
		t.Fatal("an ask tells of the record")
	}
}

// CMP-20: the asked commits before he sees anything, and the commitment hides.
func TestTheAskedCommitsBeforeHeSees(t *testing.T) {
	a, b := pair(t)
	commit := b.sent[0]
	if commit.Step != StepCommit || len(commit.Pages)+len(commit.Leaves) > 0 {
		t.Fatal("he shows something", commit)
	}
	other := b.run
	other.Salt = keys.Hash{1}
	sheets, _ := other.sheets(b.context())
	if commitment(other.key(), other.Salt, pages(other.key(), sheets)) == commit.Commit {
		t.Fatal("without the salt, a guess at the record could be checked")
	}
	settle(t, a, b)
	finding(t, *a.got, false, record.Differs, 2)
}

// CMP-21: an asked who shows something else than what he committed to, once he
// has seen the asker's digests, is seen.
func TestFittingToWhatWasSeenIsSeen(t *testing.T) {
	a, b := pair(t)
	next(t, b, a)
	show := next(t, a, b)
	open := b.sent[0]
	for name, change := range map[string]func(*Message){
		"the asker's own digests": func(m *Message) { m.Pages, m.Leaves = show.Pages, nil },
		"another salt":            func(m *Message) { m.Salt[0] ^= 1 },
		"other single digests":    func(m *Message) { m.Leaves = bytes.Clone(m.Leaves); m.Leaves[3] ^= 1 },
		"too few of them":         func(m *Message) { m.Leaves = m.Leaves[:len(m.Leaves)-digestSize] },
		"too many of them":        func(m *Message) { m.Leaves = append(bytes.Clone(m.Leaves), make([]byte, digestSize)...) },
		"none of them":            func(m *Message) { m.Leaves = nil },
		"too few pages":           func(m *Message) { m.Pages = m.Pages[digestSize:] },
	} {
		m, c := open, *a
		change(&m)
		c.take(t, m)
		c.advance(t)
		if c.run.Phase != Broken || c.got == nil || c.got.Outcome != record.CompareBroken || len(c.got.Findings) > 0 {
			t.Errorf("%s: %s %+v", name, c.run.Phase, c.got)
		}
		if len(c.sent) > 0 {
			t.Errorf("%s: it is answered", name)
		}
	}
}

// CMP-22: the asker's single digests are held against his pages too.
func TestTheAskerCannotFitEither(t *testing.T) {
	a, b := pair(t)
	next(t, b, a)
	for _, n := range []int{0, 1, 3} {
		c := *b
		m := Message{Step: StepShow, Run: b.run.ID, Pages: make([]byte, n*digestSize)}
		c.take(t, m)
		c.advance(t)
		if c.run.Phase != Broken || len(c.sent) > 0 {
			t.Errorf("%d pages where there are 2: %s", n, c.run.Phase)
		}
	}
	next(t, a, b)
	open := next(t, b, a)
	rest := a.sent[0]
	for name, leaves := range map[string][]byte{"the other's": open.Leaves, "cut short": rest.Leaves[digestSize:]} {
		c := *b
		m := rest
		m.Leaves = leaves
		c.take(t, m)
		c.advance(t)
		if c.run.Phase != Broken || c.got.Outcome != record.CompareBroken {
			t.Errorf("%s: %s", name, c.run.Phase)
		}
	}
	c := *b
	if c.run.Phase != Opened {
		t.Fatal(c.run.Phase)
	}
	c.take(t, Message{Step: StepStop, Run: b.run.ID})
	if c.got == nil || c.got.Outcome != record.CompareWithheld || c.got.Different() == 0 {
		t.Fatal("CMP-31: an asker who withholds the rest is not seen:", c.got)
	}
	finding(t, *c.got, true, record.NotComparable, 2)
}

// CMP-24: a message that does not belong to the moment changes nothing:
// replays, other comparisons, other roles.
func TestWhatDoesNotBelongChangesNothing(t *testing.T) {
	old, other := pair(t)
	var all []Message
	for range 4 {
		for _, p := range [][2]*end{{other, old}, {old, other}} {
			if len(p[0].sent) > 0 {
				all = append(all, next(t, p[0], p[1]))
			}
		}
	}
	if len(all) != 4 {
		t.Fatal(len(all), "messages")
	}
	a, b := pair(t)
	for i := range 4 {
		for _, e := range []*end{a, b} {
			for _, m := range all {
				before := fmt.Sprint(e.run)
				e.take(t, m) // of another comparison
				if fmt.Sprint(e.run) != before || e.got != nil {
					t.Fatalf("step %d: %s of another comparison changes %s", i, m.Step, e.at)
				}
			}
		}
		from, to := b, a
		if i%2 == 1 {
			from, to = a, b
		}
		m := next(t, from, to)
		to.got, from.got = nil, nil
		for _, e := range []*end{a, b} {
			before := fmt.Sprint(e.run)
			e.take(t, m) // again, and at the wrong end
			if fmt.Sprint(e.run) != before || e.got != nil {
				t.Fatalf("step %d: %s again changes %s", i, m.Step, e.at)
			}
		}
	}
}

// CMP-10, CMP-14: a consent is for one comparison. The newest ask counts, and
// none ends what this desk is owed.
func TestAsksAndConsents(t *testing.T) {
	a, b := pair(t)
	if _, _, err := b.run.Consent(b.context(), 0, secrets()); !fault.Is(err, fault.NotFound) {
		t.Error("a consent counts twice", err)
	}
	ask := Message{Step: StepAsk, Run: keys.ID{9}, Form: 1, Life: 1000, Nonce: keys.Hash{1}, Scope: Scope{Asker: record.Numbers{First: 1, Last: 1}}}
	c := *b
	c.take(t, ask)
	if c.run.Phase != Pending || c.run.ID != ask.Run {
		t.Fatal("a new ask does not count:", c.run.Phase)
	}
	show := Message{Step: StepShow, Run: b.run.ID, Pages: make([]byte, 2*digestSize)}
	c.take(t, show)
	c.advance(t)
	if len(c.sent) > len(b.sent) || c.run.Phase != Pending {
		t.Fatal("a consent to one comparison serves for another")
	}
	next(t, b, a)
	next(t, a, b)
	b.take(t, ask)
	if b.run.Phase != Opened {
		t.Fatal("an ask ends what this desk is owed:", b.run.Phase)
	}
	late := ask
	late.Form = 2
	d := end{w: a.w, at: "envoy", peer: "go-between", r: b.r}
	d.take(t, late)
	if _, _, err := d.run.Consent(d.context(), 0, secrets()); !fault.Is(err, fault.Refused) {
		t.Error("CMP-7: entries of another form are compared", err)
	}
}

// CMP-11: what has expired is over, and whoever had shown his side is told.
func TestExpiry(t *testing.T) {
	a, b := pair(t)
	pending := *b
	pending.run, _ = Run{}.Asking(Message{Step: StepAsk, Run: keys.ID{9}, Form: 1, Life: 1000, Nonce: keys.Hash{1}}, b.w.clock)
	next(t, b, a)
	a.w.clock += 2 * MaxLife
	for _, c := range []struct {
		e    *end
		want Phase
	}{{a, Withheld}, {b, Expired}, {&pending, Expired}} {
		run, got := c.e.run.Expire(c.e.peer, c.e.w.clock)
		if run.Phase != c.want || (got != nil) != (c.want == Withheld) {
			t.Errorf("%s: %s %v", c.e.at, run.Phase, got)
		}
	}
	if _, _, err := pending.run.Consent(pending.context(), 0, secrets()); !fault.Is(err, fault.Expired) {
		t.Error("consent to what has expired", err)
	}
	show := a.sent[0]
	b.take(t, show)
	b.advance(t)
	if b.run.Phase != Expired || len(b.sent) > 0 {
		t.Error("what has expired is shown", b.run.Phase)
	}
}

// CMP-13: a commitment to less than what was asked for is refused before
// anything is shown.
func TestAScopeDoesNotShrink(t *testing.T) {
	a, b := pair(t)
	m := b.sent[0]
	m.Scope.Asker.Last--
	a.take(t, m)
	a.advance(t)
	if a.run.Phase != Stopped || len(a.sent) > 0 {
		t.Fatal(a.run.Phase, a.sent)
	}
}

// A keeper who takes it back before his side was shown shows nothing, whatever
// waits to be worked off.
func TestTakenBackBeforeItIsShown(t *testing.T) {
	a, b := pair(t)
	a.take(t, b.sent[0])
	a.take(t, Message{Step: StepStop, Run: a.run.ID})
	a.advance(t)
	if a.run.Phase != Stopped || len(a.sent) > 0 {
		t.Fatal(a.run.Phase, a.sent)
	}
	if _, _, err := a.run.End(); !fault.Is(err, fault.NotFound) {
		t.Fatal("what is over is ended again", err)
	}
}

// CMP-2: each bound, and one above it.
func TestBounds(t *testing.T) {
	base := Message{Step: StepAsk, Run: keys.ID{1}, Form: 1, Life: 1, Nonce: keys.Hash{1}}
	digests := func(n int) []byte { return make([]byte, n*digestSize) }
	for _, c := range []struct {
		name   string
		change func(m *Message, more int)
	}{
		{"numbers", func(m *Message, more int) {
			m.Scope.Asker = record.Numbers{First: 5, Last: uint64(4 + MaxCovered + more)}
		}},
		{"life", func(m *Message, more int) { m.Life = MaxLife + record.Instant(more) }},
		{"pages", func(m *Message, more int) {
			*m = Message{Step: StepShow, Run: m.Run, Pages: digests(2*MaxCovered/PageSize + more)}
		}},
		{"leaves", func(m *Message, more int) {
			*m = Message{Step: StepRest, Run: m.Run, Leaves: digests(MaxOpened*PageSize + more)}
		}},
	} {
		for more := range 2 {
			m := base
			c.change(&m, more)
			b, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode(b); (err == nil) != (more == 0) {
				t.Errorf("%s, %d above the bound: %v", c.name, more, err)
			}
		}
	}
	if _, err := Decode(make([]byte, wire.MaxFrame+1)); !fault.Is(err, fault.Limit) {
		t.Error(err)
	}
}

// FuzzTake gives any frame to a run at any point: nothing panics, nothing is
// shown, and what decodes encodes to the same bytes.
func FuzzTake(f *testing.F) {
	for _, v := range vectors(f) {
		b, err := hex.DecodeString(v.Bytes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	w := newWorld(f)
	w.write("go-between", say("go-between", "envoy", "x"))
	a, b := w.ends("go-between", "envoy")
	begin(f, a, b)
	shown, _ := a.run.Take("envoy", b.sent[0], w.clock)
	after, _, _, err := shown.Advance(a.context())
	if err != nil {
		f.Fatal(err)
	}
	runs := []Run{{}, a.run, b.run, after}
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := Decode(frame)
		if err != nil {
			return
		}
		if again, err := m.Encode(); err != nil || !bytes.Equal(again, frame) {
			t.Fatalf("%x comes back as %x", frame, again)
		}
		for _, r := range runs {
			for _, id := range []keys.ID{m.Run, r.ID} {
				m.Run = id
				r2, _ := r.Asking(m, w.clock)
				for _, r := range []Run{r, r2} {
					run, got := r.Take("envoy", m, w.clock)
					if got != nil && got.Check() != nil {
						t.Fatal(got)
					}
					next, _, got, err := run.Advance(a.context())
					if err != nil || got != nil && got.Same() && m.Salt.IsZero() && r.Phase != Committed {
						t.Fatal(next, got, err)
					}
				}
			}
		}
	})
}

var rewrite = flag.Bool("rewrite", false, "write the vectors anew")

type vector struct {
	Rule    string `json:"rule"`
	Comment string `json:"comment"`
	Bytes   string `json:"bytes"` // hexadecimal
	Want    string `json:"want"`  // "ok", "malformed" or "limit"
}

const vectorsDir = "../../spec/vectors/compare"

// vectors gives every message, and one failure of each sort.
func vectors(t testing.TB) (all []vector) {
	add := func(rule, comment, want string, m Message) {
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{rule, comment, hex.EncodeToString(b), want})
	}
	run, h := keys.ID{1, 2, 3}, keys.Hash{4, 5, 6}
	scope := Scope{Asker: record.Numbers{First: 1, Last: 70}, Asked: record.Numbers{First: 1, Last: 3}}
	ask := Message{Step: StepAsk, Run: run, Form: 1, Life: Life, Nonce: h, Scope: scope}
	page := bytes.Repeat([]byte{7}, 3*digestSize)
	add("CMP-1", "ask", "ok", ask)
	add("CMP-1", "commit", "ok", Message{Step: StepCommit, Run: run, Nonce: h, Scope: scope, Commit: h})
	add("CMP-1", "show", "ok", Message{Step: StepShow, Run: run, Pages: page})
	add("CMP-1", "open, all the same", "ok", Message{Step: StepOpen, Run: run, Salt: h, Pages: page})
	add("CMP-1", "open", "ok", Message{Step: StepOpen, Run: run, Salt: h, Pages: page, Leaves: page})
	add("CMP-1", "rest", "ok", Message{Step: StepRest, Run: run, Leaves: page})
	add("CMP-1", "decline", "ok", Message{Step: StepDecline, Run: run})
	add("CMP-1", "stop", "ok", Message{Step: StepStop, Run: run})
	add("CMP-1", "no run", "malformed", Message{Step: StepStop})
	add("CMP-1", "an unknown step", "malformed", Message{Step: "look", Run: run})
	add("CMP-1", "an ask without a nonce", "malformed", Message{Step: StepAsk, Run: run, Form: 1, Life: Life, Scope: scope})
	add("CMP-1", "an ask that brings digests", "malformed", Message{Step: StepAsk, Run: run, Form: 1, Life: Life, Nonce: h, Scope: scope, Pages: page})
	add("CMP-1", "a decline that says more", "malformed", Message{Step: StepDecline, Run: run, Nonce: h})
	add("CMP-1", "a show that brings single digests", "malformed", Message{Step: StepShow, Run: run, Pages: page, Leaves: page})
	add("CMP-1", "an open without salt", "malformed", Message{Step: StepOpen, Run: run, Pages: page})
	add("CMP-1", "half a digest", "malformed", Message{Step: StepShow, Run: run, Pages: page[:40]})
	backwards := ask
	backwards.Scope.Asker = record.Numbers{First: 3, Last: 1}
	add("CMP-2", "numbers that go backwards", "malformed", backwards)
	wide := ask
	wide.Scope.Asker = record.Numbers{First: 1, Last: MaxCovered + 1}
	add("CMP-2", "65,537 numbers", "malformed", wide)
	good, _ := ask.Encode()
	all = append(all, vector{"CMP-1", "a trailing byte", hex.EncodeToString(append(bytes.Clone(good), 0)), "malformed"})
	return all
}

// TestVectors is [CMP-1] and [CMP-2] for messages.
func TestVectors(t *testing.T) {
	var kept []vector
	file(t, "messages.json", vectors(t), &kept)
	for _, v := range kept {
		b, err := hex.DecodeString(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		got := "ok"
		if _, err := Decode(b); err != nil {
			got = string(fault.KindOf(err))
		}
		if got != v.Want {
			t.Errorf("%s: %s, want %s", v.Comment, got, v.Want)
		}
	}
}

type digests struct {
	Comment string   `json:"comment"`
	Run     string   `json:"run"`
	Nonces  []string `json:"nonces"` // the asker's, the asked's
	Scope   Scope    `json:"scope"`
	Key     string   `json:"key"`
	Entries []string `json:"entries"` // canonical forms that the asker sent, from number 1
	Leaves  string   `json:"leaves"`
	Pages   string   `json:"pages"`
	Salt    string   `json:"salt"`
	Commit  string   `json:"commit"`
}

// TestDigests is [CMP-5] and [CMP-6].
func TestDigests(t *testing.T) {
	run, a, b := keys.ID{1, 2, 3}, keys.Hash{4}, keys.Hash{5}
	scope := Scope{Asker: record.Numbers{First: 1, Last: 66}}
	key := keyOf(run, a, b, scope)
	sheets := [2]*sheet{newSheet(fromAsker, scope.Asker), newSheet(fromAsked, scope.Asked)}
	d := digests{Comment: "66 numbers, of which 2 has no entry and 3 has two", Run: run.String(), Nonces: []string{a.String(), b.String()}, Scope: scope, Key: key.String()}
	put := func(n uint64, i byte) {
		raw, err := codec.Encode(record.Entry{ID: keys.ID{i}, At: record.Instant(i), Body: record.Open{Text: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		d.Entries = append(d.Entries, fmt.Sprintf("%d %x", n, raw))
		sheets[0].put(key, n, keys.ID{i}, raw)
	}
	for n := uint64(1); n <= 66; n++ {
		if n != 2 {
			put(n, byte(n))
		}
		if n == 3 {
			put(3, 100)
		}
	}
	p := pages(key, sheets)
	salt := keys.Hash{6}
	d.Leaves, d.Pages, d.Salt, d.Commit = hex.EncodeToString(join(sheets[0].leaves)), hex.EncodeToString(p), salt.String(), commitment(key, salt, p).String()
	if len(p) != 2*digestSize || sheets[0].leaves[1] != (keys.Hash{}) {
		t.Fatal(len(p), sheets[0].leaves[1])
	}
	var kept digests
	file(t, "digests.json", d, &kept)
	if fmt.Sprint(kept) != fmt.Sprint(d) {
		t.Error("digests are not those of the vector: a new form needs a new number")
	}
}

// file reads a file of vectors, after writing it if asked to.
func file(t *testing.T, name string, now, kept any) {
	t.Helper()
	path := filepath.Join(vectorsDir, name)
	if *rewrite {
		b, err := json.MarshalIndent(now, "", " ")
		if err == nil {
			err = os.MkdirAll(vectorsDir, 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, append(b, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, kept)
	}
	if err != nil {
		t.Fatal(err)
	}
}
