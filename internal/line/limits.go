package line

import "backchannel/internal/wire"

// Sizes and bounds. Those that the other desk must know are in spec/line.md.
const (
	Slots = 16 // lines of one deck, empty or not

	CellSize  = 1024
	TagSize   = 16
	SaltSize  = 16
	boxSize   = CellSize - TagSize - SaltSize // 992
	PlainSize = boxSize - 16                  // 976
	headSize  = 64
	bodySize  = PlainSize - headSize // 912

	SegmentSize  = bodySize - segmentHead  // 904 bytes carried by one segment
	fragmentSize = bodySize - fragmentHead // 898 bytes carried by one fragment
	segmentHead  = 8
	fragmentHead = 14
	frameHead    = 28 // number, length and check of a frame, in its first segment

	Window      = 64 // segments of one class in flight
	ResendAfter = 12 // ticks after which an unacknowledged segment is sent again
	AckDue      = 4  // ticks after which an owed acknowledgement goes before text
	StaleEpoch  = 64 // age of an epoch, in ticks, from which healing goes before talk, every other tick

	CatchUp       = 16      // chain steps spent per tick on bringing new chains up to date
	MaxGap        = 1 << 24 // ticks that one Step may pass over (16 years at 30 s): beyond it the clock is wrong
	MaxInviteLife = 1 << 21 // ticks between an invite's base and its expiry
	MaxQueue      = 4096    // frames queued on one line and class
	RingBatches   = 64      // slates whose rows may wait to be ingested

	MaxFrame = wire.MaxFrame

	RowSize   = 936       // bytes of one ring row
	StateSize = 152 << 10 // bytes of a deck's state, whatever is in it

	usedInvites = 64 // accepted invites remembered, so that a second use is refused
)

// Class is a priority class. Each is a reliable, ordered stream of frames per
// line and direction; a lower one goes first.
type Class uint8

// The classes.
const (
	Control Class = iota
	Text
	Voice
	File
	Classes = 4
)
