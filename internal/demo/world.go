package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
)

// The demo's cohort: a beat of 250 ms, so that a negotiation of weeks is over
// in a minute. A real one beats every 30 s.
const (
	cohort   = "demo"
	period   = "250ms"
	capacity = "8"
)

// world is the running demo: the relay, the desks, and the folder they live in.
type world struct {
	dir      string
	lock     *os.File // held while this process lives; nil for a folder that stays
	exe      string
	keep     bool // leave the folder
	relay    *child
	address  string
	children []*child // of desks
	stage    *stage
	pages    map[record.Name]string // login links
}

// begin makes the folder and starts the relay, with a beat of its own.
func begin(ctx context.Context, exe, period string, keep bool) (*world, error) {
	// A short name: the path of a control socket may not be long.
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", folderName)
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "demo.dir", "make room, or set TMPDIR", "cannot make a temporary folder")
	}
	var lock *os.File
	if !keep {
		if lock, err = lockFolder(dir); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	w := &world{dir: dir, lock: lock, exe: exe, keep: keep, stage: &stage{desks: map[record.Name]*desk.Remote{}}, pages: map[record.Name]string{}}
	var status relay.Status
	w.relay, err = start(ctx, exe, dir, "relay", "", &status, "relay", "serve", "--json", "--tethered", "--data", w.path("relay"),
		"--cohort", cohort, "--period", period, "--capacity", capacity, "--join-every", "4", "--keep", "1h")
	if err != nil {
		return nil, errors.Join(err, w.end())
	}
	w.address = status.Address
	return w, nil
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// addDesk makes a desk with a vault of its own and starts it.
func (w *world) addDesk(ctx context.Context, keeper record.Name) error {
	dir, pass := w.path(string(keeper)), rand.Text()
	// A cheap guard, which opens at once: this passphrase protects nobody.
	if err := desk.Create(dir, keeper, []byte(pass), vault.Cheap()); err != nil {
		return err
	}
	var ready struct {
		Page string `json:"page"`
	}
	c, err := start(ctx, w.exe, w.dir, "desk-"+string(keeper), pass+"\n", &ready,
		"desk", "serve", "--json", "--tethered", "--case-clock", "--lock-after", "0", "--desk", dir, "--passphrase-file", "-")
	if err != nil {
		return err
	}
	w.children = append(w.children, c)
	var r *desk.Remote
	err = until(ctx, "demo.desk", "a desk does not answer", func() (bool, error) {
		r, err = desk.Connect(ctx, dir)
		if fault.Is(err, fault.NotFound) {
			return false, nil // its socket comes a moment after its page
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	w.stage.order = append(w.stage.order, keeper)
	w.stage.desks[keeper] = r
	w.pages[keeper] = ready.Page
	return nil
}

// open opens lines between desks that are there.
func (w *world) open(ctx context.Context, lines []casefile.Line) error {
	tickets := func(n int) ([]string, error) {
		return relay.AskTickets(ctx, w.path("relay"), cohort, n, time.Now().Add(time.Hour))
	}
	return w.stage.openLines(ctx, w.address, tickets, lines)
}

// wait returns when ctx ends, or with an error when a process does.
func (w *world) wait(ctx context.Context) error {
	ended := make(chan *child, 1+len(w.children))
	for _, c := range append([]*child{w.relay}, w.children...) {
		go func() {
			<-c.ended
			ended <- c
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case c := <-ended:
		// Ctrl-C goes to all of us, and may reach a child first.
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
			return c.trouble()
		}
	}
}

// end stops every process, the relay last, and removes the folder.
func (w *world) end() error {
	var errs []error
	for _, d := range w.stage.desks {
		errs = append(errs, d.Close())
	}
	stops := make(chan error, len(w.children))
	for _, c := range w.children {
		go func() { stops <- c.stop() }()
	}
	for range w.children {
		errs = append(errs, <-stops)
	}
	if w.relay != nil {
		errs = append(errs, w.relay.stop())
	}
	if !w.keep {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	if w.lock != nil {
		errs = append(errs, w.lock.Close())
	}
	return errors.Join(errs...)
}
