package line

import (
	"fmt"
	"testing"
)

// mend does what a driver does for repair.
func (p *desk) mend() {
	for _, st := range p.d.Lines() {
		var next *Deck
		var err error
		switch st.Due {
		case DueRenew:
			next, err = p.d.Renew(st.Slot, p.kem, [96]byte(p.rand(96)))
		case DueTakeUp:
			next, err = p.d.TakeUp(st.Slot, p.kem, [80]byte(p.rand(80)))
		default:
			continue
		}
		must(p.w.t, err)
		p.d, p.disk.state = next, next.State()
	}
}

// renewal gives the status of the renewal of a line.
func (p *desk) renewal(line uint32) (Status, bool) {
	for _, st := range p.d.Lines() {
		if st.Renews == line {
			return st, true
		}
	}
	return Status{}, false
}

func (p *desk) adopt(line uint32) {
	st, _ := p.renewal(line)
	next, err := p.d.Adopt(st.Slot)
	must(p.w.t, err)
	p.d, p.disk.state = next, next.State()
}

func (w *world) runMending(n int) {
	for range n {
		w.run(1)
		for _, p := range w.desks {
			p.mend()
		}
	}
}

func (w *world) mendUntil(limit int, what string, ok func() bool) int {
	w.t.Helper()
	for n := range limit {
		if ok() {
			return n
		}
		w.runMending(1)
	}
	w.t.Fatalf("not within %d ticks: %s", limit, what)
	return limit
}

// A vault set back past any number of epochs: both desks notice, an offer is
// made and taken up, nothing passes until both keepers have compared words, and
// then what waits arrives once. [LINE-18] [LINE-19] [LINE-21] [LINE-23]
// [LINE-24] [LINE-25]
func TestSetBackPastAnEpochIsRepaired(t *testing.T) {
	for start := range 12 {
		if testing.Short() && start%5 != 1 {
			continue
		}
		for _, whole := range []bool{false, true} {
			w := newWorld(t, "ann", "bob")
			a, b := w.desks[0], w.desks[1]
			la, lb := w.open(a, b)
			w.run(start)
			back := []*desk{a, b}[start%2]
			backup := back.disk.clone()
			for i := range 3 {
				a.say(la, Text, text(a, i, 1500))
				b.say(lb, Text, text(b, i, 1500))
			}
			w.run(60 + start)
			if whole { // the relay has forgotten the slates
				w.slates = map[uint64][][]byte{}
			}
			back.disk = backup
			back.reopen()
			n := w.mendUntil(400, "a renewal opens", func() bool {
				ra, _ := a.renewal(la)
				rb, _ := b.renewal(lb)
				return ra.Phase == PhaseOpen && rb.Phase == PhaseOpen
			})
			if start == 1 {
				t.Logf("slates kept %v: a renewal %d ticks after the restart", !whole, n)
			}
			if (back.saw(EventElsewhere) == 0) != whole || back.saw(EventBehind) == 0 {
				t.Fatalf("start %d: not said by the desk set back: %v", start, back.events)
			}
			if a.saw(EventPeerBehind)+b.saw(EventPeerBehind) == 0 || a.saw(EventPeerTwice)+b.saw(EventPeerTwice)+a.saw(EventCopy)+b.saw(EventCopy) > 0 {
				t.Fatalf("start %d: not said by the other, or too much: %v %v", start, a.events, b.events)
			}
			ra, _ := a.renewal(la)
			rb, _ := b.renewal(lb)
			if fmt.Sprint(ra.Words) != fmt.Sprint(rb.Words) || fmt.Sprint(ra.Words) == fmt.Sprint(a.status(la).Words) {
				t.Fatal("not fresh words, the same on both sides")
			}
			fa, fb := text(a, 100, 2500), text(b, 100, 2500)
			a.say(la, Text, fa)
			b.say(lb, Text, fb)
			before := [2]int{len(a.received(la, Text)), len(b.received(lb, Text))}
			w.runMending(60)
			if [2]int{len(a.received(la, Text)), len(b.received(lb, Text))} != before {
				t.Fatal("something passed before the words were compared")
			}
			a.adopt(la)
			w.runMending(40)
			if len(b.received(lb, Text)) != before[1] {
				t.Fatal("something was taken in before the words were compared")
			}
			b.adopt(lb)
			w.mendUntil(200, "what was said", func() bool { return len(a.disk.outbox)+len(b.disk.outbox) == 0 })
			w.runMending(80)
			for i, p := range []*desk{b, a} {
				got := p.received([]uint32{lb, la}[i], Text)
				seen := map[string]bool{}
				for _, f := range got {
					if seen[string(f)] {
						t.Fatalf("start %d: %s was shown a frame twice", start, p.name)
					}
					seen[string(f)] = true
				}
				if !seen[string([][]byte{fa, fb}[i])] {
					t.Fatalf("start %d: what was said did not come to %s", start, p.name)
				}
			}
			if lines := len(a.d.Lines()) + len(b.d.Lines()); lines != 2 {
				t.Fatalf("%d lines are left", lines)
			}
		}
	}
}

// A vault that is copied and runs twice: both copies notice at the relay, the
// peer says that two speak as one, the older copy is told that it is one, and
// no line is renewed for it. [LINE-18] [LINE-21] [LINE-22]
func TestCopyThatRunsIsNoticedByAll(t *testing.T) {
	for _, sameMember := range []bool{true, false} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		w.run(20)
		c := &desk{w: w, name: "copy", member: "ann", kem: a.kem, disk: a.disk.clone(), asm: NewAssembler()}
		if !sameMember {
			c.member = "another" // stolen, and run under a membership of the thief's
		}
		w.run(30)
		c.reopen()
		w.desks = append(w.desks, c)
		text1 := text(a, 1, 3000)
		a.say(la, Text, text1)
		for k := range 500 {
			if sameMember { // the relay has one connection per member; each ends the other's
				a.online, c.online = k%7 < 5, k%7 >= 5
			} else {
				c.online = true
			}
			w.runMending(1)
		}
		if sameMember && (a.saw(EventElsewhere) == 0 || c.saw(EventElsewhere) == 0) {
			t.Fatalf("the two do not notice each other: %v %v", a.events, c.events)
		}
		if b.saw(EventPeerTwice) == 0 || c.saw(EventCopy)+c.saw(EventBehind) == 0 && sameMember {
			t.Fatalf("same member %v, not said: %v %v", sameMember, b.events, c.events)
		}
		if a.saw(EventCopied) == 0 {
			t.Fatalf("same member %v: the real one is not warned: %v", sameMember, a.events)
		}
		if _, ok := b.renewal(lb); ok || b.saw(EventPeerBehind) > 0 {
			t.Fatal("a renewal was offered to a copy")
		}
		if got := b.received(lb, Text); len(got) != 1 || string(got[0]) != string(text1) {
			t.Fatalf("the talk did not go on: %d", len(got))
		}
	}
}

// Nothing but calls and offers passes under the aid chains, and these under no
// other. [LINE-20]
func TestAidCarriesNothingElse(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	_, lb := w.open(a, b)
	b.online = false
	w.run(5)
	content := func(k int) *plain {
		var p plain
		h := head{Run: 1, Kind: bodySegment}
		switch k {
		case 0:
			(&segment{Class: Text, First: true, Bytes: []byte("x")}).put(&p)
		case 1:
			h.Kind = bodyFragment
			f := pieces(msgAsk, make([]byte, messageSize(msgAsk)))[0]
			f.put(&p)
		case 2:
			h.Kind = bodyFragment
			f := pieces(msgCall, make([]byte, callSize))[0]
			f.put(&p)
		case 3:
			h.Kind = bodyNone
		}
		h.put(&p)
		return &p
	}
	give := func(ch chain, p *plain) (*Deck, Effects) {
		at := b.d.Cursor()
		ch.walk(at-ch.Pos, at, &Work{})
		x := box{tick: at, roster: w.roster(at), dir: b.d.slots[0].peerDir()}
		x.tag, x.key = ch.tickKeys(&Work{})
		c := x.seal(p, [SaltSize]byte{1}, &Work{})
		in := b.input()
		in.Slates = []Slate{{Tick: at, Cells: [][]byte{c[:]}}}
		d, e, err := b.d.Step(in)
		must(t, err)
		return d, e
	}
	s := &b.d.slots[0]
	_, none := give(chain{}, &plain{})
	for k := range 4 {
		d, e := give(s.Aid.Recv, content(k))
		broken := len(e.Events) == 1 && e.Events[0].Kind == EventBroken
		if (k == 2) == broken || d.slots[0].In != s.In || d.slots[0].Heard != s.Heard {
			t.Errorf("%d under the aid chain: %v", k, e.Events)
		}
		for i := range e.Rows {
			if string(e.Rows[i]) != string(none.Rows[i]) {
				t.Errorf("%d under the aid chain left a row", k)
			}
		}
	}
	d, e := give(s.Recv, content(2))
	if len(e.Events) != 0 || d.slots[0].Aid != b.d.slots[0].Aid && d.slots[0].Aid.BadAt != 0 {
		t.Errorf("a call under an epoch was heard: %v", e.Events)
	}
	_ = lb
}

// A thief with an old vault, who also has a place at the relay, cannot touch
// the line that stands, get a word, or be taken for the keeper without the
// words; what he can do is told.
func TestThiefWithAnOldVaultGetsNothing(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	w.run(10)
	old := a.disk.clone()
	w.run(50)
	a.online = false // he waits until the keeper is away
	w.run(80)
	thief := &desk{w: w, name: "thief", member: "thief", kem: a.kem, disk: old, asm: NewAssembler(), online: true}
	thief.reopen()
	w.desks = append(w.desks, thief)
	secret := text(b, 7, 4000)
	b.say(lb, Text, secret)
	w.mendUntil(400, "the thief has a held renewal", func() bool {
		r, ok := thief.renewal(la)
		return ok && r.Phase == PhaseOpen
	})
	if b.saw(EventPeerBehind) == 0 {
		t.Fatal("the peer's keeper is not told")
	}
	thief.adopt(la)
	w.runMending(60)
	if len(thief.disk.got) != 0 {
		t.Fatal("the thief reads")
	}
	a.online = true
	w.mendUntil(400, "the real desk has it", func() bool { return len(a.received(la, Text)) == 1 })
	if got := a.received(la, Text)[0]; string(got) != string(secret) || len(thief.disk.got) != 0 {
		t.Fatal("the line that stands was touched")
	}
}
