package line

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"

	"backchannel/internal/keys"
)

// Messages that travel in fragments.
const (
	msgHello   = 1 // joiner: suite, nonce
	msgKeys    = 2 // inviter: static key, one-time key
	msgAnswer  = 3 // joiner: to static, to one-time, box of (static key, ephemeral key)
	msgConfirm = 4 // inviter: base tick, to static, to ephemeral, confirmation
	msgDone    = 5 // joiner: confirmation
	msgAsk     = 6 // epoch: the asker's key
	msgReply   = 7 // epoch: base tick, which key, encapsulation
	msgCall    = 8 // aid: which epochs the caller has
	msgOffer   = 9 // aid: a renewal, or that the caller is a copy
)

const (
	helloSize   = 18
	keysSize    = 2 * keys.KEMPublic
	answerSize  = 2*keys.KEMCiphertext + keysSize + 16
	confirmSize = 8 + 2*keys.KEMCiphertext + 32
	doneSize    = 32
	replyHead   = 16
	replySize   = replyHead + keys.KEMCiphertext
	arenaSize   = answerSize + keysSize
)

// messageSize gives the one length that a message may have; 0 if there is none.
func messageSize(m byte) int {
	switch m {
	case msgHello:
		return helloSize
	case msgKeys:
		return keysSize
	case msgAnswer:
		return answerSize
	case msgConfirm:
		return confirmSize
	case msgDone:
		return doneSize
	case msgAsk:
		return keys.KEMPublic
	case msgReply:
		return replySize
	case msgCall:
		return callSize
	case msgOffer:
		return offerSize
	}
	return 0
}

// keyHash is what the invite says of the inviter's keys.
func keyHash(suite uint16, static, once []byte) [32]byte {
	return hash("inviter keys", []byte{byte(suite >> 8), byte(suite)}, static, once)
}

// transcript is the handshake's running state: CK takes in every shared secret,
// TH every byte that was said.
type transcript struct {
	CK [32]byte `cbor:"1,keyasint"`
	TH [32]byte `cbor:"2,keyasint"`
}

// begin starts from the invite: its secret, and every byte of it.
func begin(v *Invite) transcript {
	d := v.digest()
	th := hash("handshake", []byte{byte(v.Suite >> 8), byte(v.Suite)}, d[:])
	return transcript{CK: extract(th, v.Secret[:]), TH: th}
}

func (t *transcript) say(message byte, b []byte) {
	t.TH = hash("transcript", t.TH[:], []byte{message}, b)
}
func (t *transcript) mix(ss []byte) { t.CK = extract(t.CK, ss) }

// box is the cipher for the joiner's keys. Its key seals one message: it
// depends on the transcript so far and on two fresh shared secrets.
func (t *transcript) box() cipher.AEAD {
	block, err := aes.NewCipher(expand(t.CK, "answer box", t.TH, 32))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has a 16-byte block
	}
	return g
}

// confirmation proves that one side has come to the same secrets over the same
// words. Only who can make one can check one: it convinces nobody else.
func (t *transcript) confirmation(name string) [32]byte {
	key := [32]byte(expand(t.CK, name, t.TH, 32))
	return mac(&key, name, t.TH[:])
}

// finish gives the root of epoch 1, the seed of its chains, and the bytes that
// the compare words are made from.
func (t *transcript) finish() (root, seed [32]byte, sas [17]byte) {
	sas = [17]byte(expand(t.CK, "compare words", t.TH, len(sas)))
	root, seed = epochKeys(t.CK, nil, t.TH)
	return root, seed, sas
}

// aid gives the chains that repair the line, should one of its vaults be set
// back. A renewal has none of its own.
func (s *slot) aid(relay [32]byte, base uint64) {
	if s.held() {
		return
	}
	seed := [32]byte(expand(s.T.CK, "aid", s.T.TH, 32))
	s.Aid.Send, s.Aid.Recv = newChain(seed, relay, s.dir(), base), newChain(seed, relay, s.peerDir(), base)
	s.Aid.Dir = s.dir()
}

// The stages of a handshake, in order, for each side. Those that end in KEM
// wait for their turn in the timetable.
const (
	stageHello     = 1 + iota // joiner: says hello until the keys come; inviter: waits for a hello
	stageKeys                 // inviter: says its keys until an answer comes
	stageEncStatic            // joiner KEM
	stageEncOnce              // joiner KEM
	stageAnswer               // joiner: says its answer until the confirmation comes
	stageDecStatic            // inviter KEM
	stageDecOnce              // inviter KEM
	stageEncJoiner            // inviter KEM
	stageEncEphem             // inviter KEM
	stageConfirm              // inviter: says its confirmation until the joiner's comes
	stageDecJoiner            // joiner KEM
	stageDecEphem             // joiner KEM
	stageSaid                 // joiner: says its confirmation until the inviter is heard under epoch 1
	stageDone                 // ended on this side
)

// expects gives the message that a side can make use of now, 0 for none.
func (s *slot) expects() byte {
	switch {
	case s.Phase == PhaseOpen && s.asker() && s.Asked:
		return msgReply
	case s.Phase == PhaseOpen && !s.asker() && (!s.pending() || s.OutKind == msgReply):
		return msgAsk
	case s.Phase == PhaseOpen || s.Phase == PhaseEmpty || s.Phase == PhaseFailed:
		return 0
	case s.Stage == stageHello && s.Inviter:
		return msgHello
	case s.Stage == stageHello:
		return msgKeys
	case s.Stage == stageKeys:
		return msgAnswer
	case s.Stage == stageAnswer:
		return msgConfirm
	case s.Stage == stageConfirm:
		return msgDone
	}
	return 0
}

// reused reports whether a joiner's message, seen by an inviter who cannot
// make use of it, comes from a second joiner.
func (s *slot) reused(f *fragment) bool {
	if !s.Inviter || s.Phase == PhaseOpen {
		return false
	}
	switch f.Message {
	case msgHello:
		return s.Stage > stageHello && f.ID != s.HelloID
	case msgAnswer:
		return s.Stage > stageKeys && f.ID != s.AnswerID || s.Stage == stageKeys && s.InKind == msgAnswer && f.ID != s.InID
	}
	return false
}

// seenAgain is told that two cells came with one tag. Where an invite is out,
// that is a second joiner: nobody else has the key that the tag is made of.
func (s *slot) seenAgain(tick uint64) {
	if s.Inviter && s.Phase != PhaseOpen && s.live() {
		s.Again = tick
	}
}

// took handles a handshake message that is complete.
func (d *Deck) took(i int, message byte, b []byte, e *Effects) {
	s := &d.slots[i]
	switch message {
	case msgHello:
		if binary.BigEndian.Uint16(b) != Suite {
			d.fail(i, ReasonSuite, e)
			return
		}
		s.HelloID = s.InID
		s.Phase, s.Stage = PhaseShaking, stageKeys
		s.T.say(msgHello, b)
		s.T.say(msgKeys, s.outBuf()[:keysSize])
		s.say(msgKeys, 0, keysSize)
		e.event(Event{Kind: EventJoining, Slot: i, Line: s.Line})
	case msgKeys:
		if !fits(s.KeyHash, keyHash(Suite, b[:keys.KEMPublic], b[keys.KEMPublic:])) {
			d.fail(i, ReasonKeys, e)
			return
		}
		s.Phase, s.Stage = PhaseShaking, stageEncStatic
		s.T.say(msgKeys, b)
		s.quiet()
	case msgAnswer:
		s.AnswerID = s.InID
		s.Stage = stageDecStatic
		s.quiet()
	case msgConfirm:
		s.Stage = stageDecJoiner
		s.quiet()
	case msgDone:
		want := s.T.confirmation("joiner confirms")
		if subtle.ConstantTimeCompare(want[:], b) != 1 {
			d.fail(i, ReasonConfirmation, e)
			return
		}
		d.opened(i, e)
	}
}

// opened ends the handshake: from now on there may be content.
func (d *Deck) opened(i int, e *Effects) {
	s := &d.slots[i]
	s.Phase, s.Stage = PhaseOpen, stageDone
	s.T = transcript{}
	s.KeyHash, s.Seeds, s.AnswerID = [32]byte{}, [2][32]byte{}, 0
	s.quiet()
	s.dropIn()
	clear(s.Arena[:])
	s.Owed = max(e.Tick, 1) // an inviter who is busy elsewhere must still be heard soon
	if !d.adopt(i, e) {
		e.event(Event{Kind: EventOpened, Slot: i, Line: s.Line})
	}
}

// answer is the joiner's second encapsulation done: the keys that lie ready in
// the buffer are sealed in place.
func (s *slot) answer() {
	b := s.outBuf()[:answerSize]
	cts := 2 * keys.KEMCiphertext
	s.T.say(msgAnswer, b[:cts])
	var nonce [12]byte
	g := s.T.box()
	g.Seal(b[cts:cts], nonce[:], b[cts:cts+keysSize], s.T.TH[:])
	s.T.say(msgAnswer, b[cts:])
	s.Stage = stageAnswer
	s.dropIn()
	s.say(msgAnswer, 0, answerSize)
}

// openAnswer is the inviter's second decapsulation done: the joiner's keys are
// opened in place.
func (s *slot) openAnswer() bool {
	b := s.inBuf()[:answerSize]
	cts := 2 * keys.KEMCiphertext
	s.T.say(msgAnswer, b[:cts])
	g, th := s.T.box(), s.T.TH
	s.T.say(msgAnswer, b[cts:])
	var nonce [12]byte
	_, err := g.Open(b[cts:cts], nonce[:], b[cts:], th[:])
	return err == nil
}

// confirm is the inviter's last encapsulation done: epoch 1 is ready on this
// side, and used once the joiner is heard under it.
func (d *Deck) confirm(i int, tick uint64) {
	s := &d.slots[i]
	b := s.outBuf()[:confirmSize]
	binary.BigEndian.PutUint64(b, tick)
	end := confirmSize - 32
	s.T.say(msgConfirm, b[:end])
	c := s.T.confirmation("inviter confirms")
	copy(b[end:], c[:])
	s.T.say(msgConfirm, b[end:])
	var seed [32]byte
	s.RootNext, seed, s.SAS = s.T.finish()
	s.prepare(d.relay, seed, 1, tick)
	s.aid(d.relay, tick)
	s.Stage = stageConfirm
	s.dropIn()
	s.say(msgConfirm, 0, confirmSize)
}

// confirmed is the joiner's last decapsulation done. It checks the inviter's
// confirmation and moves to epoch 1 at once; the handshake ends when the
// inviter is heard there.
func (d *Deck) confirmed(i int, e *Effects) {
	s := &d.slots[i]
	b := s.inBuf()[:confirmSize]
	end := confirmSize - 32
	s.T.say(msgConfirm, b[:end])
	want := s.T.confirmation("inviter confirms")
	base := binary.BigEndian.Uint64(b)
	if subtle.ConstantTimeCompare(want[:], b[end:]) != 1 || base > s.InTick || base < s.Made {
		d.fail(i, ReasonConfirmation, e)
		return
	}
	s.T.say(msgConfirm, b[end:])
	c := s.T.confirmation("joiner confirms")
	var seed [32]byte
	s.RootNext, seed, s.SAS = s.T.finish()
	s.prepare(d.relay, seed, 1, base)
	s.aid(d.relay, base)
	s.dropIn()
	clear(s.outBuf())
	copy(s.outBuf(), c[:])
	s.Stage, s.T = stageSaid, transcript{}
	s.KeyHash, s.Seeds = [32]byte{}, [2][32]byte{}
	s.say(msgDone, 0, doneSize)
}
