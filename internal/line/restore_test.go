package line

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"backchannel/internal/fault"
)

// A clone of a vault that lives through the same ticks, and an old backup that
// lives through later ones: no tick key seals twice under one salt, and no
// desk steps back. [CELL-6] [CELL-7]
func TestNoCellKeyIsUsedTwice(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, _ := w.open(a, b)
	a.say(la, File, text(a, 1, 60000))
	type use struct {
		tag  [TagSize]byte
		salt [SaltSize]byte
	}
	uses, tags, sealed := map[use]bool{}, map[[TagSize]byte]int{}, 0
	backups := [][]byte{a.disk.state}
	for range 40 {
		w.run(1)
		for k, st := range backups {
			c := &desk{w: w, name: fmt.Sprint("clone", k, w.tick), kem: a.kem}
			d, _, err := Open(st, a.disk.outbox)
			must(t, err)
			c.d = d
			in := c.input()
			in.Tick, in.Ingested = w.tick, d.Batch()
			if in.Tick <= d.Tick() {
				in.Tick = d.Tick() + 1
			}
			in.Slates = nil
			_, e, err := d.Step(in)
			must(t, err)
			w.slates[w.tick] = append(w.slates[w.tick], e.Cell[:])
		}
		for _, cell := range w.slates[w.tick] {
			u := use{[TagSize]byte(cell), [SaltSize]byte(cell[TagSize:])}
			if uses[u] {
				t.Fatal("one tag and salt, so one cell key, sealed two cells")
			}
			uses[u] = true
			tags[u.tag]++
			sealed++
		}
		if w.tick%10 == 0 {
			backups = append(backups, a.disk.state)
		}
	}
	again := 0
	for _, n := range tags {
		again += n - 1
	}
	if again == 0 {
		t.Fatal("no clone lived through a tick again: the test is not testing")
	}
	t.Logf("%d cells, %d of them under a tick key used before", sealed, again)
	in := a.input()
	for _, tick := range []uint64{0, 1, a.d.Tick() - 1, a.d.Tick()} {
		in.Tick = tick
		if _, _, err := a.d.Step(in); !fault.Is(err, fault.Clock) {
			t.Errorf("tick %d after %d: %v", tick, a.d.Tick(), err)
		}
	}
	in.Tick = a.d.Tick() + MaxGap + 1
	if _, _, err := a.d.Step(in); !fault.Is(err, fault.Clock) {
		t.Errorf("a clock far ahead: %v", err)
	}
}

func (k *disk) clone() disk {
	c := *k
	c.ring, c.marks = maps.Clone(k.ring), maps.Clone(k.marks)
	c.outbox, c.parts, c.got = slices.Clone(k.outbox), slices.Clone(k.parts), slices.Clone(k.got)
	return c
}

// A vault set back by a few ticks, in the middle of talk both ways. Either the
// line is silent afterwards, which both see, or it goes on: both desks say so,
// and what is said from then on arrives once, in order, and whole. [LINE-15]
func TestVaultSetBack(t *testing.T) {
	outcome := map[string]int{}
	for start := range 24 {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		w.run(start)
		backup := a.disk.clone()
		for i := range 3 {
			a.say(la, Text, text(a, i, 1500))
			b.say(lb, Text, text(b, i, 1500))
			w.run(1 + start%4)
		}
		a.disk = backup
		a.reopen()
		w.run(30)
		heardA, heardB := a.status(la).Heard, b.status(lb).Heard
		w.run(30)
		if a.status(la).Heard == heardA || b.status(lb).Heard == heardB {
			outcome["silent"]++
			continue
		}
		var said [2][][]byte
		for i := range 5 {
			said[0] = append(said[0], text(a, 100+i, 2500))
			said[1] = append(said[1], text(b, 100+i, 2500))
			a.say(la, Text, said[0][i])
			b.say(lb, Text, said[1][i])
		}
		w.run(120)
		for i, p := range []*desk{b, a} {
			got := p.received([]uint32{lb, la}[i], Text)
			if len(got) < 5 {
				t.Fatalf("start %d: %s has %d frames; %v %v", start, p.name, len(got), a.events, b.events)
			}
			for k, f := range said[i] {
				if string(got[len(got)-5+k]) != string(f) {
					t.Fatalf("start %d: %s: frame %d is not what was said", start, p.name, k)
				}
			}
			seen := map[string]bool{}
			for _, f := range got {
				if seen[string(f)] {
					t.Errorf("start %d: %s was shown a frame twice", start, p.name)
				}
				seen[string(f)] = true
			}
		}
		if a.saw(EventSetBack)+b.saw(EventPeerSetBack) > 0 {
			outcome["repaired, said"]++
		} else {
			outcome["nothing was lost"]++
		}
	}
	t.Log(outcome)
	if outcome["repaired, said"] == 0 || outcome["silent"] == 0 {
		t.Fatal("the moments tried do not differ")
	}
}

// Two rosters: the line falls silent, and says why. [CELL-4]
func TestTwoRostersStopTheLineVisibly(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	bob := b.input().Roster
	w.roster = func(uint64) [32]byte { return [32]byte{9} }
	step := func() { // bob still sees the old roster
		w.tick++
		var cells [][]byte
		for _, p := range w.desks {
			in := p.input()
			if p == b {
				in.Roster = bob
			}
			next, e, err := p.d.Step(in)
			must(t, err)
			p.d, p.events = next, append(p.events, e.Events...)
			p.disk.from = next.Batch()
			cells = append(cells, e.Cell[:])
		}
		w.slates[w.tick] = cells
	}
	step()
	step()
	step()
	heard := a.status(la).Heard
	for range 10 {
		step()
	}
	if a.status(la).Heard > heard || b.status(lb).Heard > w.tick-10 {
		t.Fatal("a cell opened under another roster")
	}
	if a.saw(EventUnopened) == 0 || b.saw(EventUnopened) == 0 {
		t.Fatal("not said")
	}
}

// An invite that was shown works after a crash, since its state was stored
// first; one whose state was lost opens nothing. [INVITE-8]
func TestInviteSurvivesACrashOnceStored(t *testing.T) {
	for _, stored := range []bool{true, false} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		before := a.disk.state
		inv := a.invite()
		if !stored {
			a.disk.state = before
		}
		a.reopen()
		b.accept(inv)
		b.reopen()
		w.run(160)
		if open := b.phase(1) == PhaseOpen; open != stored {
			t.Errorf("stored %v: %v", stored, b.phase(1))
		}
	}
}
