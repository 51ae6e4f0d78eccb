package line

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"

	"backchannel/internal/keys"
)

func TestMacIsHMAC(t *testing.T) {
	key := [32]byte{1, 2, 3}
	for _, parts := range [][][]byte{nil, {[]byte("a")}, {make([]byte, 100), make([]byte, 300)}} {
		h := hmac.New(sha256.New, key[:])
		h.Write([]byte("backchannel line v1 name\x00"))
		h.Write(bytes.Join(parts, nil))
		if got := mac(&key, "name", parts...); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Fatal("mac is not HMAC-SHA256")
		}
	}
}

// Slates from the past, from this tick and from the future change nothing.
// [LINE-1]
func TestSlatesOutOfTheirTickAreIgnored(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	w.open(a, b)
	w.run(5)
	in := a.input()
	in.Tick++
	in.Slates = nil
	without, e0, err := a.d.Step(in)
	must(t, err)
	for tick := range w.slates {
		if tick < a.d.Cursor() {
			in.Slates = append(in.Slates, Slate{Tick: tick, Cells: w.slates[tick]})
		}
	}
	for _, tick := range []uint64{in.Tick, in.Tick + 1, 1 << 60} {
		in.Slates = append(in.Slates, Slate{Tick: tick, Cells: w.slates[w.tick]})
	}
	slices.SortFunc(in.Slates, func(x, y Slate) int { return int(x.Tick>>1) - int(y.Tick>>1) })
	with, e1, err := a.d.Step(in)
	must(t, err)
	if !bytes.Equal(without.State(), with.State()) || e0.Work != e1.Work || len(e1.Rows) != 0 || len(e1.Events) != 0 {
		t.Fatal("a slate out of its tick changed something")
	}
}

// The rules of single messages, on a deck of which every field is known.
func TestMessagesOutOfPlaceAreIgnored(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	w.open(a, b)
	w.until(60, "the inviter asks", func() bool { return a.d.slots[0].Asked })
	give := func(d *Deck, f fragment) []byte {
		n := d.clone()
		n.fragment(0, &f, w.tick, &Effects{})
		return n.State()
	}
	was := a.d.State()
	f := pieces(msgReply, make([]byte, replySize))[0]
	for _, epoch := range []uint32{0, a.d.slots[0].Epoch, a.d.slots[0].Epoch + 2} { // [LINE-6]
		f.Epoch = epoch
		if !bytes.Equal(give(a.d, f), was) {
			t.Errorf("a reply for epoch %d was taken", epoch)
		}
	}
	if f.Epoch = a.d.slots[0].Epoch + 1; bytes.Equal(give(a.d, f), was) {
		t.Error("a reply in its place was not taken")
	}
	d := a.d.clone() // [LINE-11]
	s := &d.slots[0]
	s.Phase, s.Stage, s.Epoch = PhaseShaking, stageConfirm, 0
	done := s.T.confirmation("joiner confirms")
	was = d.State()
	if !bytes.Equal(give(d, pieces(msgDone, done[:])[0]), was) {
		t.Error("done was taken under epoch 0")
	}
	if s.Epoch = 1; bytes.Equal(give(d, pieces(msgDone, done[:])[0]), d.State()) {
		t.Error("done was not taken under epoch 1")
	}
}

// An asker makes one key per epoch, and no key of anybody's comes twice.
// [LINE-7] [LINE-12]
func TestKeysServeOnce(t *testing.T) {
	w := newWorld(t, "ann", "bob", "cay")
	a, b, c := w.desks[0], w.desks[1], w.desks[2]
	w.open(a, b)
	w.open(a, c)
	type of struct {
		p     *desk
		slot  int
		epoch uint32
	}
	seeds, owner := map[[32]byte]of{}, map[of][32]byte{}
	for range 150 {
		w.run(1)
		for _, p := range w.desks {
			for i := range p.d.slots {
				if s := &p.d.slots[i]; s.Asked {
					o := of{p, i, s.Epoch + 1}
					if was, ok := owner[o]; ok && was != s.Seed {
						t.Fatalf("%s made two keys for epoch %d", p.name, o.epoch)
					}
					if was, ok := seeds[s.Seed]; ok && was != o {
						t.Fatalf("a seed served twice")
					}
					owner[o], seeds[s.Seed] = s.Seed, o
				}
			}
		}
	}
	if len(seeds) < 12 {
		t.Fatalf("only %d epochs", len(seeds))
	}
	x, y := a.invite(), a.invite()
	if x.KeyHash == y.KeyHash || x.Secret == y.Secret {
		t.Fatal("two invites share a key")
	}
}

// [LINE-13] [LINE-14] on the receiving side's numbers.
func TestSegmentNumbers(t *testing.T) {
	d := &Deck{}
	d.slots[0] = slot{Phase: PhaseOpen}
	at := func(run, n uint32) bool {
		return d.arrive(0, run, &segment{Class: Text, Number: n, Bytes: []byte{1}}, 5)
	}
	for i, c := range []struct {
		run, n uint32
		ok     bool
	}{
		{0, 0, false}, {1, 0, true}, {1, 0, false}, {1, 2, true}, {1, 2, false}, {1, 66, false}, {1, 65, true}, {1, 1, true},
		{1, 3, true}, {1, 1, false}, {3, 5, true}, {2, 6, false}, {3, 0, true}, {1, 4, false},
	} {
		if got := at(c.run, c.n); got != c.ok {
			t.Errorf("%d: run %d number %d: %v", i, c.run, c.n, got)
		}
	}
	if s := &d.slots[0]; s.Owed == 0 || s.In[Text] != (inStream{Next: 1, More: 1 << 3}) {
		t.Errorf("%+v", s.In[Text])
	}
}

// Filler is made with a key of the desk's own, and is as long as a cell with
// something in it. [CELL-12]
func TestFiller(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a := w.desks[0]
	var tags [][TagSize]byte
	for range 20 {
		ch := a.d.filler
		w.run(1)
		cell := w.slates[w.tick][0]
		b := box{tick: w.tick, roster: w.roster(w.tick)}
		b.tag, b.key = ch.tickKeys(&Work{})
		p, ok := b.open(cell, &Work{})
		if !ok || len(cell) != CellSize || p[0] != 1 || !zero(p[1:]) {
			t.Fatal("not filler")
		}
		if slices.Contains(tags, b.tag) {
			t.Fatal("a tag came twice")
		}
		tags = append(tags, b.tag)
	}
}

// A desk that was away comes back, with and without the slates it missed, in
// the middle of an epoch: talk and healing go on.
func TestAbsence(t *testing.T) {
	for _, kept := range []bool{true, false} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		for k := range 6 {
			w.run(k)
			b.online = false
			f := text(a, k, 5000)
			a.say(la, Text, f)
			w.run(200)
			if !kept {
				w.slates = map[uint64][][]byte{}
			}
			b.online = true
			epoch := b.status(lb).Epoch
			w.until(400, "talk after an absence", func() bool { return len(a.disk.outbox) == 0 && b.status(lb).Epoch > epoch+2 })
			if got := b.received(lb, Text); len(got) != k+1 || !bytes.Equal(got[k], f) {
				t.Fatalf("kept %v, absence %d: %d frames", kept, k, len(got))
			}
		}
	}
}

// Public bytes that are no key end nothing but the epoch that they were for.
func TestBrokenKeyFromThePeer(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	w.open(a, b)
	d := b.d.clone()
	s := &d.slots[0]
	s.quiet()
	s.SendNext, s.RecvNext = chain{}, chain{}
	s.Epoch = 1
	copy(s.inBuf(), bytes.Repeat([]byte{0xff}, keys.KEMPublic))
	s.InKind, s.InFull = msgAsk, true
	in := b.input()
	for in.Tick = d.tick + 1; in.Tick%turns != turnEncapsulate; in.Tick++ {
	}
	in.Slates = nil
	n, e, err := d.Step(in)
	must(t, err)
	if n.slots[0].InFull || n.slots[0].Phase != PhaseOpen || e.Work.KEMs[turnEncapsulate] != 1 {
		t.Fatal("the key was not dropped")
	}
}

// A relay that puts a second cell under a tag is seen, and what it puts first
// costs one cell and no more. [CELL-3] [CELL-8]
func TestTwoCellsUnderOneTag(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	on := true
	w.tamper = func(_ uint64, cells [][]byte) (out [][]byte) {
		for _, c := range cells {
			if on && w.tick%2 == 0 {
				out = append(out, flip(c, 700))
			}
			out = append(out, c, c) // the same cell twice is no trick
		}
		return out
	}
	f := text(a, 1, 8000)
	a.say(la, Text, f)
	w.until(100, "the text", func() bool { return len(a.disk.outbox) == 0 })
	if got := b.received(lb, Text); len(got) != 1 || !bytes.Equal(got[0], f) {
		t.Fatal("not what was said")
	}
	if b.saw(EventDoubled) == 0 || b.saw(EventUnopened) != b.saw(EventDoubled) {
		t.Fatalf("%d times two cells, %d unopened", b.saw(EventDoubled), b.saw(EventUnopened))
	}
	on = false
	n := b.saw(EventDoubled)
	w.run(5)
	n2 := b.saw(EventDoubled)
	w.run(20)
	if b.saw(EventDoubled) != n2 || n2 > n+4 {
		t.Fatal("an exact repeat was taken for a trick")
	}
}
