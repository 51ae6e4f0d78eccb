package observe

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"backchannel/internal/fault"
)

// Config says what to observe.
type Config struct {
	Program  []string      // runs Part on its stdin and stdout
	Env      []string      // more for its environment
	Dir      string        // where desks are made; "" for the system's
	Period   time.Duration // of a tick
	Ticks    int           // of a window
	Groups   int           // of three desks
	Controls int           // groups of each other control
	Blocks   int           // windows of each class in each group, beside those left out
	Seed     uint64
	Only     []string // names of pairs; all if empty
	Apart    bool     // desk processes have a processor of their own, where there are several (Linux)
	Progress func(done, all int)
}

// Check says whether an observation can be made so.
func (c Config) Check() error {
	if len(c.Program) == 0 || c.Period < 50*time.Millisecond || c.Ticks < 2 || c.Ticks > 32 || c.Groups < 1 || c.Blocks < 2 || c.Controls < 0 {
		return fault.New(fault.Malformed, "observe.config", "use a tick of at least 50ms, windows of 2 to 32 ticks, and two blocks or more", "this cannot be observed")
	}
	if len(c.pairs()) == 0 {
		return fault.New(fault.NotFound, "observe.pair", "leave the names out to observe all pairs", "there is no such pair")
	}
	return nil
}

// pairs gives those asked for that there are groups for.
func (c Config) pairs() (out []Pair) {
	for _, p := range pairs() {
		ok := len(c.Only) == 0
		for _, n := range c.Only {
			ok = ok || n == p.Name
		}
		if ok && (p.Kind == Shaped || c.Controls > 0) {
			out = append(out, p)
		}
	}
	return out
}

// sample is one window as an observer has it.
type sample struct {
	kind    Kind
	class   Class
	group   int
	block   int
	outside []float64
	inside  []float64
}

// counts are what shows that the people did what they were told.
type counts struct {
	Said   uint64 `json:"said"`
	Came   uint64 `json:"came"`
	Opened uint64 `json:"opened"`
	Failed uint64 `json:"failed"`
	Last   string `json:"last_failure,omitempty"`
}

// observed is what an observation gave, before anybody learns from it.
type observed struct {
	samples []sample
	counts  counts
	late    int  // blocks left out
	apart   bool // desk processes had a processor of their own
}

// watch makes the observation.
func watch(ctx context.Context, cfg Config) (*observed, error) {
	s, err := newStage(ctx, cfg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu   sync.Mutex
		out  observed
		errs error
		done int
		wg   sync.WaitGroup
	)
	out.apart = s.aside != 0
	all := len(s.groups) * cfg.Blocks
	for _, g := range s.groups {
		wg.Go(func() {
			err := g.run(ctx, cfg, func(list []sample) {
				mu.Lock()
				defer mu.Unlock()
				out.samples = append(out.samples, list...)
				if len(list) == 0 {
					out.late++ // another is made for it, as long as there are not too many
					return
				}
				if done++; cfg.Progress != nil {
					cfg.Progress(done, all)
				}
			})
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				if errs == nil {
					errs = err
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if errs == nil {
		errs = s.count(&out)
	}
	if err := s.close(); errs == nil {
		errs = err
	}
	return &out, errs
}

// count asks the parts what was done.
func (s *stage) count(out *observed) error {
	for _, g := range s.groups {
		for _, c := range g.parts {
			a, err := c.ask(order{Op: "counts"})
			if err != nil {
				return err
			}
			out.counts.Said += a.Said
			out.counts.Came += a.Came
			out.counts.Opened += a.Opened
			out.counts.Failed += a.Failed
			if a.Last != "" {
				out.counts.Last = a.Last
			}
		}
	}
	return nil
}

// run plays and records one group's windows.
func (g *group) run(ctx context.Context, cfg Config, give func([]sample)) error {
	list := classes(g.kind, cfg.pairs())
	if len(list) == 0 {
		return nil
	}
	p := planner{r: rand.New(rand.NewPCG(cfg.Seed, uint64(g.index))), kind: g.kind, table: g.table, ticks: cfg.Ticks, dir: g.dir, list: list}
	now, _ := g.table.Tick(time.Now())
	next := now + 8 // by then the lines have settled
	kept := 0
	for b := 0; kept < cfg.Blocks && b < 2*cfg.Blocks; b++ {
		var got []sample
		whole := true
		for _, w := range p.block(b, next) {
			s, err := g.play(ctx, w)
			if err != nil {
				return err
			}
			got, whole = append(got, s), whole && s.outside != nil
			next = w.end() + uint64(w.tail)
		}
		if now, _ := g.table.Tick(time.Now()); now+2 > next {
			next = now + 2
		}
		// A block of which a window began late is left out whole, so that which
		// ones are does not depend on the class.
		if !whole {
			got = nil
		} else {
			kept++
		}
		give(got)
	}
	return nil
}

// play has a window's people do their part, and gives what was seen.
func (g *group) play(ctx context.Context, w *window) (sample, error) {
	// The parts hear of it a while before, at the same time for all classes.
	if err := pause(ctx, g.table.TickStart(w.begin()).Add(-g.table.Period()/4)); err != nil {
		return sample{}, err
	}
	s := sample{kind: g.kind, class: w.class, group: g.index, block: w.block}
	if time.Now().After(g.table.TickStart(w.begin())) {
		return s, nil // without features
	}
	for i, c := range g.parts {
		if err := c.tell(order{Op: "acts", Acts: w.acts[i]}); err != nil {
			return sample{}, err
		}
	}
	if w.cut {
		if err := pause(ctx, g.table.TickStart(w.begin())); err != nil {
			return sample{}, err
		}
		g.proxies[seatG].tape.sever(true)
		if err := pause(ctx, g.table.TickStart(w.begin()+2)); err != nil {
			return sample{}, err
		}
		g.proxies[seatG].tape.sever(false)
	}
	if err := pause(ctx, g.table.TickStart(w.first)); err != nil {
		return sample{}, err
	}
	for _, p := range g.proxies {
		p.tape.until(g.table.TickStart(w.first))
	}
	if err := pause(ctx, g.table.TickStart(w.end()).Add(g.table.Period()/8)); err != nil {
		return sample{}, err
	}
	for _, p := range g.proxies {
		events, seen := p.tape.until(g.table.TickStart(w.end()))
		s.outside = append(s.outside, outside(g.table, w, events)...)
		s.inside = append(s.inside, inside(g.table, w, seen)...)
	}
	return s, nil
}
