package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Remote is a desk that another process serves, reached over its control
// socket.
type Remote struct {
	http   *http.Client
	codec  record.Codec
	keeper record.Name

	mu     sync.Mutex
	record *record.Record // as far as it was fetched; guarded by mu
}

// Connect reaches the desk in dir that another process serves. If none does,
// the error is NotFound.
func Connect(ctx context.Context, dir string) (*Remote, error) {
	r := remoteIn(dir)
	if err := r.call(ctx, "keeper", nil, &r.keeper); err != nil {
		return nil, err
	}
	r.record = record.New(r.keeper)
	return r, nil
}

func remoteIn(dir string) *Remote {
	path := filepath.Join(dir, socketName)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Remote{http: &http.Client{Transport: &http.Transport{DialContext: dial}}, codec: circle.Codec()}
}

// Close lets go of the connection.
func (r *Remote) Close() error {
	r.http.CloseIdleConnections()
	return nil
}

func (r *Remote) call(ctx context.Context, name string, in, out any) error {
	body, err := wire.Encode(in)
	if err != nil {
		return err
	}
	resp, err := r.do(ctx, "POST", name, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 2*maxCall))
	if err != nil {
		return fault.Wrap(err, fault.Unreachable, "desk.gone", "start it with `backchannel desk serve`", "the desk stopped answering")
	}
	var a answer
	if err := wire.DecodeOwn(b, &a); err != nil {
		return err
	}
	if a.Error != nil {
		return a.Error.error()
	}
	if out == nil {
		return nil
	}
	return wire.DecodeOwn(a.Body, out)
}

func (r *Remote) do(ctx context.Context, method, name string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://desk/"+name, bytes.NewReader(body))
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "desk.call", "", "cannot call the desk")
	}
	resp, err := r.http.Do(req)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED):
		return nil, fault.Wrap(err, fault.NotFound, "desk.not-served", "start it with `backchannel desk serve`", "no desk is being served there")
	case err != nil:
		return nil, fault.Wrap(err, fault.Unreachable, "desk.unreachable", "start it with `backchannel desk serve`", "the desk does not answer")
	}
	return resp, nil
}

// Keeper implements Handle.
func (r *Remote) Keeper() record.Name { return r.keeper }

// Clock implements Handle.
func (r *Remote) Clock(ctx context.Context) (t record.Instant, err error) {
	return t, r.call(ctx, "clock", nil, &t)
}

// SetClock implements Handle.
func (r *Remote) SetClock(ctx context.Context, t record.Instant) error {
	return r.call(ctx, "set-clock", t, nil)
}

// Record implements Handle. It fetches what came since the last call.
func (r *Remote) Record(ctx context.Context) (*record.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var gone int
	if err := r.call(ctx, "gone", nil, &gone); err != nil {
		return nil, err
	}
	if gone != r.record.Gone() && r.record.Len() > 0 {
		r.record = record.New(r.keeper) // it holds what was destroyed since
	}
	for {
		var raws []wire.Raw
		if err := r.call(ctx, "items", r.record.Len(), &raws); err != nil {
			return nil, err
		}
		if len(raws) == 0 {
			return r.record.Clone(), nil
		}
		for _, raw := range raws {
			it, err := r.codec.DecodeItem(raw)
			if err != nil {
				return nil, err
			}
			if _, err := r.record.Add(r.codec, it); err != nil {
				return nil, err
			}
		}
	}
}

// Write implements Handle.
func (r *Remote) Write(ctx context.Context, m Mode, drafts ...record.Entry) (convey.Plan, error) {
	raws, err := encodeAll(r.codec, drafts)
	if err != nil {
		return convey.Plan{}, err
	}
	return r.plan(ctx, "write", writeCall{bool(m), raws})
}

// Carry implements Handle.
func (r *Remote) Carry(ctx context.Context, m Mode, o convey.Order) (convey.Plan, error) {
	return r.plan(ctx, "carry", carryCall{bool(m), o})
}

func (r *Remote) plan(ctx context.Context, name string, in any) (convey.Plan, error) {
	var w planWire
	if err := r.call(ctx, name, in, &w); err != nil {
		return convey.Plan{}, err
	}
	var p convey.Plan
	var err error
	if p.Entries, err = r.decodeAll(w.Entries); err != nil {
		return p, err
	}
	for _, q := range w.Parcels {
		entries, err := r.decodeAll(q.Entries)
		if err != nil {
			return p, err
		}
		p.Parcels = append(p.Parcels, convey.Parcel{To: q.To, First: q.First, Entries: entries})
	}
	return p, nil
}

func (r *Remote) decodeAll(raws []wire.Raw) ([]record.Entry, error) {
	out := make([]record.Entry, len(raws))
	for i, raw := range raws {
		e, err := r.codec.Decode(raw)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// Lines implements Handle.
func (r *Remote) Lines(ctx context.Context) (l []LineStatus, err error) {
	return l, r.call(ctx, "lines", nil, &l)
}

// Relay implements Handle.
func (r *Remote) Relay(ctx context.Context) (s RelayStatus, err error) {
	return s, r.call(ctx, "relay", nil, &s)
}

// Backup implements Handle. The file stands where the desk runs.
func (r *Remote) Backup(ctx context.Context, file string) (b Backup, err error) {
	if file, err = filepath.Abs(file); err != nil {
		return b, moveFault(err, "cannot find the place of the file")
	}
	return b, r.call(ctx, "backup", nameCall{Text: file}, &b)
}

// Backups implements Handle.
func (r *Remote) Backups(ctx context.Context) (l []Backup, err error) {
	return l, r.call(ctx, "backups", nil, &l)
}

// Enrol implements Handle.
func (r *Remote) Enrol(ctx context.Context, address, ticket string) error {
	return r.call(ctx, "enrol", nameCall{Text: address, More: ticket}, nil)
}

// AddRelay implements Handle.
func (r *Remote) AddRelay(ctx context.Context, address, ticket string) error {
	return r.call(ctx, "add-relay", nameCall{Text: address, More: ticket}, nil)
}

// Invite implements Handle.
func (r *Remote) Invite(ctx context.Context, o InviteOrder) (text string, err error) {
	return text, r.call(ctx, "invite", o, &text)
}

// Join implements Handle.
func (r *Remote) Join(ctx context.Context, invite string, peer record.Name) error {
	return r.call(ctx, "join", nameCall{Peer: peer, Text: invite}, nil)
}

// Compared implements Handle.
func (r *Remote) Compared(ctx context.Context, peer record.Name, same bool) error {
	return r.call(ctx, "compared", nameCall{Peer: peer, Same: same}, nil)
}

// CompareLine implements Handle.
func (r *Remote) CompareLine(ctx context.Context, peer record.Name, step CompareStep) error {
	return r.call(ctx, "compare-line", nameCall{Peer: peer, Text: string(step)}, nil)
}

// Hangup implements Handle.
func (r *Remote) Hangup(ctx context.Context, peer record.Name) error {
	return r.call(ctx, "hangup", nameCall{Peer: peer}, nil)
}

// Revoke implements Handle.
func (r *Remote) Revoke(ctx context.Context, peer record.Name) error {
	return r.call(ctx, "revoke", nameCall{Peer: peer}, nil)
}

// Rekey implements Handle.
func (r *Remote) Rekey(ctx context.Context, o RekeyOrder) (text string, err error) {
	return text, r.call(ctx, "rekey", o, &text)
}

// Lost implements Handle.
func (r *Remote) Lost(ctx context.Context, peer record.Name) error {
	return r.call(ctx, "lost", nameCall{Peer: peer}, nil)
}

// LeaveRelay implements Handle.
func (r *Remote) LeaveRelay(ctx context.Context, address string) error {
	return r.call(ctx, "leave-relay", nameCall{Text: address}, nil)
}

// Revocation implements Handle.
func (r *Remote) Revocation(ctx context.Context, relay string) (address, code string, err error) {
	var out nameCall
	err = r.call(ctx, "revocation", nameCall{Text: relay}, &out)
	return out.Text, out.More, err
}

// Destroy implements Handle.
func (r *Remote) Destroy(ctx context.Context, m Mode, o DestroyOrder) (out Destruction, err error) {
	err = r.call(ctx, "destroy", destroyCall{bool(m), o}, &out)
	return out, err
}

// Departures implements Handle.
func (r *Remote) Departures(ctx context.Context) (out []Departure, err error) {
	return out, r.call(ctx, "departures", nil, &out)
}

// TakeBack implements Handle.
func (r *Remote) TakeBack(ctx context.Context, entry keys.ID) (out Departure, err error) {
	return out, r.call(ctx, "take-back", entry, &out)
}

// Pouch implements Handle.
func (r *Remote) Pouch(ctx context.Context, o PouchOrder) (out PouchAnswer, err error) {
	return out, r.call(ctx, "pouch", o, &out)
}

// Prove implements Handle.
func (r *Remote) Prove(ctx context.Context, o ProofOrder) (out ProofAnswer, err error) {
	return out, r.call(ctx, "prove", o, &out)
}

// Changes implements Handle.
func (r *Remote) Changes(ctx context.Context) (<-chan struct{}, error) {
	resp, err := r.do(ctx, "GET", "changes", nil)
	if err != nil {
		return nil, err
	}
	c := make(chan struct{}, 1)
	go func() {
		defer close(c)
		defer resp.Body.Close()
		buf := make([]byte, 64)
		for {
			if _, err := resp.Body.Read(buf); err != nil {
				return
			}
			select {
			case c <- struct{}{}:
			default:
			}
		}
	}()
	return c, nil
}
