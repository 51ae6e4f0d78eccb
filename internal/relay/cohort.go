package relay

import (
	"crypto/ed25519"

	"backchannel/internal/fault"
)

// cohort is what follows from a log for one cohort. It changes only through
// apply, in log order, so that a restart, or another reader of the same log,
// gets the same one. It has no clock: what depends on time carries its time.
type cohort struct {
	tt       Timetable
	key      ed25519.PrivateKey // signs charters; Ed25519 is deterministic, so they too follow from the log
	keys     *ticketKeys        // follow from key
	charters Charters
	members  []snapMember // at index = slot; one who left stays until the slot is taken again
	byToken  map[Hash]int
	tickets  map[Hash]*snapTicket
	unspent  int
	spent    map[Hash]snapSpent // blind tickets, of this and the last ticket epoch

	open    uint64           // the first tick not closed
	pending map[uint64]*tick // ticks from open on that have cells
	base    uint64           // the tick of index[0]
	index   []span           // closed ticks within retention, up to open: base+len(index) == open
	floor   uint64           // ticks below this may have cells that were cut off the log
	cache   slateCache
}

// tick is an open tick.
type tick struct {
	first uint64   // sequence of its first cell
	cells [][]byte // by slot, nil where none
}

// span is where the log has a closed tick: the bundles from first to last.
// first = 0 means no cell; dark, that the relay was down.
type span struct {
	first, last uint64
	dark        bool
}

// outcome is what became of an item.
type outcome struct {
	verdict Verdict // of a cell
	refusal Refusal // of an enrolment
	slot    int
	tick    uint64 // of a leave: from which the member is not in force
	err     error  // nothing is known; or, of tickets and cohorts, why not
}

func newCohort(t Timetable, key ed25519.PrivateKey, keys *ticketKeys) (*cohort, error) {
	c := emptyCohort(t, key, keys)
	return c, c.charter(0)
}

func emptyCohort(t Timetable, key ed25519.PrivateKey, keys *ticketKeys) *cohort {
	return &cohort{
		tt: t, key: key, keys: keys, byToken: map[Hash]int{}, tickets: map[Hash]*snapTicket{},
		spent: map[Hash]snapSpent{}, pending: map[uint64]*tick{},
	}
}

// charter decides the next charter: every member so far who does not leave,
// from a tick on.
func (c *cohort) charter(from uint64) error {
	ch := Charter{Timetable: c.tt, Roster: Roster{Version: 1, FromTick: from, Members: []MemberID{}}}
	if c.charters.Len() > 0 {
		ch.Roster.Version = c.charters.Newest().charter.Roster.Version + 1
	}
	for i := range c.members {
		m := &c.members[i]
		if m.From == 0 {
			m.From = from
		}
		if m.Leave && m.Until == 0 {
			m.Until = from
		}
		id := m.ID
		if m.Until != 0 {
			id = MemberID{}
		}
		ch.Roster.Members = append(ch.Roster.Members, id)
	}
	if c.tt.Tickets > 0 {
		ch.TicketKey = c.keys.of(c.tt.Cohort, c.tt.TicketEpoch(from)).N.FillBytes(make([]byte, TicketKeySize))
	}
	s, err := ch.Sign(c.key)
	if err != nil {
		return err
	}
	if err := c.addCharter(s); err != nil {
		return err
	}
	// What is older than the oldest charter cannot be had any more.
	c.floor = max(c.floor, c.charters.all[0].charter.Roster.FromTick)
	return nil
}

func (c *cohort) addCharter(s Signed) error {
	v, err := s.Verify(c.key.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	return c.charters.Add(v)
}

// inForce reports whether a slot's member may send in a tick.
func (c *cohort) inForce(slot int, tick uint64) bool {
	return slot < len(c.members) && c.members[slot].inForce(tick)
}

// apply takes the item at a sequence. An error means that the log is not
// ours or is damaged; refusals are outcomes.
func (c *cohort) apply(seq uint64, it *item) (outcome, error) {
	switch it.Kind {
	case itemCohort:
		if *it.Timetable != c.tt {
			return outcome{err: timetableChanged(c.tt.Cohort)}, nil
		}
		return outcome{}, nil
	case itemTickets:
		return c.applyTickets(it), nil
	case itemEnrol:
		return c.applyEnrol(it), nil
	case itemLeave:
		return c.applyLeave(it), nil
	case itemBatch:
		return c.applyBatch(it), nil
	case itemCell:
		return c.applyCell(seq, it), nil
	case itemClose:
		return outcome{}, c.applyClose(seq, it)
	}
	return outcome{}, nil // a snapshot of what we know already
}

func timetableChanged(name string) error {
	return fault.New(fault.Refused, "relay.timetable-changed", "make a cohort with another name",
		"cohort %q stands with another timetable, which never changes", name)
}

func (c *cohort) applyTickets(it *item) outcome {
	for h, t := range c.tickets {
		if t.ExpiryMS <= it.TimeMS-30*24*3600*1000 {
			delete(c.tickets, h) // a month past its end; from now on nobody's
			if t.User == 0 {
				c.unspent--
			}
		}
	}
	if c.unspent+len(it.Tickets) > MaxTickets {
		return outcome{err: fault.New(fault.Limit, "relay.tickets", "wait until some are used or have expired",
			"cohort %q would have more than %d unspent tickets", c.tt.Cohort, MaxTickets)}
	}
	for _, h := range it.Tickets {
		if c.tickets[h] == nil {
			c.tickets[h] = &snapTicket{Hash: h, ExpiryMS: it.ExpiryMS}
			c.unspent++
		}
	}
	return outcome{}
}

// applyEnrol spends a ticket. The same ticket and token again give the same
// slot, so that a client may ask again after any doubt. [RELAY-9]
func (c *cohort) applyEnrol(it *item) outcome {
	if it.Epoch > 0 {
		return c.applyBlindEnrol(it)
	}
	k := c.tickets[Hash(it.Ticket)]
	switch {
	case k == nil:
		return outcome{refusal: TicketUnknown}
	case k.User != 0 && c.members[k.User-1].Token == Hash(it.Token):
		return outcome{slot: k.User - 1}
	case k.User != 0:
		return outcome{refusal: TicketSpent}
	case it.TimeMS >= k.ExpiryMS:
		return outcome{refusal: TicketExpired}
	}
	o := c.seat(it)
	if o.refusal == Welcomed {
		k.User = o.slot + 1
		c.unspent--
	}
	return o
}

// applyCell lets a cell stand, if it is the first of its member before the
// close. [RELAY-17] [RELAY-20]
func (c *cohort) applyCell(seq uint64, it *item) outcome {
	switch {
	case len(it.Cell) != c.tt.CellSize:
		return outcome{verdict: NotStored}
	case it.From < c.open:
		return outcome{verdict: Late}
	case !c.inForce(it.Slot, it.From):
		return outcome{verdict: NotInForce}
	}
	p := c.pending[it.From]
	if p == nil {
		p = &tick{first: seq, cells: make([][]byte, c.tt.Capacity)}
		c.pending[it.From] = p
	}
	if p.cells[it.Slot] != nil {
		return outcome{verdict: Duplicate}
	}
	p.cells[it.Slot] = it.Cell
	return outcome{verdict: Accepted}
}

// applyClose closes ticks. The first close counts; a later one has nothing
// left to close. [RELAY-20] [RELAY-21] [RELAY-14]
func (c *cohort) applyClose(seq uint64, it *item) error {
	if it.To < c.open {
		return nil
	}
	from := max(it.From, c.open)
	several := it.To > it.From
	// First, since the charter may be in force within the same close.
	if err := c.decide(from, it.To); err != nil {
		return err
	}
	// Only what is within retention gets an entry; the rest would be dropped
	// at once.
	if n := it.To - from + 1; n > c.tt.Retention {
		for t := range c.pending {
			if t <= it.To-c.tt.Retention {
				delete(c.pending, t)
			}
		}
		c.index, c.base = c.index[:0], it.To-c.tt.Retention+1
	}
	for t := max(from, c.base+uint64(len(c.index))); t <= it.To; t++ {
		s := span{last: seq}
		if p := c.pending[t]; p != nil {
			s.first = p.first
			c.cache.put(c.slate(t, p.cells), c.tt)
			delete(c.pending, t)
		} else {
			s.dark = several
			if !several {
				c.cache.put(c.slate(t, nil), c.tt)
			}
		}
		c.index = append(c.index, s)
	}
	c.open = it.To + 1
	c.dropBefore(0)
	c.dropSpent(from)
	return nil
}

// decide makes the charter of the first join epoch whose deadline was closed
// just now, when somebody comes or leaves, or the ticket key changes.
func (c *cohort) decide(from, to uint64) error {
	epoch := c.epochAfter(from)
	if epoch-joinLead > to || !c.changes(epoch) {
		return nil
	}
	return c.charter(epoch)
}

// nextEpoch gives the join epoch for somebody who enrols or leaves now.
func (c *cohort) nextEpoch() uint64 { return c.epochAfter(c.open) }

// epochAfter gives the first join epoch that can still be decided when a tick
// is closed: not before it, and not before a cell that stands already.
func (c *cohort) epochAfter(tick uint64) uint64 {
	first := tick + joinLead
	for t := range c.pending {
		first = max(first, t+1)
	}
	j := c.tt.JoinEvery
	return (first + j - 1) / j * j
}

// dropBefore forgets closed ticks that are older than retention, or that need
// bundles before seq.
func (c *cohort) dropBefore(seq uint64) {
	n := 0
	for n < len(c.index) && (c.base+uint64(n)+c.tt.Retention < c.open || c.index[n].first != 0 && c.index[n].first < seq) {
		n++
	}
	// A tick without cells before one that is kept is kept too; one between
	// two that go, goes.
	for i := n; seq > 0 && i < len(c.index); i++ {
		if c.index[i].first != 0 && c.index[i].first < seq {
			n = i + 1
		}
	}
	c.index = c.index[n:]
	c.base += uint64(n)
	if len(c.index) == 0 {
		c.base = c.open
	}
}

// needs gives the first bundle that a kept or open tick needs, or last+1.
func (c *cohort) needs(last uint64) uint64 {
	need := last + 1
	for _, s := range c.index {
		if s.first != 0 {
			need = min(need, s.first)
		}
	}
	for _, p := range c.pending {
		need = min(need, p.first)
	}
	return need
}

// resume gives the first tick from a cursor on whose slate can be had.
// [RELAY-16] [RELAY-21]
func (c *cohort) resume(cursor uint64) uint64 {
	t := max(cursor, c.base, c.floor)
	for t < c.open && c.index[t-c.base].dark {
		t++
	}
	return t
}

// snapshot gives what load takes.
func (c *cohort) snapshot() *snapshot {
	s := &snapshot{Timetable: c.tt, Members: append([]snapMember{}, c.members...), Tickets: []snapTicket{}, Open: c.open, Floor: max(c.open, c.floor), Spent: c.sortedSpent()}
	for _, v := range c.charters.all {
		s.Charters = append(s.Charters, v.signed)
	}
	for t := range c.pending {
		s.Floor = max(s.Floor, t+1)
	}
	for _, t := range c.tickets {
		s.Tickets = append(s.Tickets, *t)
	}
	sortTickets(s.Tickets)
	return s
}

// load makes a cohort from a snapshot.
func load(s *snapshot, key ed25519.PrivateKey, keys *ticketKeys) (*cohort, error) {
	c := emptyCohort(s.Timetable, key, keys)
	for i, m := range s.Members {
		c.members = append(c.members, m)
		c.byToken[m.Token] = i
	}
	for _, signed := range s.Charters {
		if err := c.addCharter(signed); err != nil {
			return nil, err
		}
	}
	if c.charters.Len() == 0 {
		return nil, corruptBundle(nil)
	}
	for _, t := range s.Spent {
		c.spent[t.Hash] = t
	}
	for _, t := range s.Tickets {
		if t.User < 0 || t.User > len(c.members) {
			return nil, corruptBundle(nil)
		}
		k := t
		c.tickets[t.Hash] = &k
		if t.User == 0 {
			c.unspent++
		}
	}
	c.open, c.base, c.floor = s.Open, s.Open, s.Floor
	return c, nil
}
