package line

import (
	"encoding/binary"

	"backchannel/internal/keys"
)

// asker reports whether this side makes the key for the epoch after the
// newest one. The sides take turns: the inviter asks for even epochs.
func (s *slot) asker() bool {
	next := s.Epoch + 1
	return (next%2 == 0) == s.Inviter
}

// pending reports whether an epoch is derived that is not in full use.
func (s *slot) pending() bool { return s.SendNext.On || s.RecvNext.On }

// prepare sets the chains of a new epoch beside those in use.
func (s *slot) prepare(relay, seed [32]byte, epoch uint32, base uint64) {
	s.NextEpoch = epoch
	s.SendNext = newChain(seed, relay, s.dir(), base)
	s.RecvNext = newChain(seed, relay, s.peerDir(), base)
	// Who completes the exchange leads: the other side has the new keys
	// already and watches for them.
	s.Lead = epoch == 1 && !s.Inviter || s.Asked
}

// promoteSend moves a leading side to its new sending chain as soon as that
// has caught up with the clock. Nothing is sent under the old one again, and
// the other side watches both, so there is no moment to agree on.
func (s *slot) promoteSend(tick uint64) {
	if s.Lead && s.SendNext.ready(tick) {
		s.Send, s.SendNext = s.SendNext, chain{}
		s.begin(tick)
	}
}

// begin makes the next epoch the current one.
func (s *slot) begin(tick uint64) {
	s.Epoch, s.Since = s.NextEpoch, tick
	s.Root, s.RootNext = s.RootNext, [32]byte{}
}

// promoteHeard moves receiving, and the sending of a side that does not lead,
// after the first cell that opened under the new epoch.
func (s *slot) promoteHeard(tick uint64) {
	if s.Inviter && s.NextEpoch == 1 {
		s.Old = s.Recv
	}
	s.Recv, s.RecvNext = s.RecvNext, chain{}
	if !s.Lead {
		s.Send, s.SendNext = s.SendNext, chain{}
		s.begin(tick)
	}
	if s.OutKind == msgReply {
		s.quiet()
	}
}

// The KEM operations of a deck, by turn: tick mod 3.
const (
	turnKeygen = iota
	turnEncapsulate
	turnDecapsulate
	turns
)

// turnOf gives the operation that a slot waits for, or -1.
func (s *slot) turnOf() int {
	switch s.Phase {
	case PhaseOpen:
		switch {
		case s.asker() && !s.pending() && !s.Asked && s.OutKind == 0:
			return turnKeygen
		case s.InFull && s.InKind == msgAsk:
			return turnEncapsulate
		case s.InFull && s.InKind == msgReply:
			return turnDecapsulate
		}
	case PhaseShaking:
		switch s.Stage {
		case stageEncStatic, stageEncOnce, stageEncJoiner, stageEncEphem:
			return turnEncapsulate
		case stageDecStatic, stageDecOnce, stageDecJoiner, stageDecEphem:
			return turnDecapsulate
		}
	}
	return -1
}

// kem does the one KEM operation of the tick: for a slot that waits for it,
// the one whose turn is nearest, or else for nobody.
func (d *Deck) kem(in *StepInput, e *Effects) {
	turn := int(in.Tick % turns)
	start := int(in.Tick / turns % Slots)
	pick := -1
	for k := range Slots {
		i := (start + k) % Slots
		if pick < 0 && d.slots[i].turnOf() == turn {
			pick = i
		}
	}
	e.Work.KEMs[turn]++
	switch turn {
	case turnKeygen:
		d.keygen(pick, in, e)
	case turnEncapsulate:
		d.encapsulate(pick, in, e)
	case turnDecapsulate:
		d.decapsulate(pick, in, e)
	}
}

// inVain is about what follows a KEM operation that somebody waited for: the
// hashing of a message and the derivation of an epoch.
func (d *Deck) inVain(b []byte) {
	ctx := hash("in vain", d.dummy.Ek[:])
	_, seed := epochKeys(d.dummy.Seed, b, ctx)
	_ = newChain(seed, d.relay, fromInviter, 0)
	_ = newChain(seed, d.relay, fromJoiner, 0)
}

func (d *Deck) keygen(i int, in *StepInput, e *Effects) {
	seed := d.dummy.Seed
	if i >= 0 {
		seed = [32]byte(in.Rand[SaltSize:])
	}
	ek, err := in.KEM.Public(seed)
	if i < 0 || err != nil {
		d.inVain(ek)
		return
	}
	s := &d.slots[i]
	s.Seed, s.Asked, s.AskedAt = seed, true, in.Tick
	s.EkHash = hash("epoch key", ek)
	copy(s.outBuf(), ek)
	s.say(msgAsk, s.Epoch+1, keys.KEMPublic)
}

func (d *Deck) encapsulate(i int, in *StepInput, e *Effects) {
	ek := d.dummy.Ek[:]
	var s *slot
	if i >= 0 {
		s = &d.slots[i]
		switch s.Stage {
		case stageEncStatic:
			ek = s.inBuf()[:keys.KEMPublic]
		case stageEncOnce:
			ek = s.inBuf()[keys.KEMPublic:keysSize]
		case stageEncJoiner:
			ek = s.inBuf()[2*keys.KEMCiphertext:][:keys.KEMPublic]
		case stageEncEphem:
			ek = s.inBuf()[2*keys.KEMCiphertext:][keys.KEMPublic:keysSize]
		default:
			ek = s.inBuf()[:keys.KEMPublic]
		}
	}
	ct, ss, err := in.KEM.Encapsulate(ek)
	if i < 0 {
		d.inVain(ss)
		return
	}
	defer clear(ss)
	if s.Phase == PhaseOpen {
		if err != nil { // a broken peer; its key is dropped, and the epoch stays
			s.dropIn()
			return
		}
		d.reply(i, ek, ct, ss, in.Tick)
		return
	}
	if err != nil {
		d.fail(i, ReasonKeys, e)
		return
	}
	s.T.mix(ss)
	switch s.Stage {
	case stageEncStatic:
		copy(s.outBuf(), ct)
		s.Stage = stageEncOnce
	case stageEncOnce:
		copy(s.outBuf()[keys.KEMCiphertext:], ct)
		s.answer()
	case stageEncJoiner:
		copy(s.outBuf()[8:], ct)
		s.Stage = stageEncEphem
	case stageEncEphem:
		copy(s.outBuf()[8+keys.KEMCiphertext:], ct)
		d.confirm(i, in.Tick)
	}
}

// reply is the answerer's half of an epoch.
func (d *Deck) reply(i int, ek, ct, ss []byte, tick uint64) {
	s := &d.slots[i]
	h := hash("epoch key", ek)
	s.AnswerID = s.InID
	s.dropIn()
	out := s.outBuf()
	binary.BigEndian.PutUint64(out, tick)
	copy(out[8:], h[:8])
	copy(out[replyHead:], ct)
	ctx := epochContext(s.Epoch+1, h, out[:replySize])
	var seed [32]byte
	s.RootNext, seed = epochKeys(s.Root, ss, ctx)
	s.prepare(d.relay, seed, s.Epoch+1, tick)
	s.say(msgReply, s.Epoch+1, replySize)
}

// epochContext binds an epoch's keys to what was said for it.
func epochContext(epoch uint32, ekHash [32]byte, reply []byte) [32]byte {
	return hash("epoch", be32(epoch), ekHash[:], reply)
}

func (d *Deck) decapsulate(i int, in *StepInput, e *Effects) {
	seed, ct := d.dummy.Seed, d.dummy.Ct[:]
	var s *slot
	if i >= 0 {
		s = &d.slots[i]
		switch s.Stage {
		case stageDecStatic:
			seed, ct = s.Seeds[0], s.inBuf()[:keys.KEMCiphertext]
		case stageDecOnce:
			seed, ct = s.Seeds[1], s.inBuf()[keys.KEMCiphertext:2*keys.KEMCiphertext]
		case stageDecJoiner:
			seed, ct = s.Seeds[0], s.inBuf()[8:][:keys.KEMCiphertext]
		case stageDecEphem:
			seed, ct = s.Seeds[1], s.inBuf()[8+keys.KEMCiphertext:][:keys.KEMCiphertext]
		default:
			seed, ct = s.Seed, s.inBuf()[replyHead:replySize]
		}
	}
	ss, err := in.KEM.Decapsulate(seed, ct)
	if i < 0 {
		d.inVain(ss)
		return
	}
	defer clear(ss)
	if s.Phase == PhaseOpen {
		d.replied(i, ss, err)
		return
	}
	if err != nil {
		d.fail(i, ReasonConfirmation, e)
		return
	}
	s.T.mix(ss)
	switch s.Stage {
	case stageDecStatic:
		s.Stage = stageDecOnce
	case stageDecOnce:
		if !s.openAnswer() {
			d.fail(i, ReasonConfirmation, e)
			return
		}
		s.Stage = stageEncJoiner
	case stageDecJoiner:
		s.Stage = stageDecEphem
	case stageDecEphem:
		d.confirmed(i, e)
	}
}

// replied is the asker's half of an epoch. The base tick must lie between the
// asking and the hearing: it bounds the steps that the new chains may need. A
// reply to a key that is not ours any more (this vault was set back) is left.
func (d *Deck) replied(i int, ss []byte, err error) {
	s := &d.slots[i]
	base := binary.BigEndian.Uint64(s.inBuf())
	if err != nil || base < s.AskedAt || base > s.InTick || [8]byte(s.inBuf()[8:]) != [8]byte(s.EkHash[:]) {
		s.dropIn()
		return
	}
	ctx := epochContext(s.Epoch+1, s.EkHash, s.inBuf()[:replySize])
	var seed [32]byte
	s.RootNext, seed = epochKeys(s.Root, ss, ctx)
	s.prepare(d.relay, seed, s.Epoch+1, base)
	s.dropIn()
	s.quiet()
	s.Seed, s.EkHash, s.Asked, s.AskedAt = [32]byte{}, [32]byte{}, false, 0
}
