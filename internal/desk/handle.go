// Package desk is the driver: it joins the pure core, the vault, the relay
// client and the clock into one person's desk.
//
// Faces and case files use a desk through Handle. The desk in this process
// implements it, and so does the client of another process's control socket,
// so a command means the same whether the desk is being served or not.
package desk

import (
	"context"
	"time"

	"backchannel/internal/convey"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Mode says whether a plan is only to be shown or also to be carried out.
type Mode bool

// The two steps of everything that leaves a desk.
const (
	Preview Mode = false // plan it, change nothing
	Commit  Mode = true  // store it durably; parcels then go out over the lines
)

// Handle is a desk as faces and case files use it. Everything that it returns
// after a Commit is stored durably.
type Handle interface {
	// Keeper gives the person whose desk this is.
	Keeper() record.Name
	// Clock gives the desk's time: the machine's, or the injected case clock.
	Clock(context.Context) (record.Instant, error)
	// SetClock moves an injected case clock forward; a desk on the machine's
	// clock refuses.
	SetClock(context.Context, record.Instant) error
	// Record gives the record as it is now. The caller must not change it, and
	// looks at it only through projections.
	Record(context.Context) (*record.Record, error)
	// Write plans drafts (convey.Write) and, with Commit, stores and sends them.
	Write(context.Context, Mode, ...record.Entry) (convey.Plan, error)
	// Carry plans a conveyance (convey.Carry) and, with Commit, stores and sends it.
	Carry(context.Context, Mode, convey.Order) (convey.Plan, error)
	// Departures gives the sendings that wait on this desk, oldest first: none of
	// which is wholly with the other desk yet.
	Departures(context.Context) ([]Departure, error)
	// TakeBack takes back the sending that an entry belongs to, if no part of it
	// has left the desk: nobody gets it, and the record says so.
	TakeBack(ctx context.Context, entry keys.ID) (Departure, error)
	// Lines gives the desk's lines.
	Lines(context.Context) ([]LineStatus, error)
	// Relay gives the state of the desk's relay; zero if it has none.
	Relay(context.Context) (RelayStatus, error)
	// Enrol redeems a ticket at a relay: the desk becomes a member of a cohort.
	Enrol(ctx context.Context, address, ticket string) error
	// AddRelay makes a desk that has a relay a member at another one too. Its lines
	// then go over both, where the other desks are members of both: they survive
	// the loss of either.
	AddRelay(ctx context.Context, address, ticket string) error
	// Invite makes an invite for somebody. It is a secret: hand it over in person
	// or by a way that is trusted.
	Invite(context.Context, InviteOrder) (string, error)
	// Join takes an invite and opens the line to whoever made it, known here as
	// peer. It enrols the desk with the invite's ticket if it has no relay yet.
	Join(ctx context.Context, invite string, peer record.Name) error
	// Compared notes that the keeper and peer compared words, and how that went.
	// Words that differ close the line.
	Compared(ctx context.Context, peer record.Name, same bool) error
	// CompareLine holds the record of the line to peer against the record of his
	// desk, step by step; both keepers must consent. What comes of it is entered
	// into the record.
	CompareLine(ctx context.Context, peer record.Name, step CompareStep) error
	// Hangup closes the line to peer and frees its slot.
	Hangup(ctx context.Context, peer record.Name) error
	// Revoke takes back an invite for peer that was not taken up whole: its keys
	// are destroyed, and whoever comes with it meets nobody.
	Revoke(ctx context.Context, peer record.Name) error
	// Rekey makes fresh keys for the open line to somebody, who is met in person:
	// it gives an invite, or takes the one that they made. Until it has ended on
	// both sides the line goes on as it was; then it goes on under keys that owe
	// nothing to those before, and words are compared again.
	Rekey(context.Context, RekeyOrder) (string, error)
	// Lost closes the line to a desk that was lost or seized, at once: its keys
	// are destroyed, and so is what waits to be sent.
	Lost(ctx context.Context, peer record.Name) error
	// LeaveRelay takes the desk off a relay's roster, at the join epoch after the
	// next. The address may be left out if there is one relay.
	LeaveRelay(ctx context.Context, address string) error
	// Revocation gives a relay's address, and the code with which anybody can
	// take the desk off its roster. It is a secret, to be kept away from the desk.
	Revocation(ctx context.Context, relay string) (address, code string, err error)
	// Destroy gives what is to be destroyed, what stays and why, and who else has
	// it; with Commit it destroys it, for good.
	Destroy(context.Context, Mode, DestroyOrder) (Destruction, error)
	// Pouch takes one step about pouches: sealed between two parties, through
	// go-betweens.
	Pouch(context.Context, PouchOrder) (PouchAnswer, error)
	// Backup writes a copy of the desk, encrypted as the desk is, to a new file,
	// and remembers it.
	Backup(ctx context.Context, file string) (Backup, error)
	// Backups gives the backups that the desk remembers. Those that hold what was
	// destroyed, and are found again, are made anew first.
	Backups(context.Context) ([]Backup, error)
	// Prove takes one step to learn who is at the other end, by a secret or a
	// foretold sign, or whether both would say yes.
	Prove(context.Context, ProofOrder) (ProofAnswer, error)
	// Changes gives a channel on which a value comes, coalesced, after the record
	// or a line has changed. It is closed when ctx ends.
	Changes(ctx context.Context) (<-chan struct{}, error)
}

// InviteOrder asks for an invite.
type InviteOrder struct {
	For     record.Name   // the keeper's name for who is invited
	Short   bool          // less to type, for a member of the same relay; brings no ticket
	Ticket  string        // a relay ticket for the invited desk; empty if it is a member already
	Admit   bool          // put one of this desk's own tickets into it
	Expires time.Duration // 0 for the default of 24 hours
}

// LineStatus is a line as its keeper sees it.
type LineStatus struct {
	Peer     record.Name    `json:"peer"`
	Phase    LinePhase      `json:"phase"`
	Words    []string       `json:"words,omitempty"` // to compare by voice, once open
	Compared bool           `json:"compared"`
	Renewed  bool           `json:"renewed,omitempty"` // the words are of a renewal: the line is repaired once both have compared them
	Epoch    uint64         `json:"epoch"`
	Heard    record.Instant `json:"heard,omitempty"`   // when a cell of theirs last opened, machine time
	Queued   int            `json:"queued"`            // bytes not yet acknowledged
	Wait     time.Duration  `json:"wait"`              // until what is queued has arrived, if they are online
	Expires  record.Instant `json:"expires,omitempty"` // of an invite not yet taken
	Trouble  string         `json:"trouble,omitempty"` // why it stopped: a value of line.Reason
	Made     record.Instant `json:"made,omitempty"`    // when the invite was made, or taken
	Inviter  bool           `json:"inviter"`           // this desk made the invite
	Again    record.Instant `json:"again,omitempty"`   // when somebody came with the invite again; gone when words are compared since
	Fresh    *FreshKeys     `json:"fresh,omitempty"`   // fresh keys for it are being made
	Second   *SecondLine    `json:"second,omitempty"`  // it goes over another relay too

	Comparisons []CompareStatus `json:"comparisons,omitempty"` // of this line with the desk at its other end
}

// SecondLine is the same line over another relay. What is sent goes over both.
type SecondLine struct {
	Relay  string         `json:"relay"`
	Open   bool           `json:"open"`
	Online bool           `json:"online"` // this desk is connected there
	Heard  record.Instant `json:"heard,omitempty"`
}

// FreshKeys is how far the making of fresh keys for a line has come.
type FreshKeys struct {
	Made    record.Instant `json:"made"`
	Expires record.Instant `json:"expires,omitempty"` // of the invite for them
	Inviter bool           `json:"inviter"`           // this desk made it
	Again   record.Instant `json:"again,omitempty"`   // when somebody came with it again
	Trouble string         `json:"trouble,omitempty"` // why it failed: a value of line.Reason
}

// LinePhase is where a line stands.
type LinePhase string

// The phases of a line.
const (
	Invited LinePhase = "invited" // an invite is out, or being taken up
	Opened  LinePhase = "open"
	Stopped LinePhase = "stopped" // something does not verify; see Trouble
)

// RelayStatus is the relay as the desk sees it.
type RelayStatus struct {
	Address   string        `json:"address,omitempty"`
	Cohort    string        `json:"cohort,omitempty"`
	Online    bool          `json:"online"`
	Tick      uint64        `json:"tick"`
	Period    time.Duration `json:"period"`
	Enrolled  int           `json:"enrolled"` // members of the cohort
	Capacity  int           `json:"capacity"`
	Vouched   int           `json:"vouched"` // of them known by the desk's own lines
	Behind    uint64        `json:"behind"`  // ticks of slates still to fetch
	BytesUp   uint64        `json:"bytesUp"` // today, machine time
	BytesDown uint64        `json:"bytesDown"`
	DayBytes  uint64        `json:"dayBytes"` // what a whole day costs, both ways

	Member  string         `json:"member,omitempty"` // the desk's id in the roster, by which the operator knows it
	Next    record.Instant `json:"next,omitempty"`   // when the roster can change next
	From    record.Instant `json:"from,omitempty"`   // when the desk's membership begins, if it has not
	Leaving bool           `json:"leaving"`          // the keeper wants to leave, and the roster will say so
	Until   record.Instant `json:"until,omitempty"`  // when the membership ends or ended, by the roster
	Out     bool           `json:"out"`              // the relay knows this desk no more
	Tickets int            `json:"tickets"`          // to hand on

	Trouble string `json:"trouble,omitempty"`

	// Of a desk at two relays. It hides among those only who are members of both,
	// and online at both at the same times: nobody knows who these are, beyond its
	// own lines.
	Other *RelayStatus `json:"other,omitempty"`
	Both  int          `json:"both,omitempty"` // own lines that go over both
}
