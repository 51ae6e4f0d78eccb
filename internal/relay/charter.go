package relay

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

const charterLabel = "backchannel/relay/charter/v1"

// Timetable says how a cohort ticks. It never changes.
type Timetable struct {
	Cohort    string `cbor:"1,keyasint"`
	StartMS   int64  `cbor:"2,keyasint"` // when tick 0 begins, in ms since 1970
	PeriodMS  int64  `cbor:"3,keyasint"`
	CellSize  int    `cbor:"4,keyasint"`
	Capacity  int    `cbor:"5,keyasint"` // slots in every slate, taken or not
	CatchUp   int    `cbor:"6,keyasint"` // slates in one reply, at most
	Retention uint64 `cbor:"7,keyasint"` // ticks
	JoinEvery uint64 `cbor:"8,keyasint"` // joins and leaves take effect at multiples of this tick
	// TicketEvery is for how many ticks one key signs tickets; Tickets, how many
	// each member then gets. Both are 0 where only the operator makes tickets.
	TicketEvery uint64 `cbor:"9,keyasint"`
	Tickets     int    `cbor:"10,keyasint"`
}

// NewTimetable gives the default timetable for a cohort at a period:
// 32 members, 24 hours of retention, tickets from the operator alone.
func NewTimetable(cohort string, start time.Time, period time.Duration) Timetable {
	t := Timetable{
		Cohort: cohort, StartMS: start.UnixMilli(), PeriodMS: period.Milliseconds(),
		CellSize: DefaultCellSize, Capacity: DefaultCapacity, CatchUp: DefaultCatchUp,
		JoinEvery: DefaultJoinEvery, Retention: MinRetention,
	}
	if period > 0 {
		t.Retention = min(MaxRetention, max(MinRetention, uint64(DefaultRetention/period)))
	}
	return t
}

// WithTickets gives the timetable with n tickets for each member in each
// ticket epoch, which takes about every, and at least one join epoch.
func (t Timetable) WithTickets(n int, every time.Duration) Timetable {
	t.Tickets, t.TicketEvery = n, 0
	if n > 0 && t.PeriodMS > 0 && t.JoinEvery > 0 {
		joins := uint64(every/t.Period()) / t.JoinEvery
		t.TicketEvery = min(MaxTicketEvery/t.JoinEvery, max(1, joins)) * t.JoinEvery
	}
	return t
}

// Start is when tick 0 begins.
func (t Timetable) Start() time.Time { return time.UnixMilli(t.StartMS) }

// Period is the length of a tick.
func (t Timetable) Period() time.Duration { return time.Duration(t.PeriodMS) * time.Millisecond }

// Tick gives the tick at now, and false before tick 0.
func (t Timetable) Tick(now time.Time) (uint64, bool) {
	d := now.Sub(t.Start())
	if d < 0 {
		return 0, false
	}
	return uint64(d / t.Period()), true
}

// TickStart is when a tick begins.
func (t Timetable) TickStart(tick uint64) time.Time {
	return t.Start().Add(time.Duration(tick) * t.Period())
}

// SendAt is when a desk sends in a tick: at its middle.
func (t Timetable) SendAt(tick uint64) time.Time { return t.TickStart(tick).Add(t.Period() / 2) }

// RequestSize is the length of a request without an errand. [RELAY-15]
func (t Timetable) RequestSize() int { return 17 + t.CellSize }

// RequestSizeAt is the length of the request of a tick. [RELAY-15] [RELAY-26]
func (t Timetable) RequestSizeAt(tick uint64) int {
	if t.JoinTick(tick) {
		return t.RequestSize() + t.errandSize()
	}
	return t.RequestSize()
}

// ReplySizeAt is the length of the reply to the request of a tick, with n
// slates. [RELAY-15] [RELAY-26]
func (t Timetable) ReplySizeAt(tick uint64, n int) int {
	if t.JoinTick(tick) {
		return t.ReplySize(n) + t.receiptSize()
	}
	return t.ReplySize(n)
}

// SlateSize is the constant length of a slate in a reply.
func (t Timetable) SlateSize() int { return 12 + (t.Capacity+7)/8 + t.Capacity*t.CellSize }

// ReplySize is the length of a reply with n slates and without a receipt. [RELAY-15]
func (t Timetable) ReplySize(n int) int {
	return replyHead + CharterRoom(t.Capacity) + n*t.SlateSize()
}

// Check reports whether every field is within its bounds.
func (t Timetable) Check() error {
	name := len(t.Cohort) >= 1 && len(t.Cohort) <= MaxCohort
	for _, r := range t.Cohort {
		name = name && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	maxStart := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for _, c := range []struct {
		what string
		ok   bool
	}{
		{"cohort name", name},
		{"start", t.StartMS >= 0 && t.StartMS <= maxStart},
		{"period", t.PeriodMS >= MinPeriod.Milliseconds() && t.PeriodMS <= MaxPeriod.Milliseconds()},
		{"cell size", t.CellSize >= MinCellSize && t.CellSize <= MaxCellSize},
		{"capacity", t.Capacity >= MinCapacity && t.Capacity <= MaxCapacity},
		{"catch-up", t.CatchUp >= 1 && t.CatchUp <= MaxCatchUp},
		{"retention", t.Retention >= MinRetention && t.Retention <= MaxRetention},
		{"join every", t.JoinEvery >= MinJoinEvery && t.JoinEvery <= MaxJoinEvery},
		{"tickets", t.Tickets >= 0 && t.Tickets <= MaxTicketsMember},
		{"ticket epoch", t.Tickets == 0 && t.TicketEvery == 0 || t.Tickets > 0 && t.TicketEvery >= t.JoinEvery &&
			t.TicketEvery <= MaxTicketEvery && t.JoinEvery > 0 && t.TicketEvery%t.JoinEvery == 0},
		{"reply", t.CatchUp*t.Capacity*t.CellSize <= MaxReply},
	} {
		if !c.ok {
			return fault.New(fault.Malformed, "relay.timetable", "see docs/relay.md for the bounds",
				"timetable of cohort %q: %s is out of bounds", t.Cohort, c.what)
		}
	}
	return nil
}

// MemberID is a member's public id: random, and of no meaning elsewhere.
type MemberID [16]byte

// String gives the id as the operator's commands take it.
func (m MemberID) String() string { return hex.EncodeToString(m[:]) }

// ParseMember reads what String gives.
func ParseMember(s string) (MemberID, error) {
	var m MemberID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(m) || hex.EncodeToString(b) != s {
		return m, fault.New(fault.Malformed, "relay.member-id", "`backchannel relay members` shows them", "this is not a member's id")
	}
	return MemberID(b), nil
}

// Vacant reports whether a slot of a roster is free: its member has left.
func (m MemberID) Vacant() bool { return m == MemberID{} }

// Roster says who is enrolled, and nothing else about them.
type Roster struct {
	Version  uint32     `cbor:"1,keyasint"` // from 1, without gaps
	FromTick uint64     `cbor:"2,keyasint"`
	Members  []MemberID `cbor:"3,keyasint"` // at index = slot; zeros where vacant
}

// Enrolled is how many members a roster has.
func (r Roster) Enrolled() (n int) {
	for _, m := range r.Members {
		if !m.Vacant() {
			n++
		}
	}
	return n
}

// Has reports whether a slot has a member.
func (r Roster) Has(slot int) bool { return slot < len(r.Members) && !r.Members[slot].Vacant() }

// Charter is a timetable and a roster, as the relay signs them.
type Charter struct {
	Timetable Timetable `cbor:"1,keyasint"`
	Roster    Roster    `cbor:"2,keyasint"`
	TicketKey []byte    `cbor:"3,keyasint"` // modulus; empty where the cohort has none
}

// Hash is a SHA-256 under a label.
type Hash [32]byte

func labelled(label string, b []byte) Hash {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write(b)
	return Hash(h.Sum(nil))
}

// Signed is an encoded charter with its signature: body length, body,
// signature. It is what a desk keeps.
type Signed []byte

// CharterRoom is the fixed space that a reply has for a signed charter.
func CharterRoom(capacity int) int {
	return 4 + 256 + TicketKeySize + 8 + 17*capacity + ed25519.SignatureSize
}

// Sign encodes and signs a charter.
func (c Charter) Sign(key ed25519.PrivateKey) (Signed, error) {
	if c.TicketKey == nil {
		c.TicketKey = []byte{}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	body, err := wire.Encode(c)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, body...)
	return append(out, ed25519.Sign(key, charterMessage(body))...), nil
}

func charterMessage(body []byte) []byte { return append([]byte(charterLabel+"\x00"), body...) }

func (c Charter) check() error {
	if err := c.Timetable.Check(); err != nil {
		return err
	}
	r := c.Roster
	if len(r.Members) > c.Timetable.Capacity || r.Version == 0 {
		return fault.New(fault.Malformed, "relay.roster", "", "roster of %d members, version %d", len(r.Members), r.Version)
	}
	switch {
	case c.Timetable.Tickets > 0:
		if err := checkModulus(c.TicketKey); err != nil {
			return err
		}
	case len(c.TicketKey) > 0:
		return fault.New(fault.Malformed, "relay.ticket-key", "", "a ticket key where the timetable has no tickets")
	}
	seen := make(map[MemberID]bool, len(r.Members))
	for _, m := range r.Members {
		if seen[m] && !m.Vacant() {
			return fault.New(fault.Malformed, "relay.roster", "", "roster names a member twice")
		}
		seen[m] = true
	}
	return nil
}

// Verified is a charter whose signature was checked against a relay's pin.
// Only Verify makes one.
type Verified struct {
	charter Charter
	hash    Hash
	signed  Signed
}

// Charter gives what was signed. The caller must not change it.
func (v Verified) Charter() Charter { return v.charter }

// Hash is the roster hash that cells bind.
func (v Verified) Hash() Hash { return v.hash }

// Signed gives the bytes to keep. The caller must not change them.
func (v Verified) Signed() Signed { return v.signed }

// Verify checks a signed charter against the relay's key. [RELAY-1] [RELAY-11]
func (s Signed) Verify(key ed25519.PublicKey) (Verified, error) {
	bad := func(text string) (Verified, error) {
		return Verified{}, fault.New(fault.Malformed, "relay.charter", "", "charter: %s", text)
	}
	if len(s) < 4+ed25519.SignatureSize || len(s) > CharterRoom(MaxCapacity) {
		return bad("wrong length")
	}
	n := int(binary.BigEndian.Uint32(s))
	if n != len(s)-4-ed25519.SignatureSize {
		return bad("wrong length")
	}
	body, sig := s[4:4+n], s[4+n:]
	if !ed25519.Verify(key, charterMessage(body), sig) {
		return Verified{}, fault.New(fault.Unauthentic, "relay.charter-signature",
			"do not use this relay; ask its operator", "the relay's charter is not signed with its pinned key")
	}
	var c Charter
	if err := wire.Decode(body, len(body), &c); err != nil {
		return Verified{}, err
	}
	if err := c.check(); err != nil {
		return Verified{}, err
	}
	return Verified{charter: c, hash: labelled(charterLabel, body), signed: slices.Clone(s)}, nil
}

// fromRoom cuts a signed charter out of its fixed room, whose rest must be zero.
func fromRoom(room []byte) (Signed, error) {
	n := 4 + int64(binary.BigEndian.Uint32(room)) + ed25519.SignatureSize
	if n > int64(len(room)) || len(bytes.Trim(room[n:], "\x00")) != 0 {
		return nil, fault.New(fault.Malformed, "relay.charter", "", "charter: does not fit its room")
	}
	return Signed(room[:n]), nil
}

// Charters are the verified charters that one holds of a cohort: one or more,
// versions ascending without gaps, the newest MaxCharters of them. The zero
// value holds none.
type Charters struct{ all []Verified }

// Add appends the next charter, or finds that it is held already.
// [RELAY-12] [RELAY-13]
func (cs *Charters) Add(v Verified) error {
	c := v.charter
	if len(cs.all) == 0 {
		if first := c.Roster; first.Version == 1 && (first.FromTick != 0 || len(first.Members) != 0) {
			return fault.New(fault.Malformed, "relay.charter-first", "", "the first charter is not from tick 0, or not empty")
		}
		cs.all = append(cs.all, v)
		return nil
	}
	last := cs.Newest()
	if c.Roster.Version <= last.charter.Roster.Version {
		return cs.compare(v)
	}
	r, p := c.Roster, last.charter.Roster
	if r.Version != p.Version+1 {
		return fault.New(fault.Refused, "relay.charter-gap", "connect again", "charter %d follows %d", r.Version, p.Version)
	}
	if !follows(c, last.charter) {
		return fault.New(fault.Unauthentic, "relay.charter-successor",
			"do not use this relay; ask its operator", "charter %d does not follow from charter %d", r.Version, p.Version)
	}
	cs.all = append(cs.all, v)
	if len(cs.all) > MaxCharters {
		cs.all = slices.Clone(cs.all[1:])
	}
	return nil
}

// follows reports whether a charter may come after p. [RELAY-12] [RELAY-29]
func follows(c, p Charter) bool {
	t, r, q := c.Timetable, c.Roster, p.Roster
	if t != p.Timetable || r.FromTick <= q.FromTick || r.FromTick%t.JoinEvery != 0 || len(r.Members) < len(q.Members) {
		return false
	}
	if t.TicketEpoch(r.FromTick) == t.TicketEpoch(q.FromTick) && !bytes.Equal(c.TicketKey, p.TicketKey) {
		return false
	}
	was := make(map[MemberID]bool, len(q.Members))
	for _, m := range q.Members {
		was[m] = true
	}
	for i, m := range r.Members {
		stays := i < len(q.Members) && q.Members[i] == m
		comes := !q.Has(i) && !was[m]
		if !stays && !m.Vacant() && !comes {
			return false
		}
	}
	return true
}

func (cs *Charters) compare(v Verified) error {
	for _, h := range cs.all {
		if h.charter.Roster.Version == v.charter.Roster.Version && h.hash != v.hash {
			return TwoRosters(h.charter.Roster.Version)
		}
	}
	return nil
}

// TwoRosters is the fault of a relay that shows two rosters. [RELAY-13]
func TwoRosters(version uint32) error {
	return fault.New(fault.Unauthentic, "relay.two-rosters", "do not use this relay; compare rosters with your counterpart by voice",
		"the relay shows two rosters of version %d, or went back to an older state", version)
}

// Newest gives the charter of the highest version. There must be one.
func (cs *Charters) Newest() Verified { return cs.all[len(cs.all)-1] }

// Len is how many charters are held.
func (cs *Charters) Len() int { return len(cs.all) }

// All gives the charters, versions ascending, in a slice of its own.
func (cs *Charters) All() []Verified { return slices.Clone(cs.all) }

// At gives the charter in force at a tick, if one is held.
func (cs *Charters) At(tick uint64) (Verified, bool) {
	for i := len(cs.all) - 1; i >= 0; i-- {
		if cs.all[i].charter.Roster.FromTick <= tick {
			return cs.all[i], true
		}
	}
	return Verified{}, false
}
