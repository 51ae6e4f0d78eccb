package bonafides

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

// Prefix begins each of the three texts of a run.
const Prefix = "backchannel-proof:"

// MaxAbout is how long the words about a run may be, in bytes.
const MaxAbout = 200

// Purpose is what it means that two secrets are equal.
type Purpose byte

// The purposes.
const (
	Secret    Purpose = 1 // both know the same secret
	SealedYes Purpose = 2 // both say yes to the same package
)

// Kind is which of the three texts it is.
type Kind byte

// The texts, in their order.
const (
	Ask    Kind = 1
	Answer Kind = 2
	End    Kind = 3
)

const (
	version   = 1
	sidSize   = 16
	headSize  = 3 + sidSize
	tagSize   = sha512.Size
	printSize = sha256.Size
)

// Matter is one side's part in a run.
type Matter struct {
	Purpose Purpose
	Print   keys.Hash // fingerprint of the own pouch key
	Secret  []byte
	Blind   bool // the secret is random: nothing is to be learnt
}

// Run is one run, as one side keeps it between two texts. It holds no secret
// that was asked for.
type Run struct {
	Purpose  Purpose         `cbor:"1,keyasint"`
	Asked    bool            `cbor:"2,keyasint"` // this side asked
	SID      [sidSize]byte   `cbor:"3,keyasint"`
	Scalar   [pointSize]byte `cbor:"4,keyasint"` // the asker's, for this run alone
	Point    [pointSize]byte `cbor:"5,keyasint"`
	Own      keys.Hash       `cbor:"6,keyasint"`
	About    string          `cbor:"7,keyasint"`
	Expected [tagSize]byte   `cbor:"8,keyasint"` // what the end must say, for who answered
	Theirs   keys.Hash       `cbor:"9,keyasint"` // what who asked says is his key
	Blind    bool            `cbor:"10,keyasint"`
}

// Outcome is what a run shows to one side.
type Outcome struct {
	Learnt bool      // false for who said no: he learns nothing
	Same   bool      // the secrets are equal
	Print  keys.Hash // then: the other's pouch key, as he says himself
}

// Text is one text of a run, read.
type Text struct {
	Kind    Kind
	Purpose Purpose
	SID     [sidSize]byte
	Print   keys.Hash // of who sent it; not in an end
	About   string    // in an ask
	point   [pointSize]byte
	tag     [tagSize]byte
}

// Read reads a text. It says nothing of whether it is true.
func Read(text string) (Text, error) {
	b, err := pouch.Dearmour(Prefix, text)
	if err != nil {
		return Text{}, err
	}
	cut := fault.New(fault.Malformed, "bonafides.cut", "ask for it again, whole", "this is no text of a run")
	if len(b) < headSize {
		return Text{}, cut
	}
	if b[0] != version || b[2] != byte(Secret) && b[2] != byte(SealedYes) {
		return Text{}, fault.New(fault.Refused, "bonafides.version", "use the same version of the program on both sides", "a run of another version or purpose")
	}
	t := Text{Kind: Kind(b[1]), Purpose: Purpose(b[2]), SID: [sidSize]byte(b[3:headSize])}
	b = b[headSize:]
	switch {
	case t.Kind == Ask && len(b) >= pointSize+printSize && len(b) <= pointSize+printSize+MaxAbout:
		t.About = string(b[pointSize+printSize:])
	case t.Kind == Answer && len(b) == pointSize+printSize+tagSize:
		t.tag = [tagSize]byte(b[pointSize+printSize:])
	case t.Kind == End && len(b) == tagSize:
		t.tag = [tagSize]byte(b)
		return t, nil
	default:
		return Text{}, cut
	}
	if !utf8.ValidString(t.About) {
		return Text{}, cut
	}
	t.point, t.Print = [pointSize]byte(b), keys.Hash(b[pointSize:])
	return t, nil
}

func (t Text) text() string {
	b := append([]byte{version, byte(t.Kind), byte(t.Purpose)}, t.SID[:]...)
	if t.Kind != End {
		b = append(append(b, t.point[:]...), t.Print[:]...)
	}
	if t.Kind == Ask {
		return pouch.Armour(Prefix, append(b, t.About...))
	}
	return pouch.Armour(Prefix, append(b, t.tag[:]...))
}

func (t Text) share() share { return share{t.point, append(bytes.Clone(t.Print[:]), t.About...)} }

func (p Purpose) context() []byte {
	if p == SealedYes {
		return []byte("backchannel sealed yes v1")
	}
	return []byte("backchannel bona fides v1")
}

// Begin asks. random is 48 fresh random bytes. about is shown to the other side
// and to whoever carries the text.
func Begin(m Matter, about string, random [sidSize + pointSize]byte) (*Run, string, error) {
	if len(about) > MaxAbout || !utf8.ValidString(about) {
		return nil, "", fault.New(fault.Limit, "bonafides.about", "say it in fewer words", "words of %d bytes, where at most %d are allowed", len(about), MaxAbout)
	}
	r := &Run{Purpose: m.Purpose, Asked: true, SID: [sidSize]byte(random[:]), Scalar: [pointSize]byte(random[sidSize:]), Own: m.Print, About: about, Blind: m.Blind}
	var ok bool
	if r.Point, ok = power(r.Scalar, generator(m.Secret, m.Purpose.context(), r.SID[:])); !ok {
		return nil, "", fault.New(fault.Internal, "bonafides.generator", "", "no generator from this secret")
	}
	return r, r.ask().text(), nil
}

func (r *Run) ask() Text {
	return Text{Kind: Ask, Purpose: r.Purpose, SID: r.SID, Print: r.Own, About: r.About, point: r.Point}
}

// Reply answers an ask. scalar is 32 fresh random bytes.
func Reply(ask Text, m Matter, scalar [pointSize]byte) (*Run, string, error) {
	if ask.Kind != Ask || ask.Purpose != m.Purpose {
		return nil, "", wrong()
	}
	if ask.Print == m.Print {
		return nil, "", fault.New(fault.Unauthentic, "bonafides.mirror", "somebody sends you back what you sent", "this text says that it is from your own desk")
	}
	own := Text{Kind: Answer, Purpose: m.Purpose, SID: ask.SID, Print: m.Print}
	var ok1, ok2 bool
	own.point, ok1 = power(scalar, generator(m.Secret, m.Purpose.context(), ask.SID[:]))
	k, ok2 := power(scalar, ask.point)
	if !ok1 || !ok2 {
		return nil, "", weak()
	}
	isk := sessionKey(ask.SID[:], k, ask.share(), own.share())
	copy(own.tag[:], confirmation(ask.SID[:], isk, own.share()))
	r := &Run{Purpose: m.Purpose, SID: ask.SID, Own: m.Print, About: ask.About, Theirs: ask.Print, Blind: m.Blind}
	copy(r.Expected[:], confirmation(ask.SID[:], isk, ask.share()))
	return r, own.text(), nil
}

// Finish takes the answer. The end that it gives is to be sent whatever the
// outcome is: it says the same to who should learn nothing. The run is over,
// also where there is an error.
func (r *Run) Finish(t Text) (Outcome, string, error) {
	if !r.Asked || t.Kind != Answer || t.SID != r.SID || t.Purpose != r.Purpose {
		return Outcome{}, "", wrong()
	}
	if t.Print == r.Own {
		return Outcome{}, "", fault.New(fault.Unauthentic, "bonafides.mirror", "somebody sends you back what you sent", "this text says that it is from your own desk")
	}
	k, ok := power(r.Scalar, t.point)
	if !ok {
		return Outcome{}, "", weak()
	}
	ask := r.ask()
	isk := sessionKey(r.SID[:], k, ask.share(), t.share())
	end := Text{Kind: End, Purpose: r.Purpose, SID: r.SID}
	copy(end.tag[:], confirmation(r.SID[:], isk, ask.share()))
	return r.outcome(hmac.Equal(t.tag[:], confirmation(r.SID[:], isk, t.share())), t.Print), end.text(), nil
}

// Close takes the end, at the side that answered. The run is over.
func (r *Run) Close(t Text) (Outcome, error) {
	if r.Asked || t.Kind != End || t.SID != r.SID || t.Purpose != r.Purpose {
		return Outcome{}, wrong()
	}
	return r.outcome(hmac.Equal(t.tag[:], r.Expected[:]), r.Theirs), nil
}

func (r *Run) outcome(same bool, print keys.Hash) Outcome {
	if r.Blind {
		return Outcome{}
	}
	if !same {
		return Outcome{Learnt: true}
	}
	return Outcome{Learnt: true, Same: true, Print: print}
}

func wrong() error {
	return fault.New(fault.Refused, "bonafides.other-run", "begin a run anew", "this text does not belong here: to another run, or to another step of it")
}

func weak() error {
	return fault.New(fault.Unauthentic, "bonafides.weak", "begin a run anew", "a text that no honest program makes: the run is over")
}

// Yes is the secret of who says yes to a package. pair is what the pouch keys
// of the two sides give: without it whoever carries the texts, and knows the
// package, could play the other side.
func Yes(pair [32]byte, hash keys.Hash) []byte {
	h := sha256.Sum256(keys.Frame([]byte("backchannel sealed yes v1"), pair[:], hash[:]))
	return h[:]
}
