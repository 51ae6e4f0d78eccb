package casefile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Memory is a stage in memory: the pure core with queues for lines. It is for
// one goroutine.
type Memory struct {
	codec   record.Codec
	now     record.Instant
	desks   map[record.Name]*memDesk
	wires   []*memWire // in a fixed order
	refused []string
	chaos   *rand.Rand // nil: frames come once, in order
}

// memWire is one direction of a line.
type memWire struct {
	from, to record.Name
	frames   []memFrame
	delayed  record.Instant // what is sent now comes at that time at the earliest
	drop     int
	double   int
	turn     int
}

// memFrame is a frame under way.
type memFrame struct {
	bytes  []byte
	from   record.Instant // not to arrive before
	held   record.Instant // waits for others, to come after them, but no longer than that
	copies int
}

// resendAfter is how long a frame that was lost, or held back for others,
// takes at most to come after all.
const resendAfter = record.Instant(60_000)

// NewMemory gives a stage with the desks and lines of c and of the cases that
// it continues.
func NewMemory(c *Case) *Memory {
	m := &Memory{codec: circle.Codec(), desks: map[record.Name]*memDesk{}}
	for _, d := range c.AllDesks() {
		m.desks[d] = &memDesk{m: m, r: record.New(d), newID: SeededIDs("desk " + string(d)), online: true}
	}
	for _, l := range c.AllLines() {
		m.wires = append(m.wires, &memWire{from: l.A, to: l.B}, &memWire{from: l.B, to: l.A})
	}
	return m
}

// Chaos makes every line lose, double and reorder at random whatever it
// carries. All of it still arrives before Settle returns.
func (m *Memory) Chaos(rng *rand.Rand) { m.chaos = rng }

// Refused gives what desks refused to take in from one another; none in a
// sound case.
func (m *Memory) Refused() []string { return m.refused }

// Desk implements Stage.
func (m *Memory) Desk(keeper record.Name) (desk.Handle, error) {
	d, ok := m.desks[keeper]
	if !ok {
		return nil, fault.New(fault.NotFound, "casefile.no-desk", "declare it: desk "+string(keeper), "%s has no desk here", keeper)
	}
	return d, nil
}

// SetClock implements Stage.
func (m *Memory) SetClock(_ context.Context, t record.Instant) error {
	if t < m.now {
		return fault.New(fault.Clock, "casefile.backwards", "play it in the order of the clock", "the case clock stands at %s and does not go back to %s", m.now, t)
	}
	m.now = t
	return nil
}

// Settle implements Stage.
func (m *Memory) Settle(context.Context) error {
	for again := true; again; {
		again = false
		wires := m.wires
		if m.chaos != nil {
			wires = slices.Clone(wires)
			m.chaos.Shuffle(len(wires), func(i, j int) { wires[i], wires[j] = wires[j], wires[i] })
		}
		for _, w := range wires {
			moved, err := m.deliver(w)
			if err != nil {
				return err
			}
			again = again || moved
		}
	}
	return nil
}

// deliver brings one frame of w to its end, if one may come now.
func (m *Memory) deliver(w *memWire) (bool, error) {
	if !m.desks[w.from].online || !m.desks[w.to].online {
		return false, nil
	}
	ready := make([]int, 0, len(w.frames))
	for i, f := range w.frames {
		if f.held <= m.now && f.from <= m.now {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		return false, nil
	}
	i := ready[0]
	if m.chaos != nil {
		i = ready[m.chaos.IntN(len(ready))]
		switch m.chaos.IntN(4) {
		case 0:
			return true, nil // lost for now; it is still in the queue
		case 1:
			w.frames[i].copies++ // and once more later
		}
	}
	f := w.frames[i]
	if w.frames[i].copies--; w.frames[i].copies <= 0 {
		w.frames = slices.Delete(w.frames, i, i+1)
	}
	if err := m.desks[w.to].receive(w.from, f.bytes); err != nil {
		return false, err
	}
	return true, m.desks[w.from].acknowledged(w.to, f.bytes)
}

// send puts a frame on the wire, with whatever trouble waits for it there.
func (m *Memory) send(from, to record.Name, b []byte) error {
	i := slices.IndexFunc(m.wires, func(w *memWire) bool { return w.from == from && w.to == to })
	if i < 0 {
		return fault.New(fault.Refused, "desk.no-line", "log it by hand, or declare a line", "there is no line to %s", to)
	}
	w := m.wires[i]
	f := memFrame{bytes: b, from: w.delayed, copies: 1}
	switch {
	case w.drop > 0:
		w.drop--
		f.from = max(f.from, m.now+resendAfter)
	case w.double > 0:
		w.double--
		f.copies = 2
	}
	if w.turn > 0 {
		w.turn--
		f.held = m.now + resendAfter
		w.frames = slices.Insert(w.frames, 0, f)
		if w.turn == 0 {
			for i := range w.frames {
				w.frames[i].held = 0
			}
		}
		return nil
	}
	w.frames = append(w.frames, f)
	return nil
}

// Disturb implements Stage.
func (m *Memory) Disturb(_ context.Context, d Disturbance) (bool, error) {
	switch d.Trouble {
	case Offline, Online:
		m.desks[d.From].online = d.Trouble == Online
		return true, nil
	}
	for _, w := range m.wires {
		if w.from != d.From || w.to != d.To {
			continue
		}
		switch d.Trouble {
		case Drop:
			w.drop = d.Count
		case Duplicate:
			w.double = d.Count
		case Reorder:
			w.turn = d.Count
		case Delay:
			w.delayed = d.Until
		}
	}
	return true, nil
}

// memDesk is a desk in memory. Its Handle does what a real desk does with a
// record, and has nothing of relays.
type memDesk struct {
	m      *Memory
	r      *record.Record
	newID  func() keys.ID
	online bool
}

var _ desk.Handle = (*memDesk)(nil)

func (d *memDesk) context() convey.Context {
	return convey.Context{Record: d.r, Now: d.m.now, NewID: d.newID, Key: d.key}
}

// key gives the same key each time a case is played.
func (d *memDesk) key() (keys.SignKey, error) {
	seed := sha256.Sum256([]byte("backchannel case key v1 " + d.r.Keeper()))
	return keys.SignKeyOf(seed[:])
}

// Keeper implements desk.Handle.
func (d *memDesk) Keeper() record.Name { return d.r.Keeper() }

// Clock implements desk.Handle.
func (d *memDesk) Clock(context.Context) (record.Instant, error) { return d.m.now, nil }

// SetClock implements desk.Handle.
func (d *memDesk) SetClock(ctx context.Context, t record.Instant) error { return d.m.SetClock(ctx, t) }

// Record implements desk.Handle.
func (d *memDesk) Record(context.Context) (*record.Record, error) { return d.r.Clone(), nil }

// Write implements desk.Handle.
func (d *memDesk) Write(_ context.Context, mode desk.Mode, drafts ...record.Entry) (convey.Plan, error) {
	p, err := convey.Write(d.context(), drafts...)
	if err != nil {
		return p, err
	}
	return p, d.commit(mode, p)
}

// Carry implements desk.Handle.
func (d *memDesk) Carry(_ context.Context, mode desk.Mode, o convey.Order) (convey.Plan, error) {
	p, err := convey.Carry(d.context(), o)
	if err != nil {
		return p, err
	}
	return p, d.commit(mode, p)
}

// commit stores a plan and sends its parcels, in that order.
func (d *memDesk) commit(mode desk.Mode, p convey.Plan) error {
	frames := make([][]byte, len(p.Parcels))
	for i, parcel := range p.Parcels {
		var err error
		if frames[i], err = parcel.Encode(d.m.codec); err != nil {
			return err
		}
	}
	if mode == desk.Preview {
		return nil
	}
	for _, e := range p.Entries {
		if _, err := d.r.Add(d.m.codec, record.Item{Entry: e, Known: d.m.now, Came: record.ByHand()}); err != nil {
			return err
		}
	}
	for i, parcel := range p.Parcels {
		if err := d.m.send(d.Keeper(), parcel.To, frames[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *memDesk) receive(from record.Name, frame []byte) error {
	t, err := convey.Receive(d.context(), d.m.codec, from, frame)
	if err != nil {
		return err
	}
	d.m.refused = append(d.m.refused, t.Refused...)
	for _, it := range t.Items {
		if _, err := d.r.Add(d.m.codec, it); err != nil {
			return err
		}
	}
	return nil
}

// acknowledged logs that the other desk has what was sent, once, as a real
// desk does.
func (d *memDesk) acknowledged(to record.Name, frame []byte) error {
	entries, err := convey.Contents(d.m.codec, frame)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Body.(type) {
		case record.Person, record.Party, record.Conveyance:
			continue
		}
		if d.receipted(e.ID, to) {
			continue
		}
		got := record.Entry{ID: d.newID(), By: d.Keeper(), At: d.m.now, Body: record.Conveyance{Of: e.ID, To: to, Step: record.Received}}
		if _, err := d.r.Add(d.m.codec, record.Item{Entry: got, Known: d.m.now, Came: record.ByHand()}); err != nil {
			return err
		}
	}
	return nil
}

func (d *memDesk) receipted(id keys.ID, to record.Name) bool {
	for _, it := range d.r.Known() {
		if c, ok := it.Body.(record.Conveyance); ok && c.Of == id && c.To == to && c.Step == record.Received {
			return true
		}
	}
	return false
}

// Lines implements desk.Handle.
func (d *memDesk) Lines(context.Context) ([]desk.LineStatus, error) {
	var out []desk.LineStatus
	for _, w := range d.m.wires {
		if w.from == d.Keeper() {
			s := desk.LineStatus{Peer: w.to, Phase: desk.Opened, Compared: true, Heard: d.m.now}
			for _, f := range w.frames {
				s.Queued += len(f.bytes)
			}
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b desk.LineStatus) int { return cmp.Compare(a.Peer, b.Peer) })
	return out, nil
}

// Relay implements desk.Handle: there is none.
func (d *memDesk) Relay(context.Context) (desk.RelayStatus, error) { return desk.RelayStatus{}, nil }

func noRelay() error {
	return fault.New(fault.Refused, "casefile.in-memory", "use a desk of your own, with `backchannel desk init`", "a case played in memory has no relay")
}

// Enrol implements desk.Handle.
func (d *memDesk) Enrol(context.Context, string, string) error { return noRelay() }

// AddRelay implements desk.Handle.
func (d *memDesk) AddRelay(context.Context, string, string) error { return noRelay() }

// Invite implements desk.Handle.
func (d *memDesk) Invite(context.Context, desk.InviteOrder) (string, error) { return "", noRelay() }

// Join implements desk.Handle.
func (d *memDesk) Join(context.Context, string, record.Name) error { return noRelay() }

// Compared implements desk.Handle.
func (d *memDesk) Compared(context.Context, record.Name, bool) error { return noRelay() }

// CompareLine implements desk.Handle.
func (d *memDesk) CompareLine(context.Context, record.Name, desk.CompareStep) error { return noRelay() }

// Hangup implements desk.Handle.
func (d *memDesk) Hangup(context.Context, record.Name) error { return noRelay() }

// Revoke implements desk.Handle.
func (d *memDesk) Revoke(context.Context, record.Name) error { return noRelay() }

// Rekey implements desk.Handle.
func (d *memDesk) Rekey(context.Context, desk.RekeyOrder) (string, error) { return "", noRelay() }

// Lost implements desk.Handle.
func (d *memDesk) Lost(context.Context, record.Name) error { return noRelay() }

// LeaveRelay implements desk.Handle.
func (d *memDesk) LeaveRelay(context.Context, string) error { return noRelay() }

// Revocation implements desk.Handle.
func (d *memDesk) Revocation(context.Context, string) (string, string, error) {
	return "", "", noRelay()
}

// Destroy implements desk.Handle: with what is in memory alone it is enough to
// take the place of each entry.
func (d *memDesk) Destroy(_ context.Context, m desk.Mode, o desk.DestroyOrder) (desk.Destruction, error) {
	var out desk.Destruction
	p := d.r.For(d.Keeper(), record.AsOf{})
	by := map[keys.ID]circle.Doom{}
	for _, x := range circle.Read(p).Dooms(accord.Read(p, max(d.m.now, o.At)), circle.Order{Named: o.Named, Only: o.Only, Agreed: o.Agreed, If: o.If, Closed: o.Closed}) {
		if x.Stays != "" {
			out.Stays = append(out.Stays, x)
			continue
		}
		out.Goes = append(out.Goes, x)
		by[x.Entry] = x
	}
	if m == desk.Preview || len(by) == 0 {
		return out, nil
	}
	left := record.New(d.Keeper())
	for _, it := range d.r.Known() {
		if x, goes := by[it.ID]; goes {
			it = record.Bury(it, record.Destroyed{On: d.m.now, By: x.By, Stood: x.Stood})
		}
		if _, err := left.Add(d.m.codec, it); err != nil {
			return out, err
		}
	}
	d.r = left
	return out, nil
}

// Pouch implements desk.Handle.
func (d *memDesk) Pouch(context.Context, desk.PouchOrder) (desk.PouchAnswer, error) {
	return desk.PouchAnswer{}, noRelay()
}

// Backup implements desk.Handle: there is nothing on a disk.
func (d *memDesk) Backup(context.Context, string) (desk.Backup, error) {
	return desk.Backup{}, fault.New(fault.Refused, "case.no-disk", "", "a case in memory has no backups")
}

// Backups implements desk.Handle.
func (d *memDesk) Backups(context.Context) ([]desk.Backup, error) { return nil, nil }

// Departures implements desk.Handle: in memory, what is sent is there at once.
func (d *memDesk) Departures(context.Context) ([]desk.Departure, error) { return nil, nil }

// TakeBack implements desk.Handle.
func (d *memDesk) TakeBack(context.Context, keys.ID) (desk.Departure, error) {
	return desk.Departure{}, noRelay()
}

// Prove implements desk.Handle.
func (d *memDesk) Prove(context.Context, desk.ProofOrder) (desk.ProofAnswer, error) {
	return desk.ProofAnswer{}, noRelay()
}

// Changes implements desk.Handle: nothing changes but by the player.
func (d *memDesk) Changes(ctx context.Context) (<-chan struct{}, error) {
	c := make(chan struct{})
	go func() { <-ctx.Done(); close(c) }()
	return c, nil
}
