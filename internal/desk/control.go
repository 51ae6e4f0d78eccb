package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// The control socket lets commands reach a desk that is being served: it is a
// Unix socket in the vault's folder, which only its owner may enter, so no web
// page and no other user can reach it. It speaks HTTP with CBOR bodies.

const (
	socketName  = "desk.sock"
	maxCall     = 8 << 20 // bytes of one call or answer
	itemsAtOnce = 1000    // items of the record in one answer
)

type answer struct {
	Error *faultWire `cbor:"1,keyasint,omitempty"`
	Body  wire.Raw   `cbor:"2,keyasint,omitempty"`
}

type faultWire struct {
	Kind  fault.Kind `cbor:"1,keyasint"`
	ID    string     `cbor:"2,keyasint"`
	Text  string     `cbor:"3,keyasint"`
	Hint  string     `cbor:"4,keyasint,omitempty"`
	Says  formatWire `cbor:"6,keyasint,omitempty"` // 5 was the arguments alone
	Tells formatWire `cbor:"7,keyasint,omitempty"`
	Cause *faultWire `cbor:"8,keyasint,omitempty"`
}

// formatWire is a format of an error with what fills it, each part as its verb
// writes it.
type formatWire struct {
	Format string   `cbor:"1,keyasint"`
	Args   []string `cbor:"2,keyasint,omitempty"`
}

type planWire struct {
	Entries []wire.Raw   `cbor:"1,keyasint"`
	Parcels []parcelWire `cbor:"2,keyasint"`
}

type parcelWire struct {
	To      record.Name `cbor:"1,keyasint"`
	First   uint64      `cbor:"2,keyasint"`
	Entries []wire.Raw  `cbor:"3,keyasint"`
}

type writeCall struct {
	Commit bool       `cbor:"1,keyasint"`
	Drafts []wire.Raw `cbor:"2,keyasint"`
}

type carryCall struct {
	Commit bool         `cbor:"1,keyasint"`
	Order  convey.Order `cbor:"2,keyasint"`
}

type nameCall struct {
	Peer record.Name `cbor:"1,keyasint"`
	Same bool        `cbor:"2,keyasint,omitempty"`
	Text string      `cbor:"3,keyasint,omitempty"`
	More string      `cbor:"4,keyasint,omitempty"`
}

// ServeControl answers calls on the control socket of the desk in dir until
// ctx ends.
func (d *Desk) ServeControl(ctx context.Context, dir string) error {
	mux := http.NewServeMux()
	for name, call := range d.calls() {
		mux.HandleFunc("POST /"+name, serveCall(func(ctx context.Context, b []byte) (any, error) {
			d.used.Store(time.Now().UnixMilli())
			return call(ctx, b)
		}))
	}
	d.lockCalls(mux)
	mux.HandleFunc("GET /changes", d.serveChanges)
	return serveSocket(ctx, dir, mux, func() {})
}

// serveSocket answers on the control socket in dir until ctx ends. Calls under
// way are then cut off.
func serveSocket(ctx context.Context, dir string, mux http.Handler, ready func()) error {
	path := filepath.Join(dir, socketName)
	// The vault's lock is ours, so a socket that is there was left by a process
	// that is gone.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fault.Wrap(err, fault.Disk, "desk.socket", "", "cannot remove the old control socket")
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fault.Wrap(err, fault.Disk, "desk.socket", "use a folder with a shorter path", "cannot open the control socket")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(err, l.Close())
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	ready()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type callFunc func(ctx context.Context, body []byte) (any, error)

func serveCall(f callFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
		var a answer
		if err == nil {
			var v any
			if v, err = f(r.Context(), body); err == nil && v != nil {
				a.Body, err = wire.Encode(v)
			}
		}
		if err != nil {
			a = answer{Error: toWire(err)}
		}
		out := wire.MustEncode(a)
		w.Header().Set("Content-Type", "application/cbor")
		w.Header().Set("Content-Length", fmt.Sprint(len(out))) // so that it is whole as soon as it is flushed
		w.Write(out)                                           // the caller sees a broken answer and says so
	}
}

func toWire(err error) *faultWire {
	var e *fault.Error
	if !errors.As(err, &e) {
		return &faultWire{Kind: fault.KindOf(err), ID: foreignFault, Text: err.Error()}
	}
	f := &faultWire{Kind: e.Kind, ID: e.ID, Text: e.Text, Hint: e.Hint, Says: formatToWire(e.Says), Tells: formatToWire(e.Tells)}
	if cause := e.Unwrap(); cause != nil {
		f.Cause = toWire(cause)
	}
	return f
}

// foreignFault is the id of an error that is no fault, such as one of the
// system.
const foreignFault = "internal"

func (f *faultWire) error() error {
	e := &fault.Error{Kind: f.Kind, ID: f.ID, Text: f.Text, Hint: f.Hint, Says: f.Says.format(), Tells: f.Tells.format()}
	switch {
	case f.Cause == nil:
		return e
	case f.Cause.ID == foreignFault && f.Cause.Cause == nil:
		return e.Because(errors.New(f.Cause.Text))
	}
	return e.Because(f.Cause.error())
}

func formatToWire(f fault.Format) formatWire {
	w := formatWire{Format: f.Format}
	for _, a := range f.Args {
		w.Args = append(w.Args, fmt.Sprint(a))
	}
	return w
}

func (w formatWire) format() fault.Format {
	f := fault.Format{Format: w.Format}
	for _, a := range w.Args {
		f.Args = append(f.Args, a)
	}
	return f
}

// ordered is a call that takes one order and gives one answer.
func ordered[Order, Answer any](step func(context.Context, Order) (Answer, error)) callFunc {
	return func(ctx context.Context, b []byte) (any, error) {
		var o Order
		if err := wire.DecodeOwn(b, &o); err != nil {
			return nil, err
		}
		return step(ctx, o)
	}
}

func (d *Desk) calls() map[string]callFunc {
	named := func(f func(context.Context, nameCall) (any, error)) callFunc {
		return func(ctx context.Context, b []byte) (any, error) {
			var c nameCall
			if err := wire.DecodeOwn(b, &c); err != nil {
				return nil, err
			}
			return f(ctx, c)
		}
	}
	return map[string]callFunc{
		"keeper": func(context.Context, []byte) (any, error) { return d.Keeper(), nil },
		"clock":  func(ctx context.Context, _ []byte) (any, error) { return d.Clock(ctx) },
		"set-clock": func(ctx context.Context, b []byte) (any, error) {
			var t record.Instant
			if err := wire.DecodeOwn(b, &t); err != nil {
				return nil, err
			}
			return nil, d.SetClock(ctx, t)
		},
		"items": d.callItems,
		"write": d.callWrite,
		"carry": d.callCarry,
		"lines": func(ctx context.Context, _ []byte) (any, error) { return d.Lines(ctx) },
		"relay": func(ctx context.Context, _ []byte) (any, error) { return d.Relay(ctx) },
		"enrol": named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Enrol(ctx, c.Text, c.More) }),
		"invite": func(ctx context.Context, b []byte) (any, error) {
			var o InviteOrder
			if err := wire.DecodeOwn(b, &o); err != nil {
				return nil, err
			}
			return d.Invite(ctx, o)
		},
		"join":     named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Join(ctx, c.Text, c.Peer) }),
		"compared": named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Compared(ctx, c.Peer, c.Same) }),
		"compare-line": named(func(ctx context.Context, c nameCall) (any, error) {
			return nil, d.CompareLine(ctx, c.Peer, CompareStep(c.Text))
		}),
		"revoke": named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Revoke(ctx, c.Peer) }),
		"lost":   named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Lost(ctx, c.Peer) }),
		"rekey": func(ctx context.Context, b []byte) (any, error) {
			var o RekeyOrder
			if err := wire.DecodeOwn(b, &o); err != nil {
				return nil, err
			}
			return d.Rekey(ctx, o)
		},
		"leave-relay": named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.LeaveRelay(ctx, c.Text) }),
		"add-relay":   named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.AddRelay(ctx, c.Text, c.More) }),
		"revocation": named(func(ctx context.Context, c nameCall) (any, error) {
			address, code, err := d.Revocation(ctx, c.Text)
			return nameCall{Text: address, More: code}, err
		}),
		"destroy": func(ctx context.Context, b []byte) (any, error) {
			var c destroyCall
			if err := wire.DecodeOwn(b, &c); err != nil {
				return nil, err
			}
			return d.Destroy(ctx, Mode(c.Commit), c.Order)
		},
		"backup":  named(func(ctx context.Context, c nameCall) (any, error) { return d.Backup(ctx, c.Text) }),
		"backups": func(ctx context.Context, _ []byte) (any, error) { return d.Backups(ctx) },
		"gone": func(context.Context, []byte) (any, error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			return d.record.Gone(), nil
		},
		"departures": func(ctx context.Context, _ []byte) (any, error) { return d.Departures(ctx) },
		"take-back":  ordered(d.TakeBack),
		"pouch":      ordered(d.Pouch),
		"prove":      ordered(d.Prove),
		"phone":      ordered(d.Phone),
		"hangup":     named(func(ctx context.Context, c nameCall) (any, error) { return nil, d.Hangup(ctx, c.Peer) }),
	}
}

// destroyCall is a call of Destroy.
type destroyCall struct {
	Commit bool         `cbor:"1,keyasint"`
	Order  DestroyOrder `cbor:"2,keyasint"`
}

func (d *Desk) callItems(ctx context.Context, b []byte) (any, error) {
	var from int
	if err := wire.DecodeOwn(b, &from); err != nil {
		return nil, err
	}
	r, err := d.Record(ctx)
	if err != nil {
		return nil, err
	}
	out := []wire.Raw{}
	for size := 0; from >= 0 && from < r.Len() && len(out) < itemsAtOnce && size < maxCall/2; from++ {
		e, err := d.codec.EncodeItem(*r.At(from))
		if err != nil {
			return nil, err
		}
		size += len(e)
		out = append(out, e)
	}
	return out, nil
}

func (d *Desk) callWrite(ctx context.Context, b []byte) (any, error) {
	var c writeCall
	if err := wire.DecodeOwn(b, &c); err != nil {
		return nil, err
	}
	drafts := make([]record.Entry, len(c.Drafts))
	for i, raw := range c.Drafts {
		e, err := d.codec.Decode(raw)
		if err != nil {
			return nil, err
		}
		drafts[i] = e
	}
	p, err := d.Write(ctx, Mode(c.Commit), drafts...)
	if err != nil {
		return nil, err
	}
	return d.planToWire(p)
}

func (d *Desk) callCarry(ctx context.Context, b []byte) (any, error) {
	var c carryCall
	if err := wire.DecodeOwn(b, &c); err != nil {
		return nil, err
	}
	p, err := d.Carry(ctx, Mode(c.Commit), c.Order)
	if err != nil {
		return nil, err
	}
	return d.planToWire(p)
}

func (d *Desk) planToWire(p convey.Plan) (planWire, error) {
	var w planWire
	var err error
	if w.Entries, err = encodeAll(d.codec, p.Entries); err != nil {
		return w, err
	}
	for _, q := range p.Parcels {
		entries, err := encodeAll(d.codec, q.Entries)
		if err != nil {
			return w, err
		}
		w.Parcels = append(w.Parcels, parcelWire{q.To, q.First, entries})
	}
	return w, nil
}

func encodeAll(codec record.Codec, entries []record.Entry) ([]wire.Raw, error) {
	out := make([]wire.Raw, len(entries))
	for i, e := range entries {
		b, err := codec.Encode(e)
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// serveChanges writes one byte for each change, and a first one at once.
func (d *Desk) serveChanges(w http.ResponseWriter, r *http.Request) {
	changes, err := d.Changes(r.Context())
	if err != nil {
		http.Error(w, err.Error(), fault.Status(err))
		return
	}
	rc := http.NewResponseController(w)
	for ok := true; ok; _, ok = <-changes {
		if _, err := w.Write([]byte{'.'}); err != nil || rc.Flush() != nil {
			return
		}
	}
}
