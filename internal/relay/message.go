package relay

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// Path is where the relay answers.
const Path = "/relay/1"

const (
	typeAttach   = 1
	typeEnrol    = 2
	typeRequest  = 3
	typeReply    = 4
	typeRevoke   = 5
	protoVersion = 1

	// HelloSize is the length of every hello but one that enrols; EnrolSize, of
	// that, whatever ticket it shows.
	HelloSize = 70
	EnrolSize = 106 + TicketKeySize
	replyHead = 35
)

// HelloKind says what a client wants.
type HelloKind uint8

// The kinds of hello.
const (
	Attach HelloKind = typeAttach // be connected as a member
	Enrol  HelloKind = typeEnrol  // become a member
	Revoke HelloKind = typeRevoke // take a member off the roster, with its revocation code
)

// Hello is the client's first message.
type Hello struct {
	Kind   HelloKind
	Secret [32]byte // token, ticket's secret, or revocation code
	Known  uint32   // attach: highest charter version held
	Token  Hash     // enrol: hash of the token to be
	Revoke Hash     // enrol: hash of the revocation code
	Ticket Ticket   // enrol
}

// AttachHello is the hello of a member.
func AttachHello(t Token, known uint32) Hello {
	return Hello{Kind: Attach, Secret: t.secret, Known: known}
}

// EnrolHello is the hello of a member to be.
func EnrolHello(k Ticket, t Token, r Revocation) Hello {
	return Hello{Kind: Enrol, Secret: k.secret, Token: t.Hash(), Revoke: r.Hash(), Ticket: k}
}

// RevokeHello is the hello of who takes a member off.
func RevokeHello(r Revocation) Hello { return Hello{Kind: Revoke, Secret: r.secret} }

// Encode gives the fixed layout.
func (h Hello) Encode() []byte {
	b := make([]byte, HelloSize)
	b[0], b[1] = byte(h.Kind), protoVersion
	copy(b[2:], h.Secret[:])
	if h.Kind != Enrol {
		binary.BigEndian.PutUint32(b[66:], h.Known)
		return b
	}
	return slices.Concat(b[:34], h.Token[:], h.Revoke[:], h.Ticket.key[:], h.Ticket.sig[:])
}

// DecodeHello reads a hello. [RELAY-7]
func DecodeHello(b []byte) (Hello, error) {
	bad := fault.New(fault.Malformed, "relay.hello", "", "not a hello of this protocol")
	if len(b) < 34 || b[1] != protoVersion {
		return Hello{}, bad
	}
	h := Hello{Kind: HelloKind(b[0]), Secret: [32]byte(b[2:34])}
	switch {
	case h.Kind == Enrol && len(b) == EnrolSize:
		h.Token, h.Revoke = Hash(b[34:66]), Hash(b[66:98])
		h.Ticket = Ticket{secret: h.Secret, key: KeyID(b[98:106]), sig: [TicketKeySize]byte(b[106:])}
		if !h.Ticket.blind() && !allZero(h.Ticket.sig[:]) {
			return Hello{}, bad
		}
	case (h.Kind == Attach || h.Kind == Revoke) && len(b) == HelloSize && allZero(b[34:66]):
		h.Known = binary.BigEndian.Uint32(b[66:])
		if h.Kind == Revoke && h.Known != 0 {
			return Hello{}, bad
		}
	default:
		return Hello{}, bad
	}
	return h, nil
}

// Refusal says why the relay does not welcome.
type Refusal uint8

// The refusals.
const (
	Welcomed Refusal = iota
	NotAdmitted
	TicketUnknown
	TicketSpent
	TicketExpired
	CohortFull
	Busy
)

// Err gives the refusal as an error, nil when Welcomed.
func (r Refusal) Err() error {
	switch r {
	case Welcomed:
		return nil
	case NotAdmitted:
		return fault.New(fault.Refused, "relay.not-admitted", "join again with a new ticket", "the relay does not know this desk")
	case TicketUnknown:
		return fault.New(fault.Unauthentic, "relay.ticket-unknown", "ask for a new invite", "this ticket was not made by this relay")
	case TicketSpent:
		return fault.New(fault.Refused, "relay.ticket-spent", "ask for a new invite", "this ticket was used already")
	case TicketExpired:
		return fault.New(fault.Expired, "relay.ticket-expired", "ask for a new invite", "this ticket has expired")
	case CohortFull:
		return fault.New(fault.Limit, "relay.cohort-full", "ask the relay's operator for another cohort", "the cohort has no free place")
	case Busy:
		return fault.New(fault.Unreachable, "relay.busy", "try again later", "the relay cannot take this now")
	}
	return fault.New(fault.Malformed, "relay.refusal", "", "the relay refuses for an unknown reason, %d", uint8(r))
}

// Welcome is the relay's answer to a hello.
type Welcome struct {
	Refusal  Refusal  `cbor:"1,keyasint"`
	Slot     int      `cbor:"2,keyasint"`
	FromTick uint64   `cbor:"3,keyasint"` // the member is in force from here; after a revocation: until here
	Charters []Signed `cbor:"4,keyasint"`
	Known    []byte   `cbor:"5,keyasint"` // charter hash at the version the client holds
	TimeMS   int64    `cbor:"6,keyasint"`
	Head     uint64   `cbor:"7,keyasint"`
}

// DecodeWelcome reads a welcome.
func DecodeWelcome(b []byte) (Welcome, error) {
	var w Welcome
	err := wire.Decode(b, MaxWelcome, &w)
	return w, err
}

// Verdict is what became of a cell.
type Verdict uint8

// The verdicts.
const (
	Accepted   Verdict = 1 + iota // durable
	Late                          // its tick was closed: burned
	Duplicate                     // another cell of this member stands
	Early                         // more than a tick ahead of the relay's clock
	NotInForce                    // the member is not yet in the roster
	NotStored                     // the relay could not, or does not know
)

func (v Verdict) String() string {
	if v < Accepted || v > NotStored {
		return fmt.Sprintf("verdict %d", uint8(v))
	}
	return [...]string{"accepted", "late", "duplicate", "early", "not in force", "not stored"}[v-1]
}

// Request is what a desk sends, once per tick.
type Request struct {
	Tick   uint64
	Cursor uint64 // the next tick whose slate is unprocessed
	Cell   []byte
	Errand []byte // encoded; at join ticks alone
}

// Encode gives the fixed layout. The cell must have the timetable's size.
func (r Request) Encode() []byte {
	b := make([]byte, 17, 17+len(r.Cell)+len(r.Errand))
	b[0] = typeRequest
	binary.BigEndian.PutUint64(b[1:], r.Tick)
	binary.BigEndian.PutUint64(b[9:], r.Cursor)
	return append(append(b, r.Cell...), r.Errand...)
}

// DecodeRequest reads a request; the cell stays part of b. [RELAY-15] [RELAY-18]
func DecodeRequest(t Timetable, b []byte) (Request, error) {
	bad := fault.New(fault.Malformed, "relay.request", "", "not a request of this cohort")
	if len(b) < 17 || b[0] != typeRequest {
		return Request{}, bad
	}
	r := Request{Tick: binary.BigEndian.Uint64(b[1:]), Cursor: binary.BigEndian.Uint64(b[9:])}
	if len(b) != t.RequestSizeAt(r.Tick) {
		return Request{}, bad
	}
	end := t.RequestSize()
	if r.Cell = b[17:end:end]; t.JoinTick(r.Tick) {
		r.Errand = b[end:]
		if _, err := DecodeErrand(t, r.Errand); err != nil {
			return Request{}, err
		}
	}
	return r, nil
}

// Slate is all the cells of a cohort in one tick.
type Slate struct {
	Tick    uint64
	Version uint32   // of the charter in force
	Present []bool   // by slot
	Cells   [][]byte // by slot; zeros where absent; always as many as the capacity
}

// appendSlate adds the fixed layout of a slate.
func appendSlate(b []byte, t Timetable, s Slate) []byte {
	b = binary.BigEndian.AppendUint64(b, s.Tick)
	b = binary.BigEndian.AppendUint32(b, s.Version)
	bits := make([]byte, (t.Capacity+7)/8)
	for i, p := range s.Present {
		if p {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	b = append(b, bits...)
	var zeros []byte
	for i := range t.Capacity {
		if s.Present[i] {
			b = append(b, s.Cells[i]...)
			continue
		}
		if zeros == nil {
			zeros = make([]byte, t.CellSize)
		}
		b = append(b, zeros...)
	}
	return b
}

// decodeSlate reads exactly one slate; cells stay part of b. [RELAY-16]
func decodeSlate(t Timetable, b []byte) (Slate, error) {
	s := Slate{Tick: binary.BigEndian.Uint64(b), Version: binary.BigEndian.Uint32(b[8:])}
	bits := b[12 : 12+(t.Capacity+7)/8]
	cells := b[12+len(bits):]
	s.Present, s.Cells = make([]bool, t.Capacity), make([][]byte, t.Capacity)
	for i := range s.Cells {
		s.Present[i] = bits[i/8]&(0x80>>(i%8)) != 0
		s.Cells[i] = cells[i*t.CellSize : (i+1)*t.CellSize : (i+1)*t.CellSize]
		if !s.Present[i] && !allZero(s.Cells[i]) {
			return s, fault.New(fault.Malformed, "relay.slate", "", "a cell where nobody is present")
		}
	}
	for i := t.Capacity; i < 8*len(bits); i++ {
		if bits[i/8]&(0x80>>(i%8)) != 0 {
			return s, fault.New(fault.Malformed, "relay.slate", "", "a member beyond the capacity")
		}
	}
	return s, nil
}

func allZero(b []byte) bool {
	var x byte
	for _, c := range b {
		x |= c
	}
	return x == 0
}

// Reply is the relay's answer to a request.
type Reply struct {
	Verdict Verdict
	Tick    uint64 // of the request
	Time    time.Time
	Head    uint64 // the first tick not closed
	Resume  uint64 // no slate below this can be had
	Charter Signed // the newest
	Slates  []Slate
	Receipt Receipt // at join ticks alone
}

// Encode gives the fixed layout. The slates must fit the timetable.
func (r Reply) Encode(t Timetable) []byte {
	b := r.encodeHead(t, len(r.Slates))
	for _, s := range r.Slates {
		b = appendSlate(b, t, s)
	}
	if t.JoinTick(r.Tick) {
		b = append(b, r.Receipt.Encode(t)...)
	}
	return b
}

// encodeHead gives everything before the slates, with room for n of them.
func (r Reply) encodeHead(t Timetable, n int) []byte {
	b := make([]byte, 0, t.ReplySizeAt(r.Tick, n))
	b = append(b, typeReply, byte(r.Verdict))
	b = binary.BigEndian.AppendUint64(b, r.Tick)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, r.Head)
	b = binary.BigEndian.AppendUint64(b, r.Resume)
	b = append(b, byte(n))
	room := make([]byte, CharterRoom(t.Capacity))
	copy(room, r.Charter)
	return append(b, room...)
}

// DecodeReply reads a reply and checks all that can be checked without the
// charters; cells stay part of b. [RELAY-15] [RELAY-16]
func DecodeReply(t Timetable, b []byte) (Reply, error) {
	bad := func(text string) (Reply, error) {
		return Reply{}, fault.New(fault.Malformed, "relay.reply", "", "reply: %s", text)
	}
	if len(b) < replyHead || b[0] != typeReply || b[1] < byte(Accepted) || b[1] > byte(NotStored) {
		return bad("not a reply")
	}
	n := int(b[34])
	if n > t.CatchUp || len(b) != t.ReplySizeAt(binary.BigEndian.Uint64(b[2:]), n) {
		return bad("wrong length")
	}
	u := func(i int) uint64 { return binary.BigEndian.Uint64(b[i:]) }
	r := Reply{Verdict: Verdict(b[1]), Tick: u(2), Time: time.UnixMilli(int64(u(10))), Head: u(18), Resume: u(26)}
	rest := b[replyHead:]
	var err error
	if r.Charter, err = fromRoom(rest[:CharterRoom(t.Capacity)]); err != nil {
		return Reply{}, err
	}
	rest = rest[CharterRoom(t.Capacity):]
	for i := range n {
		s, err := decodeSlate(t, rest[i*t.SlateSize():(i+1)*t.SlateSize()])
		if err != nil {
			return Reply{}, err
		}
		if s.Tick != r.Resume+uint64(i) || s.Tick >= r.Head {
			return bad("slates out of order")
		}
		r.Slates = append(r.Slates, s)
	}
	if t.JoinTick(r.Tick) {
		r.Receipt, err = DecodeReceipt(t, b[t.ReplySize(n):])
	}
	return r, err
}
