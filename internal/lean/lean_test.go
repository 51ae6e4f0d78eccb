package lean

import (
	"math/rand/v2"
	"testing"
)

// cell is a result over sources: it counts how often it was computed.
type cell struct {
	Result
	b     *Book
	reads func() int
	value int
	times int
}

func (c *cell) get() int {
	if !c.b.Fresh(&c.Result) {
		c.b.Open(&c.Result)
		c.value, c.times = c.reads(), c.times+1
		c.b.Close(&c.Result)
	}
	return c.value
}

func (c *cell) Renew() { c.get() }

func TestAResultIsComputedOnceUntilWhatItReadChanges(t *testing.T) {
	b := New(0)
	var x, y Source
	vx, vy := 1, 10
	sum := &cell{b: b}
	sum.reads = func() int { b.Read(&x); b.Read(&x); b.Read(&y); return vx + vy }
	twice := &cell{b: b}
	twice.reads = func() int { return 2 * sum.get() }
	b.Keep(&twice.Result, twice)
	if b.Next() != Kept(twice) || b.Next() != nil {
		t.Fatal("what is kept and was never computed is stale")
	}
	for range 2 {
		if twice.get() != 22 || sum.times != 1 {
			t.Fatal(twice.value, sum.times)
		}
	}
	vx = 2
	b.Change(&x)
	if b.Next() != Kept(twice) || b.Next() != nil || twice.get() != 24 || sum.times != 2 || twice.times != 2 {
		t.Fatal(twice.value, sum.times, twice.times)
	}
	vy = 20
	b.Change(&y)
	b.Change(&y)
	if b.Next() != Kept(twice) || b.Next() != nil || twice.get() != 44 {
		t.Fatal("stale twice, or not at all")
	}
}

func TestWhatIsNoLongerReadIsNotLeantOn(t *testing.T) {
	b := New(0)
	var which, x Source
	use := true
	c := &cell{b: b}
	c.reads = func() int {
		b.Read(&which)
		if use {
			b.Read(&x)
		}
		return 0
	}
	c.get()
	use = false
	b.Change(&which)
	c.get()
	b.Change(&x)
	if c.get(); c.times != 2 {
		t.Fatal(c.times)
	}
}

func TestSourcesDoNotGrowWithReadings(t *testing.T) {
	b := New(0)
	var busy, quiet Source
	c, d := &cell{b: b}, &cell{b: b}
	c.reads = func() int { b.Read(&quiet); b.Read(&busy); return 0 }
	d.reads = func() int { b.Read(&quiet); return 0 }
	d.get()
	for range 1000 {
		c.get()
		b.Change(&busy)
	}
	if len(quiet.by) > 8 {
		t.Fatalf("%d lean on it, of whom 2 do", len(quiet.by))
	}
	b.Change(&quiet)
	if d.get(); d.times != 2 {
		t.Fatal("it was forgotten")
	}
}

func TestAResultHoldsUntilItsMoment(t *testing.T) {
	b := New(5)
	c := &cell{b: b}
	c.reads = func() int { b.Until(3); b.Until(9); b.Until(7); return int(b.now) }
	over := &cell{b: b}
	over.reads = func() int { return c.get() }
	b.Keep(&over.Result, over)
	for b.Next() != nil {
	}
	over.get()
	b.At(6)
	if b.Next() != nil || over.get() != 5 {
		t.Fatal("stale before its moment")
	}
	b.At(7)
	if b.Next() == nil || over.get() != 7 {
		t.Fatal("not stale at its moment")
	}
	b.At(8)
	if b.Next() != nil || over.times != 2 {
		t.Fatal("stale again")
	}
}

func TestANilBookNotesNothing(t *testing.T) {
	var b *Book
	var s Source
	c := &cell{reads: func() int { b.Read(&s); b.Until(3); return 4 }}
	b.Keep(&c.Result, c)
	b.Change(&s)
	b.At(9)
	for range 2 {
		if c.get() != 4 || c.times != 1 || b.Next() != nil || s.by != nil {
			t.Fatal(c.times)
		}
	}
}

// TestLeaning compares a web of results with computing everything afresh,
// whatever changes, whatever is asked for between, and as time passes.
func TestLeaning(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		b := New(0)
		sources, values, times := make([]Source, 6), make([]int, 6), make([]int64, 6)
		cells := make([]*cell, 12)
		for i := range cells {
			c := &cell{b: b}
			// What it reads depends on what it reads: the first source says which next.
			first, second, third := rng.IntN(6), rng.IntN(6), -1
			if i > 0 {
				third = rng.IntN(i)
			}
			c.reads = func() int {
				b.Read(&sources[first])
				v := values[first]
				if v%2 == 0 {
					b.Read(&sources[second])
					v += 3 * values[second]
				}
				if b.Until(times[first]); times[first] <= b.now {
					v += 1000
				}
				if third >= 0 && v%3 != 0 {
					v += cells[third].get()
				}
				return v
			}
			cells[i] = c
			b.Keep(&c.Result, c)
		}
		for range 60 {
			switch rng.IntN(3) {
			case 0:
				i := rng.IntN(6)
				values[i], times[i] = rng.IntN(50), b.now+rng.Int64N(9)
				b.Change(&sources[i])
			case 1:
				b.At(b.now + rng.Int64N(4))
			case 2:
				cells[rng.IntN(12)].get()
			}
			if rng.IntN(2) == 0 {
				for k := b.Next(); k != nil; k = b.Next() {
					k.Renew()
				}
				for i, c := range cells {
					was := c.value
					saved := b.open
					b.open = nil
					if now := c.reads(); now != was || !c.fresh {
						t.Fatalf("seed %d: result %d is %d and should be %d", seed, i, was, now)
					}
					b.open = saved
				}
			}
		}
	}
}
