package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
	"backchannel/internal/relay/client"
	"backchannel/internal/vault"
)

// Options say how a desk runs. The zero value is what a person's desk uses.
type Options struct {
	// CaseClock makes the desk tell the time that SetClock last gave it, for
	// playing a case. The lines go by the machine's clock all the same.
	CaseClock bool
	// Log gets what an operator may read: never a word, a name or a secret.
	Log *slog.Logger
	// Dial makes the connection to the relay; nil for TCP. Tests record with it.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Tor is the SOCKS port of a running Tor, through which alone the desk goes to
	// its relay; empty: directly. A desk that enrolled through Tor never goes without.
	Tor string
	// Offline opens the desk without going to its relay.
	Offline bool
	// Line is set where a line process keeps the clocks, the decks and the inbox.
	Line *LineWay
	// KeepDue leaves what retention says is due until Destroy is called.
	KeepDue bool

	tor func(ctx context.Context, network, address string) (net.Conn, error) // nil without Tor
}

// Desk is one person's desk in this process. Its methods may be called from
// any goroutine.
type Desk struct {
	vault *vault.Vault
	codec record.Codec
	opt   Options
	post  *post // the lines and the relay

	uneven bool // an entry stands twice in the journal, so places differ; set when opening

	mu     sync.Mutex      // guards what follows, and the order of the journal
	record *record.Record  // grows under mu
	snap   *record.Record  // a clone of it, nil when it has grown since
	clock  record.Instant  // of the case, if CaseClock
	last   record.Instant  // latest Known in the record
	ledger *accord.Ledger  // of the keeper's projection of it, for plans; nil until one asks
	subs   []chan struct{} // who wants to hear of changes
	closed bool            // no more writes
	fresh  *keys.SignKey   // a confirmation key that was shown and is not stored yet

	swept   int            // entries of the record when it was last looked at for what is due
	nextDue record.Instant // when something is due by date; 0: never

	sendings []sending // that may still wait, oldest first; see takeback.go

	compares  map[record.Name]comparing // comparisons under way, by line
	comparing bool                      // work is being done on them
	work      sync.WaitGroup            // that work

	locked  bool            // closed, and the beat goes on without it
	ctx     context.Context // ends when the desk is closed or locked
	end     context.CancelFunc
	used    atomic.Int64  // when a call last came over the control socket
	lockAsk chan struct{} // somebody asks for the desk to be locked
	phones  atomic.Pointer[phoneFace]
}

// Names of the small values in the vault.
const (
	metaKeeper = "keeper"
	metaClock  = "case-clock"
	metaSign   = "confirmation-key"
)

// Create makes a desk for keeper in dir and leaves it closed.
func Create(dir string, keeper record.Name, passphrase []byte, p vault.Params) error {
	if err := keeper.Check(); err != nil {
		return err
	}
	v, err := vault.Create(dir, passphrase, p)
	if err != nil {
		return err
	}
	err = v.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaKeeper, []byte(keeper)) })
	return errors.Join(err, v.Close())
}

// Open opens the desk in dir, and goes to its relay if it has one.
func Open(ctx context.Context, dir string, passphrase []byte, opt Options) (*Desk, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Tor != "" {
		opt.tor = client.Tor(opt.Tor)
	}
	open := vault.Open
	if opt.Line != nil {
		open = func(dir string, pass []byte) (*vault.Vault, error) { return vault.OpenHeld(dir, pass, opt.Line.Lock) }
	}
	v, err := open(dir, passphrase)
	if err != nil {
		return nil, err
	}
	if err := stays(v, dir); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	d := newDesk(ctx, v, opt)
	err = d.load()
	if err == nil {
		d.post, err = newPost(ctx, d)
	}
	if err == nil {
		err = d.loadCompares()
	}
	if err != nil {
		if opt.Line != nil {
			opt.Line.Conn.Close() // the line process starts another
		}
		return nil, errors.Join(err, v.Close())
	}
	if d.post.line != nil {
		d.takeInWhatWaits()
		d.post.line.start()
	}
	d.mu.Lock()
	if err := d.sweep(); err != nil {
		d.opt.Log.Error("what is due was not destroyed", "kind", string(fault.KindOf(err)))
	}
	d.mu.Unlock()
	d.work.Go(func() { d.sweeping(d.ctx) })
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	for _, c := range d.post.clocks {
		c.start()
	}
	return d, nil
}

func newDesk(ctx context.Context, v *vault.Vault, opt Options) *Desk {
	d := &Desk{vault: v, codec: circle.Codec(), opt: opt, lockAsk: make(chan struct{}, 1)}
	d.ctx, d.end = context.WithCancel(context.WithoutCancel(ctx))
	return d
}

func (d *Desk) load() error {
	keeper, err := d.vault.Meta(metaKeeper)
	if err != nil {
		return fault.Wrap(err, fault.Corrupt, "desk.keeper", "make the desk again with `backchannel desk init`", "this vault has no keeper")
	}
	d.record = record.New(record.Name(keeper))
	if b, err := d.vault.Meta(metaClock); err == nil && d.opt.CaseClock {
		t, err := time.Parse(time.RFC3339Nano, string(b))
		if err != nil {
			return fault.Wrap(err, fault.Corrupt, "desk.clock", "", "the case clock does not read")
		}
		d.clock = record.At(t)
	}
	if err := d.replay(); err != nil {
		return err
	}
	if err := d.loadSendings(); err != nil {
		return err
	}
	return d.restoreSkipped()
}

// Close leaves the relay and closes the vault.
func (d *Desk) Close() error {
	d.mu.Lock()
	locked := d.locked
	d.mu.Unlock()
	if locked {
		return nil
	}
	if d.post.line != nil {
		d.mu.Lock()
		d.wipeAgain() // while there is somebody who does it
		d.mu.Unlock()
	}
	d.end()
	d.post.close()
	d.work.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	for _, c := range d.subs {
		close(c)
	}
	d.subs = nil
	d.keepSnapshot(d.record, snapAtAll)
	d.wipeAgain()
	err := d.vault.Close()
	if d.post.line != nil {
		d.post.line.bye()
	}
	return err
}

// Keeper implements Handle.
func (d *Desk) Keeper() record.Name { return d.record.Keeper() }

// Record implements Handle.
func (d *Desk) Record(context.Context) (*record.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked {
		return nil, errLocked()
	}
	return d.snapshot(), nil
}

func (d *Desk) snapshot() *record.Record {
	if d.snap == nil {
		d.snap = d.record.Clone()
	}
	return d.snap
}

// Clock implements Handle.
func (d *Desk) Clock(context.Context) (record.Instant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now(), nil
}

func (d *Desk) now() record.Instant {
	if d.opt.CaseClock && d.clock != 0 {
		return d.clock
	}
	return record.At(time.Now())
}

// maxSetBack is how far a clock may go back before the desk asks its keeper:
// machines correct their clocks by seconds.
const maxSetBack = record.Instant(2 * time.Minute / time.Millisecond)

// writeTime gives the time at which something is logged now. It never goes
// back: "as we knew at T" must not change when a clock does.
func (d *Desk) writeTime() (record.Instant, error) {
	now := d.now()
	if now < d.last-maxSetBack {
		return 0, fault.New(fault.Clock, "desk.clock-back", "set the machine's clock right; nothing was lost and nothing was logged",
			"the clock says %s, and the record already goes to %s", now, d.last)
	}
	return max(now, d.last), nil
}

// SetClock implements Handle.
func (d *Desk) SetClock(_ context.Context, t record.Instant) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.opt.CaseClock {
		return fault.New(fault.Refused, "desk.real-clock", "open the desk with --case-clock to play a case", "this desk goes by the machine's clock")
	}
	if t < d.clock {
		return fault.New(fault.Clock, "desk.case-clock-back", "", "the case clock stands at %s and does not go back to %s", d.clock, t)
	}
	err := d.vault.Update(func(tx *vault.Tx) error {
		return tx.SetMeta(metaClock, []byte(t.Time().Format(time.RFC3339Nano)))
	})
	if err != nil {
		return err
	}
	return d.tell(t)
}

// tell moves the case clock. The caller holds mu.
func (d *Desk) tell(t record.Instant) error {
	d.clock = t
	d.changed()
	return d.sweep()
}

// Write implements Handle.
func (d *Desk) Write(_ context.Context, m Mode, drafts ...record.Entry) (convey.Plan, error) {
	return d.plan(m, func(c convey.Context) (convey.Plan, error) { return convey.Write(c, drafts...) })
}

// Carry implements Handle.
func (d *Desk) Carry(_ context.Context, m Mode, o convey.Order) (convey.Plan, error) {
	return d.plan(m, func(c convey.Context) (convey.Plan, error) { return convey.Carry(c, o) })
}

// plan makes a plan and, with Commit, stores it and queues its parcels, in one
// transaction.
func (d *Desk) plan(m Mode, make func(convey.Context) (convey.Plan, error)) (convey.Plan, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, err := d.writeTime()
	if err != nil {
		return convey.Plan{}, err
	}
	c, sign := d.context(now), signer{d: d}
	c.Key = sign.key
	p, err := make(c)
	if err != nil {
		return p, err
	}
	frames, err := d.frames(p.Parcels)
	if err != nil || m == Preview {
		return p, err
	}
	items, sendings := itemsOf(p.Entries, now), d.sendingsWith(p, frames)
	err = d.store(items, func(tx *vault.Tx) error {
		if err := sign.keep(tx); err != nil {
			return err
		}
		if len(frames) > 0 {
			if err := putSendings(tx, sendings); err != nil {
				return err
			}
		}
		for _, f := range frames {
			if err := tx.Queue(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		d.sendings = sendings
		d.post.queued(frames)
		sign.kept()
	}
	return p, err
}

// context gives what plans are made from. Its ledger follows the record, so
// that a plan takes no longer in a long one. The caller holds mu.
func (d *Desk) context(now record.Instant) convey.Context {
	return convey.Context{Record: d.record, Now: now, NewID: newID, Ledger: func() *accord.Ledger {
		p := d.snapshot().For(d.record.Keeper(), record.AsOf{})
		if d.ledger == nil {
			d.ledger = accord.Follow(p, now, lean.New(int64(now)))
		} else {
			d.ledger.Update(p, now)
		}
		return d.ledger
	}}
}

func itemsOf(entries []record.Entry, now record.Instant) []record.Item {
	items := make([]record.Item, len(entries))
	for i, e := range entries {
		items[i] = record.Item{Entry: e, Known: now, Came: record.ByHand()}
	}
	return items
}

// frames gives the parcels as frames of the lines that they go over.
func (d *Desk) frames(parcels []convey.Parcel) ([]vault.Frame, error) {
	var out []vault.Frame
	for _, p := range parcels {
		b, err := p.Encode(d.codec)
		if err != nil {
			return nil, err
		}
		f, err := d.post.frame(p.To, b)
		if err != nil {
			return nil, err
		}
		out = append(out, f...)
	}
	return out, nil
}

// store appends items to the journal, with whatever else belongs to the same
// transaction, and then to the record. Nothing is in the record that is not on
// disk. The caller holds mu.
func (d *Desk) store(items []record.Item, also func(*vault.Tx) error) error {
	if d.closed {
		return fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
	}
	encoded := make([][]byte, len(items))
	for i, it := range items {
		if err := it.Check(); err != nil {
			return err
		}
		b, err := d.codec.EncodeItem(it)
		if err != nil {
			return err
		}
		encoded[i] = b
	}
	err := d.vault.Update(func(tx *vault.Tx) error {
		if len(encoded) > 0 {
			if _, err := tx.Append(encoded...); err != nil {
				return err
			}
		}
		if also == nil {
			return nil
		}
		return also(tx)
	})
	if err != nil {
		return err
	}
	d.post.roomAgain()
	for _, it := range items {
		if _, err := d.record.Add(d.codec, it); err != nil {
			// Write and Receive have looked for this id under the same lock.
			panic("desk: a stored entry is refused by the record: " + err.Error())
		}
		d.last = max(d.last, it.Known)
	}
	if len(items) > 0 {
		d.snap = nil
		d.snapshotOffBeat()
	}
	d.changed()
	return nil
}

// changed tells whoever listens. The caller holds mu.
func (d *Desk) changed() {
	for _, c := range d.subs {
		select {
		case c <- struct{}{}:
		default: // one is waiting already
		}
	}
}

// Changes implements Handle.
func (d *Desk) Changes(ctx context.Context) (<-chan struct{}, error) {
	c := make(chan struct{}, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		close(c)
		return c, nil
	}
	d.subs = append(d.subs, c)
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for i, s := range d.subs {
			if s == c {
				d.subs = append(d.subs[:i], d.subs[i+1:]...)
				close(c)
				return
			}
		}
	})
	return c, nil
}

func newID() keys.ID {
	id, err := keys.NewID(rand.Reader)
	if err != nil {
		panic(err) // crypto/rand does not fail on the systems we support
	}
	return id
}
