package pouch

import (
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// State is what is known of whose key a party's key is.
type State string

// The states.
const (
	None     State = "none"
	Conflict State = "conflict" // two keys for one party
	Compared State = "compared" // the keeper compared the words himself
	TwoWays  State = "two-ways" // the same through two go-betweens or more
	OneWay   State = "one-way"  // through one go-between: a swap could not be detected
)

// How says by what the keeper compared a key.
type How string

// The ways that count.
const (
	InPerson  How = "in-person"
	ByVoice   How = "voice"
	BySecret  How = "secret" // bona fides over a shared secret
	BySign    How = "sign"   // a public sign that was foretold
	maxKeys       = 8
	maxWays       = 16
	maxMissed     = 64
	maxNumber     = 1 << 48
	maxHands      = 17 * 65 // bytes of the names of one way
)

// Held is one key that came for a party.
type Held struct {
	Key      string   `cbor:"1,keyasint"` // its text
	By       []string `cbor:"2,keyasint"` // the ways it came: the hands of each, with commas
	Compared How      `cbor:"3,keyasint,omitempty"`
}

// Peer is what a desk holds about the pouches of one party.
type Peer struct {
	Name   string   `cbor:"1,keyasint"`
	Keys   []Held   `cbor:"2,keyasint"`
	Sent   uint64   `cbor:"3,keyasint"` // number of the last one sealed for it
	Top    uint64   `cbor:"4,keyasint"` // highest number opened
	Missed []uint64 `cbor:"5,keyasint"` // below it and not come

	// What bona fides showed of the key, before or after it came.
	Proven    keys.Hash `cbor:"6,keyasint,omitempty"`
	ProvenHow How       `cbor:"7,keyasint,omitempty"`
}

// Learn notes a key that came through these hands. It says nothing of whether it
// is theirs.
func (p Peer) Learn(text string, hands ...string) (Peer, error) {
	k, err := ParseKey(text)
	if err != nil {
		return p, err
	}
	text = k.Text()
	p.Keys = slices.Clone(p.Keys)
	i := slices.IndexFunc(p.Keys, func(h Held) bool { return h.Key == text })
	if i < 0 {
		if len(p.Keys) >= maxKeys {
			return p, fault.New(fault.Limit, "pouch.keys", "drop those that are wrong", "%d keys are held for one party already", maxKeys)
		}
		p.Keys, i = append(p.Keys, Held{Key: text}), len(p.Keys)
	}
	h := &p.Keys[i]
	if p.ProvenHow != "" && k.Fingerprint() == p.Proven {
		h.Compared = p.ProvenHow
	}
	hands = slices.Clone(hands)
	slices.Sort(hands)
	by := strings.Join(slices.Compact(hands), ",")
	if h.By = slices.Clone(h.By); !slices.Contains(h.By, by) && len(h.By) < maxWays && len(by) <= maxHands {
		h.By = append(h.By, by)
	}
	return p, nil
}

// Compare notes that the keeper compared the words of one key.
func (p Peer) Compare(print keys.Hash, how How) (Peer, error) {
	switch how {
	case InPerson, ByVoice, BySecret, BySign:
	default:
		return p, fault.New(fault.Malformed, "pouch.how", "use in-person, voice, secret or sign", "%q is no way to compare a key", string(how))
	}
	for i, h := range p.Keys {
		if k, err := ParseKey(h.Key); err == nil && k.Fingerprint() == print {
			p.Keys = slices.Clone(p.Keys)
			p.Keys[i].Compared = how
			return p, nil
		}
	}
	return p, fault.New(fault.NotFound, "pouch.other-words", "read the words to them again; if they differ, somebody swapped the key", "no key with these words is held for them")
}

// Prove notes that a run or a sign showed whose key has this fingerprint. It
// need not have come yet; another that came is then somebody else's.
func (p Peer) Prove(print keys.Hash, how How) Peer {
	p.Proven, p.ProvenHow = print, how
	if q, err := p.Compare(print, how); err == nil {
		return q
	}
	return p
}

// Drop forgets one key: the one that was swapped, or that is out of use.
func (p Peer) Drop(print keys.Hash) Peer {
	if p.Proven == print {
		p.Proven, p.ProvenHow = keys.Hash{}, ""
	}
	p.Keys = slices.DeleteFunc(slices.Clone(p.Keys), func(h Held) bool {
		k, err := ParseKey(h.Key)
		return err != nil || k.Fingerprint() == print
	})
	return p
}

func (p Peer) otherThanProven() bool {
	if p.ProvenHow == "" {
		return false
	}
	k, err := ParseKey(p.Keys[0].Key)
	return err != nil || k.Fingerprint() != p.Proven
}

// apart reports whether the key came by two ways that have no hand in common.
func (h Held) apart() bool {
	for i, a := range h.By {
		for _, b := range h.By[i+1:] {
			hands := strings.Split(b, ",")
			if !slices.ContainsFunc(strings.Split(a, ","), func(x string) bool { return slices.Contains(hands, x) }) {
				return true
			}
		}
	}
	return false
}

// State is computed from what is held. [POUCH-6]
func (p Peer) State() State {
	switch {
	case len(p.Keys) == 0:
		return None
	case len(p.Keys) > 1 || p.otherThanProven():
		return Conflict
	case p.Keys[0].Compared != "":
		return Compared
	case p.Keys[0].apart():
		return TwoWays
	}
	return OneWay
}

// Key gives the one key that is held.
func (p Peer) Key() (Key, error) {
	switch p.State() {
	case None:
		return Key{}, fault.New(fault.NotFound, "pouch.no-key", "ask them for it, through a go-between or better two", "no pouch key of theirs is held")
	case Conflict:
		return Key{}, fault.New(fault.Unauthentic, "pouch.conflict", "compare the words with them by a way of your own, and drop the other key", "a key came for this party that is not theirs, or two: one was swapped, or is old")
	}
	return ParseKey(p.Keys[0].Key)
}

// Opened notes the number of a pouch that was opened, and says whether one with
// that number was opened before. [POUCH-5]
func (p Peer) Opened(n uint64) (_ Peer, again bool) {
	i, missed := slices.BinarySearch(p.Missed, n)
	switch {
	case missed:
		p.Missed = slices.Delete(slices.Clone(p.Missed), i, i+1)
	case n <= p.Top || n > maxNumber:
		return p, true
	default:
		p.Missed = slices.Clone(p.Missed)
		for k := max(p.Top+1, n-min(n-1, maxMissed)); k < n; k++ {
			p.Missed = append(p.Missed, k)
		}
		p.Missed = p.Missed[max(0, len(p.Missed)-maxMissed):]
		p.Top = n
	}
	return p, false
}
