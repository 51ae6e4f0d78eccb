package desk

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// ServeControl answers on the control socket in dir until somebody unlocks the
// desk, which it then gives, or until ctx ends. Every call but unlock is refused.
// It calls ready as soon as it answers.
func (l *Locked) ServeControl(ctx context.Context, dir string, ready func()) (*Desk, error) {
	return serveLocked(ctx, dir, ready, l.Unlock)
}

// Await does so for a desk process that was started again by its line process:
// whoever has the passphrase opens the desk, as Open does.
func Await(ctx context.Context, dir string, ready func(), opt Options) (*Desk, error) {
	return serveLocked(ctx, dir, ready, func(ctx context.Context, pass []byte) (*Desk, error) { return Open(ctx, dir, pass, opt) })
}

func serveLocked(ctx context.Context, dir string, ready func(), open func(context.Context, []byte) (*Desk, error)) (*Desk, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var mu sync.Mutex // one passphrase is tried at a time
	var d *Desk
	told := make(chan struct{}) // closed when whoever unlocked it was told
	unlock := serveCall(func(ctx context.Context, b []byte) (any, error) {
		if d != nil {
			return nil, nil
		}
		var pass []byte
		if err := wire.DecodeOwn(b, &pass); err != nil {
			return nil, err
		}
		defer clear(pass)
		var err error
		d, err = open(ctx, pass)
		return nil, err
	})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /unlock", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		before := d
		unlock(w, r)
		if before == nil && d != nil {
			http.NewResponseController(w).Flush()
			close(told)
		}
	})
	mux.HandleFunc("/", serveCall(func(context.Context, []byte) (any, error) { return nil, errLocked() }))
	ended := make(chan error, 1)
	go func() { ended <- serveSocket(ctx, dir, mux, ready) }()
	var err error
	select {
	case <-told:
		end()
		err = <-ended
	case err = <-ended:
	}
	mu.Lock() // a call that is under way ends first
	defer mu.Unlock()
	return d, err
}

// lockCalls adds the calls of the control socket that lock a desk. Whoever asks
// has his answer before the socket is closed.
func (d *Desk) lockCalls(mux *http.ServeMux) {
	yes := serveCall(func(context.Context, []byte) (any, error) { return nil, nil })
	mux.HandleFunc("POST /lock", func(w http.ResponseWriter, r *http.Request) {
		yes(w, r)
		http.NewResponseController(w).Flush()
		d.AskLock()
	})
	mux.HandleFunc("POST /unlock", serveCall(func(context.Context, []byte) (any, error) { return nil, errNotLocked() }))
}

func errNotLocked() error {
	return fault.New(fault.Exists, "desk.not-locked", "go on", "this desk is not locked")
}

// AskLock asks the process that serves the desk to lock it.
func (r *Remote) AskLock(ctx context.Context) error { return r.call(ctx, "lock", nil, nil) }

// Unlock unlocks the desk in dir that another process serves. If none does, the
// error is NotFound; if it is not locked, Exists.
func Unlock(ctx context.Context, dir string, pass []byte) error {
	r := remoteIn(dir)
	defer r.Close()
	return r.call(ctx, "unlock", pass, nil)
}

// IsLocked reports whether the desk that is being served in dir is locked.
func IsLocked(ctx context.Context, dir string) bool {
	r, err := Connect(ctx, dir)
	if err == nil {
		r.Close()
	}
	var f *fault.Error
	return errors.As(err, &f) && f.ID == "desk.locked"
}
