package line

// Phase says how far a slot's line is.
type Phase uint8

// The phases.
const (
	PhaseEmpty   Phase = iota
	PhaseInvited       // an invite is out; nobody has come
	PhaseJoining       // accepted an invite; the inviter has not answered yet
	PhaseShaking       // the handshake is under way
	PhaseOpen          // content may pass
	PhaseFailed        // over; the slot waits to be removed
)

func (p Phase) String() string {
	return [...]string{"empty", "invited", "joining", "shaking", "open", "failed"}[p]
}

// Reason says why a line failed.
type Reason uint8

// The reasons.
const (
	ReasonNone         Reason = iota
	ReasonExpired             // the invite ran out before the handshake ended
	ReasonReused              // two joiners came with the same invite
	ReasonKeys                // the inviter's keys are not those of the invite
	ReasonConfirmation        // the other side did not come to the same secrets: somebody is in between, or another joiner was first
	ReasonSuite               // the other side wants another suite
)

func (r Reason) String() string {
	return [...]string{"", "expired", "reused", "keys", "confirmation", "suite"}[r]
}

// slot is one line, or room for one. It is stored whole; every field that
// holds a secret is overwritten when its time is over.
type slot struct {
	Line    uint32 `cbor:"1,keyasint"` // number of the line on this deck, never used twice
	Phase   Phase  `cbor:"2,keyasint"`
	Reason  Reason `cbor:"3,keyasint"`
	Inviter bool   `cbor:"4,keyasint"`
	Made    uint64 `cbor:"5,keyasint"` // tick at which the slot was taken
	Expires uint64 `cbor:"6,keyasint"` // of the invite
	Heard   uint64 `cbor:"7,keyasint"` // tick of the last cell that opened
	Served  uint64 `cbor:"8,keyasint"` // tick at which this line last got the cell

	// epochs
	Epoch     uint32   `cbor:"10,keyasint"` // of Send
	NextEpoch uint32   `cbor:"11,keyasint"` // of SendNext and RecvNext
	Root      [32]byte `cbor:"12,keyasint"` // of Epoch
	RootNext  [32]byte `cbor:"24,keyasint"` // of NextEpoch, while that is pending
	Send      chain    `cbor:"13,keyasint"`
	SendNext  chain    `cbor:"14,keyasint"`
	Recv      chain    `cbor:"15,keyasint"`
	RecvNext  chain    `cbor:"16,keyasint"`
	Old       chain    `cbor:"17,keyasint"` // inviter: rendezvous chain, watched for a second joiner
	Lead      bool     `cbor:"18,keyasint"` // this side is the first to send under NextEpoch
	Since     uint64   `cbor:"19,keyasint"` // tick at which Epoch began here
	Seed      [32]byte `cbor:"20,keyasint"` // asker: secret key
	Asked     bool     `cbor:"21,keyasint"` // asker: Seed is set
	AskedAt   uint64   `cbor:"22,keyasint"`
	EkHash    [32]byte `cbor:"23,keyasint"`

	// messages in fragments
	OutKind  byte   `cbor:"30,keyasint"`
	OutNext  uint8  `cbor:"31,keyasint"` // fragment to say next
	OutID    uint32 `cbor:"32,keyasint"`
	OutEpoch uint32 `cbor:"33,keyasint"`
	OutAt    uint64 `cbor:"40,keyasint"` // tick at which the latest round of it began
	InKind   byte   `cbor:"34,keyasint"`
	InHave   uint8  `cbor:"35,keyasint"` // bitmap of fragments
	InID     uint32 `cbor:"36,keyasint"`
	InTick   uint64 `cbor:"37,keyasint"` // of the fragment that completed it
	InFull   bool   `cbor:"38,keyasint"`
	Arena    arena  `cbor:"39,keyasint"`

	// handshake
	Stage    uint8       `cbor:"50,keyasint"`
	T        transcript  `cbor:"51,keyasint"`
	Seeds    [2][32]byte `cbor:"52,keyasint"` // static, and one-time or ephemeral
	KeyHash  [32]byte    `cbor:"53,keyasint"`
	HelloID  uint32      `cbor:"54,keyasint"`
	AnswerID uint32      `cbor:"55,keyasint"` // of the answer taken; when open, of the ask replied to
	SAS      [17]byte    `cbor:"56,keyasint"`

	// delivery
	Run     uint32             `cbor:"60,keyasint"`
	PeerRun uint32             `cbor:"61,keyasint"`
	Out     [Classes]outStream `cbor:"62,keyasint"`
	In      [Classes]inStream  `cbor:"63,keyasint"`
	Owed    uint64             `cbor:"64,keyasint"` // tick since which an acknowledgement is owed, 0 if none

	Again    uint64 `cbor:"71,keyasint"` // inviter: tick at which a second joiner was last seen, 0 if none was
	Replaces uint32 `cbor:"70,keyasint"` // line whose keys those of this handshake replace, 0 if none
	// repair; not in version 1
	Aid    aid    `cbor:"-"`
	Renews uint32 `cbor:"-"` // the line that this one will take the place of, once its keeper has compared words
}

// inBuf and outBuf share the arena. The inviter reads the long answer while it
// says the short keys; with the joiner it is the other way round.
func (s *slot) inBuf() []byte {
	if s.Inviter {
		return s.Arena[:answerSize]
	}
	return s.Arena[answerSize:]
}

func (s *slot) outBuf() []byte {
	if s.Inviter {
		return s.Arena[answerSize:]
	}
	return s.Arena[:answerSize]
}

// live reports whether the line's chains mean anything.
func (s *slot) live() bool { return s.Phase != PhaseEmpty && s.Phase != PhaseFailed }

// dir is the direction in which this side sends.
func (s *slot) dir() byte {
	if s.Inviter {
		return fromInviter
	}
	return fromJoiner
}

func (s *slot) peerDir() byte { return fromInviter + fromJoiner - s.dir() }

// say starts to repeat a message that lies in the out buffer.
func (s *slot) say(message byte, epoch uint32, size int) {
	h := hash("message", []byte{message}, s.outBuf()[:size])
	s.OutKind, s.OutNext, s.OutEpoch, s.OutAt = message, 0, epoch, 0
	s.OutID = uint32(h[0])<<24 | uint32(h[1])<<16 | uint32(h[2])<<8 | uint32(h[3])
}

// quiet ends the repeating and forgets the message.
func (s *slot) quiet() {
	if s.OutKind != 0 {
		clear(s.outBuf()[:messageSize(s.OutKind)])
	}
	s.OutKind, s.OutNext, s.OutID, s.OutEpoch, s.OutAt = 0, 0, 0, 0, 0
}

// dropIn forgets the message being read.
func (s *slot) dropIn() {
	if s.InKind != 0 {
		clear(s.inBuf()[:messageSize(s.InKind)])
	}
	s.InKind, s.InHave, s.InID, s.InTick, s.InFull = 0, 0, 0, 0, false
}

// nextFragment is the piece of the message that goes next; they go round.
func (s *slot) nextFragment() fragment {
	size := messageSize(s.OutKind)
	count := (size + fragmentSize - 1) / fragmentSize
	i := int(s.OutNext) % count
	s.OutNext = uint8((i + 1) % count)
	b := s.outBuf()[i*fragmentSize : min((i+1)*fragmentSize, size)]
	return fragment{Message: s.OutKind, Index: byte(i), Count: byte(count), Epoch: s.OutEpoch, ID: s.OutID, Bytes: b}
}

// collect stores a fragment of the message that the slot expects, and reports
// whether that message is now complete.
func (s *slot) collect(f *fragment, tick uint64) bool {
	if s.InFull {
		return false
	}
	if s.InKind != f.Message || s.InID != f.ID {
		s.dropIn()
		s.InKind, s.InID = f.Message, f.ID
	}
	copy(s.inBuf()[int(f.Index)*fragmentSize:], f.Bytes)
	s.InHave |= 1 << f.Index
	if s.InHave != 1<<f.Count-1 {
		return false
	}
	size := messageSize(s.InKind)
	h := hash("message", []byte{s.InKind}, s.inBuf()[:size])
	if id := uint32(h[0])<<24 | uint32(h[1])<<16 | uint32(h[2])<<8 | uint32(h[3]); id != s.InID {
		s.dropIn()
		return false
	}
	s.InTick, s.InFull = tick, true
	return true
}

// wipe forgets the line's secrets and leaves what a screen needs.
func (s *slot) wipe(p Phase, r Reason) {
	*s = slot{Line: s.Line, Phase: p, Reason: r, Inviter: s.Inviter, Made: s.Made, Expires: s.Expires, Heard: s.Heard,
		Again: s.Again, Replaces: s.Replaces, Renews: s.Renews}
}
