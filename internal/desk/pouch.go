package desk

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// PouchStep is what a keeper does about pouches.
type PouchStep string

// The steps.
const (
	PouchKey   PouchStep = "key"   // show the desk's own key
	PouchLearn PouchStep = "learn" // note a key (Text) of Peer that By introduced
	PouchCheck PouchStep = "check" // the keeper compared the words (Text) with Peer, How
	PouchDrop  PouchStep = "drop"  // forget the key of Peer with these words (Text)
	PouchPeers PouchStep = "peers" // what is held
	PouchSeal  PouchStep = "seal"  // seal Text for Peer
	PouchOpen  PouchStep = "open"  // open the pouch Text
)

// PouchOrder is one step.
type PouchOrder struct {
	Step PouchStep
	Peer record.Name
	By   []record.Name // the hands through which a key came
	Text string
	How  pouch.How
}

// PouchAnswer is what came of it.
type PouchAnswer struct {
	Text   string      `json:"text,omitempty"`  // a key, a pouch, or what was in one
	Words  []string    `json:"words,omitempty"` // of the key
	Peer   record.Name `json:"peer,omitempty"`
	State  pouch.State `json:"state,omitempty"`
	Number uint64      `json:"number,omitempty"`
	Again  bool        `json:"again,omitempty"`  // a pouch of this number was opened before
	Missed []uint64    `json:"missed,omitempty"` // numbers that have not come
	Peers  []PouchPeer `json:"peers,omitempty"`
}

// PouchPeer is what is held for one party.
type PouchPeer struct {
	Name  record.Name `json:"name"`
	State pouch.State `json:"state"`
	Keys  []PouchHeld `json:"keys"`
}

// PouchHeld is one key that came.
type PouchHeld struct {
	Words    []string  `json:"words"`
	By       []string  `json:"by"`
	Compared pouch.How `json:"compared,omitempty"`
}

const (
	metaPouchKey   = "pouch-key"
	metaPouchPeers = "pouch-peers"
	maxPouchPeers  = 256
)

// Pouch implements Handle.
func (d *Desk) Pouch(_ context.Context, o PouchOrder) (PouchAnswer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	own, err := d.pouchKey()
	if err != nil {
		return PouchAnswer{}, err
	}
	peers, err := d.pouchPeers()
	if err != nil {
		return PouchAnswer{}, err
	}
	switch o.Step {
	case PouchKey:
		k, err := own.Public(keys.XWing())
		return PouchAnswer{Text: k.Text(), Words: k.Fingerprint().Words(keys.FingerprintWords)}, err
	case PouchPeers:
		return PouchAnswer{Peers: shownPouches(peers)}, nil
	case PouchOpen:
		return d.openPouch(own, peers, o)
	case PouchLearn, PouchCheck, PouchDrop, PouchSeal:
	default:
		return PouchAnswer{}, fault.New(fault.Malformed, "desk.pouch-step", "", "%q is no step of a pouch", string(o.Step))
	}
	if err := o.Peer.Check(); err != nil {
		return PouchAnswer{}, err
	}
	i := slices.IndexFunc(peers, func(p pouch.Peer) bool { return p.Name == string(o.Peer) })
	if i < 0 {
		peers, i = append(peers, pouch.Peer{Name: string(o.Peer)}), len(peers)
	}
	out, p, err := pouchStep(own, peers[i], o)
	if err != nil {
		return PouchAnswer{}, err
	}
	peers[i] = p
	out.Peer, out.State = o.Peer, p.State()
	return out, d.keepPouches(peers)
}

func pouchStep(own *pouch.Secret, p pouch.Peer, o PouchOrder) (out PouchAnswer, _ pouch.Peer, err error) {
	switch o.Step {
	case PouchLearn:
		if len(o.By) == 0 {
			return out, p, fault.New(fault.Malformed, "desk.pouch-by", "say who brought it, and through whom he had it", "it does not say who introduced this key")
		}
		var hands []string
		for _, n := range o.By {
			if err := n.Check(); err != nil {
				return out, p, err
			}
			hands = append(hands, string(n))
		}
		if p, err = p.Learn(o.Text, hands...); err != nil {
			return out, p, err
		}
		k, err := pouch.ParseKey(o.Text)
		out.Words = k.Fingerprint().Words(keys.FingerprintWords)
		return out, p, err
	case PouchCheck, PouchDrop:
		print, err := typedPrint(p, o.Text)
		if err != nil {
			return out, p, err
		}
		if o.Step == PouchDrop {
			return out, p.Drop(print), nil
		}
		p, err = p.Compare(print, o.How)
		return out, p, err
	}
	to, err := p.Key()
	if err != nil {
		return out, p, err
	}
	// The number is stored before the pouch is shown. The salt is fresh, so a
	// vault that is set back uses no key twice.
	p.Sent++
	var salt [16]byte
	rand.Read(salt[:])
	out.Number = p.Sent
	out.Text, err = pouch.Seal(keys.XWing(), own, to, pouch.Content{Number: p.Sent, Text: o.Text}, salt)
	return out, p, err
}

// typedPrint finds the key whose words were typed.
func typedPrint(p pouch.Peer, typed string) (keys.Hash, error) {
	for _, h := range p.Keys {
		k, err := pouch.ParseKey(h.Key)
		if err != nil {
			return keys.Hash{}, err
		}
		same, err := k.Fingerprint().Same(typed)
		if err != nil {
			return keys.Hash{}, err
		}
		if same {
			return k.Fingerprint(), nil
		}
	}
	return keys.Hash{}, fault.New(fault.NotFound, "pouch.other-words", "read the words to them again; if they differ, somebody swapped the key", "no key with these words is held for them")
}

func (d *Desk) openPouch(own *pouch.Secret, peers []pouch.Peer, o PouchOrder) (PouchAnswer, error) {
	sealed, err := pouch.Parse(o.Text)
	if err != nil {
		return PouchAnswer{}, err
	}
	for i, p := range peers {
		for _, h := range p.Keys {
			k, err := pouch.ParseKey(h.Key)
			if err != nil || !sealed.From(k) {
				continue
			}
			c, err := sealed.Open(keys.XWing(), own, k)
			if err != nil {
				return PouchAnswer{}, err
			}
			out := PouchAnswer{Text: c.Text, Number: c.Number, Peer: record.Name(p.Name), State: p.State()}
			peers[i], out.Again = p.Opened(c.Number)
			out.Missed = peers[i].Missed
			return out, d.keepPouches(peers)
		}
	}
	return PouchAnswer{}, fault.New(fault.NotFound, "desk.pouch-sender", "take in the sender's key first, with `backchannel pouch learn`", "no key is held for who sealed this pouch")
}

// Sealing is the message by which a text that only programs read goes to a party.
// Whoever carries it passes it word for word, or not at all.
func Sealing(keeper, to, through record.Name, text string) record.Entry {
	m := record.Message{From: keeper, To: to, Form: record.Text, Fidelity: record.Sealed, SpeechAct: record.Inform, Text: text}
	if strings.HasPrefix(text, pouch.KeyPrefix) {
		m.Fidelity = record.Verbatim // a key is no secret
	}
	return record.Entry{Audience: []record.Name{through}, Carrying: record.Carrying{Pass: record.PassVerbatim}, Body: m}
}

// Hands gives those through whose hands a message came, as it says itself and by
// the line that it came over.
func Hands(in record.Seen) []record.Name {
	m, _ := in.Body.(record.Message)
	out := slices.Clone(m.Via)
	if over := in.Came.Over(); over != "" && !slices.Contains(out, over) {
		out = append(out, over)
	}
	return out
}

// Opened is what was in a pouch, as it is logged on this desk alone. in is the
// message in which it came, where it came in one.
func (a PouchAnswer) Opened(keeper record.Name, in record.Seen) record.Entry {
	m := record.Message{From: a.Peer, To: keeper, Form: record.Text, Fidelity: record.Sealed, SpeechAct: record.Inform, Text: a.Text}
	e := record.Entry{SaidBy: a.Peer}
	if by, ok := in.Body.(record.Message); ok {
		m.Via, e.About = by.Via, []record.Ref{{Entry: in.ID}}
	}
	e.Body = m
	return e
}

func shownPouches(peers []pouch.Peer) []PouchPeer {
	out := []PouchPeer{}
	for _, p := range peers {
		s := PouchPeer{Name: record.Name(p.Name), State: p.State()}
		for _, h := range p.Keys {
			if k, err := pouch.ParseKey(h.Key); err == nil {
				s.Keys = append(s.Keys, PouchHeld{k.Fingerprint().Words(keys.FingerprintWords), h.By, h.Compared})
			}
		}
		out = append(out, s)
	}
	return out
}

// pouchKey gives the desk's secret key, made when it is first asked for. The
// caller holds mu.
func (d *Desk) pouchKey() (*pouch.Secret, error) {
	var s pouch.Secret
	b, err := d.vault.Meta(metaPouchKey)
	if err == nil {
		return &s, wire.DecodeOwn(b, &s)
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	rand.Read(s.KEM[:])
	rand.Read(s.DH[:])
	if b, err = wire.Encode(s); err != nil {
		return nil, err
	}
	return &s, d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaPouchKey, b) })
}

func (d *Desk) pouchPeers() (out []pouch.Peer, err error) {
	b, err := d.vault.Meta(metaPouchPeers)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return out, wire.DecodeOwn(b, &out)
}

func (d *Desk) keepPouches(peers []pouch.Peer) error {
	if len(peers) > maxPouchPeers {
		return fault.New(fault.Limit, "desk.pouch-peers", "", "pouch keys of %d parties are too many", len(peers))
	}
	b, err := wire.Encode(peers)
	if err != nil {
		return err
	}
	return d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaPouchPeers, b) })
}
