package observe

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// child is a part in another process. Its methods are for one goroutine.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	enc *json.Encoder
	dec *json.Decoder
}

func startChild(program []string, env []string) (*child, error) {
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "observe.start", "", "cannot make a pipe")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "observe.start", "", "cannot make a pipe")
	}
	if err := cmd.Start(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "observe.start", "", "cannot start a desk")
	}
	return &child{cmd, in, json.NewEncoder(in), json.NewDecoder(out)}, nil
}

func (c *child) tell(o order) error {
	if err := c.enc.Encode(o); err != nil {
		return fault.Wrap(err, fault.Internal, "observe.gone", "", "an observed desk has ended")
	}
	return nil
}

func (c *child) ask(o order) (answer, error) {
	if err := c.tell(o); err != nil {
		return answer{}, err
	}
	var a answer
	if err := c.dec.Decode(&a); err != nil {
		return a, fault.Wrap(err, fault.Internal, "observe.gone", "", "an observed desk has ended")
	}
	if a.Error != "" {
		return a, fault.New(fault.Internal, "observe.part", "", "%s: %s", o.Op, a.Error)
	}
	return a, nil
}

// stop ends a part: it goes when its input ends.
func (c *child) stop() {
	c.in.Close()
	done := make(chan struct{})
	go func() { c.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		c.cmd.Process.Kill()
		<-done
	}
}

// group is one cohort with its few members, apart from all others.
type group struct {
	index   int
	kind    Kind
	table   relay.Timetable
	proxies []*proxy
	parts   []*child
	dir     string
}

// stage is everything that runs.
type stage struct {
	cfg    Config
	dir    string
	server *relay.Server
	groups []*group
	aside  int // the processor of desk processes; 0: any
	back   func() error
}

func cohortName(i int) string { return fmt.Sprintf("g%03d", i) }

// newStage sets up the relay, the wires, the desks and their lines.
func newStage(ctx context.Context, cfg Config) (*stage, error) {
	dir, err := os.MkdirTemp(cfg.Dir, "backchannel-observe-")
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "observe.dir", "", "cannot make a folder")
	}
	s := &stage{cfg: cfg, dir: dir, back: func() error { return nil }}
	if cfg.Apart {
		s.aside, s.back = share()
	}
	kinds := make([]Kind, 0, cfg.Groups+2*cfg.Controls)
	for range cfg.Groups {
		kinds = append(kinds, Shaped)
	}
	for range cfg.Controls {
		kinds = append(kinds, Unshaped, Occasional)
	}
	for i, k := range kinds {
		g := &group{index: i, kind: k, dir: filepath.Join(dir, cohortName(i))}
		// The cohorts are out of step, so that as few desks as can be work at the
		// same moment: on one machine they would be seen through one another.
		// The golden ratio spreads any number of them.
		_, phase := math.Modf(float64(i) * math.Phi)
		start := time.Now().Add(time.Duration((phase - 2) * float64(cfg.Period)))
		g.table = relay.NewTimetable(cohortName(i), start, cfg.Period)
		g.table.Capacity, g.table.JoinEvery, g.table.Retention = 8, relay.MinJoinEvery, 256
		s.groups = append(s.groups, g)
	}
	if err := s.startRelay(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.each(16, func(g *group) error { return s.people(ctx, g) }); err != nil {
		return nil, errors.Join(err, s.close())
	}
	// A line takes ticks, not work: all groups open theirs at the same time.
	if err := s.each(len(s.groups), func(g *group) error { return g.lines(ctx) }); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// startRelay runs the relay, which tells the tapes what it sees. Its logs are
// in memory: a disk would only blur what the observer sees.
func (s *stage) startRelay(ctx context.Context) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "observe.key", "", "cannot make a key")
	}
	cfg := relay.Config{Key: key, Watch: s.watch, Limits: relay.Limits{
		Connections: 1 << 14, HandshakesPerSecond: 1e4, HandshakeBurst: 1e4, HostPerSecond: 1e4, HostBurst: 1e4,
	}}
	for _, g := range s.groups {
		cfg.Cohorts = append(cfg.Cohorts, g.table)
		cfg.Logs = append(cfg.Logs, relay.NewMemory())
	}
	s.server, err = relay.Start(ctx, cfg)
	return err
}

func (s *stage) watch(seen relay.Seen) {
	var i int
	if _, err := fmt.Sscanf(seen.Cohort, "g%d", &i); err != nil || i >= len(s.groups) {
		return
	}
	// Members are enrolled in the order of their seats.
	if g := s.groups[i]; seen.Slot < len(g.proxies) {
		g.proxies[seen.Slot].tape.watch(seen)
	}
}

// each does something for every group, so many at a time.
func (s *stage) each(most int, do func(*group) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(s.groups))
	room := make(chan struct{}, most)
	for i, g := range s.groups {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			errs[i] = do(g)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// people starts a group's desks and enrols them.
func (s *stage) people(ctx context.Context, g *group) error {
	if err := os.Mkdir(g.dir, 0o700); err != nil {
		return fault.Wrap(err, fault.Disk, "observe.dir", "", "cannot make a folder")
	}
	tickets, err := s.server.Tickets(ctx, g.table.Cohort, g.kind.seats(), time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	addr := s.server.Addr()
	for range g.kind.seats() {
		p, err := newProxy(addr.HostPort)
		if err != nil {
			return err
		}
		g.proxies = append(g.proxies, p)
	}
	for i, p := range g.proxies {
		c, err := startChild(s.cfg.Program, s.cfg.Env)
		if err != nil {
			return err
		}
		g.parts = append(g.parts, c)
		if _, err := c.ask(order{Op: "start", Kind: g.kind, Dir: g.dir, Keeper: names[i], Aside: s.aside}); err != nil {
			return err
		}
		through := addr
		through.HostPort = p.ln.Addr().String()
		if _, err := c.ask(order{Op: "enrol", Address: through.String(), Ticket: tickets[i].Text()}); err != nil {
			return err
		}
	}
	return nil
}

// lines opens the go-between's lines.
func (g *group) lines(ctx context.Context) error {
	if g.kind != Shaped {
		return nil
	}
	for seat := seatE; seat <= seatF; seat++ {
		if err := g.open(ctx, seat); err != nil {
			return err
		}
	}
	return nil
}

// open opens the go-between's line to somebody.
func (g *group) open(ctx context.Context, seat int) error {
	a, err := g.parts[seatG].ask(order{Op: "invite", Peer: names[seat]})
	if err != nil {
		return err
	}
	if _, err := g.parts[seat].ask(order{Op: "join", Peer: names[seatG], Invite: a.Invite}); err != nil {
		return err
	}
	for range 100 + 20*int(time.Second/min(time.Second, g.table.Period())) {
		if err := pause(ctx, time.Now().Add(g.table.Period())); err != nil {
			return err
		}
		a, err := g.parts[seatG].ask(order{Op: "lines"})
		if err != nil {
			return err
		}
		b, err := g.parts[seat].ask(order{Op: "lines"})
		if err != nil {
			return err
		}
		if a.Open >= seat && b.Open >= 1 {
			return nil
		}
	}
	return fault.New(fault.Internal, "observe.line", "", "a line does not open: the machine is too slow for this tick")
}

func pause(ctx context.Context, until time.Time) error {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (s *stage) close() error {
	var wg sync.WaitGroup
	for _, g := range s.groups {
		for _, c := range g.parts {
			wg.Go(c.stop)
		}
	}
	wg.Wait()
	for _, g := range s.groups {
		for _, p := range g.proxies {
			p.close()
		}
	}
	var errs []error
	if s.server != nil {
		stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		errs = append(errs, s.server.Stop(stop))
	}
	return errors.Join(append(errs, s.back(), os.RemoveAll(s.dir))...)
}
