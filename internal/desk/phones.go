package desk

import (
	"context"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// metaPhones names the phones in the vault.
const metaPhones = "phones"

// MaxPhones is how many phones may be paired with one desk.
const MaxPhones = 8

// Phones is what a desk keeps of the phones that are paired with it: where they
// reach it, and by what it knows each of them. The zero value is a desk that no
// phone reaches.
type Phones struct {
	Root     string  `cbor:"1,keyasint,omitempty"` // first part of every path
	At       string  `cbor:"2,keyasint,omitempty"` // the address that its keeper chose
	Tor      string  `cbor:"3,keyasint,omitempty"` // or the control port of the Tor that leads to it
	OnionKey string  `cbor:"4,keyasint,omitempty"` // of the onion service
	Host     string  `cbor:"5,keyasint,omitempty"` // under which phones ask for it
	Cert     []byte  `cbor:"6,keyasint,omitempty"` // that it shows them (DER)
	Key      []byte  `cbor:"7,keyasint,omitempty"` // of that certificate (PKCS #8)
	List     []Phone `cbor:"8,keyasint,omitempty"`
}

// Phone is one that is paired.
type Phone struct {
	Name   string         `cbor:"1,keyasint"` // that the keeper gave it
	Hash   [32]byte       `cbor:"2,keyasint"` // of its cookie: what is stored cannot be presented
	Paired record.Instant `cbor:"3,keyasint"`
	Used   record.Instant `cbor:"4,keyasint,omitempty"` // when it last asked for something, to the day
}

// Phones gives what is kept of the phones.
func (d *Desk) Phones(context.Context) (out Phones, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return out, errClosed()
	}
	b, err := d.vault.Meta(metaPhones)
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	return out, wire.DecodeOwn(b, &out)
}

// KeepPhones keeps them instead of what was kept.
func (d *Desk) KeepPhones(_ context.Context, p Phones) error {
	if len(p.List) > MaxPhones {
		return fault.New(fault.Limit, "desk.phones", "unpair one that is not used any more", "%d phones are paired already", MaxPhones)
	}
	b, err := wire.Encode(p)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed()
	}
	return d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaPhones, b) })
}

// PhoneStep is what is asked of the face that phones reach.
type PhoneStep string

// The steps.
const (
	PhoneList   PhoneStep = "list"
	PhonePair   PhoneStep = "pair"
	PhoneCancel PhoneStep = "cancel" // the link that is out
	PhoneUnpair PhoneStep = "unpair" // the phone of that name, or all
)

// PhoneOrder asks it for one.
type PhoneOrder struct {
	Step PhoneStep `cbor:"1,keyasint"`
	Name string    `cbor:"2,keyasint,omitempty"`
	At   string    `cbor:"3,keyasint,omitempty"` // pair: host and port on which phones are to reach the desk
	Tor  string    `cbor:"4,keyasint,omitempty"` // pair: or Tor's control port
	All  bool      `cbor:"5,keyasint,omitempty"` // unpair
}

// PhoneAnswer is how it stands afterwards.
type PhoneAnswer struct {
	Host        string      `cbor:"1,keyasint,omitempty" json:"host,omitempty"` // under which phones ask; empty: none can
	Onion       bool        `cbor:"2,keyasint,omitempty" json:"onion,omitempty"`
	Open        bool        `cbor:"3,keyasint,omitempty" json:"open"` // it is being listened there
	Fingerprint string      `cbor:"4,keyasint,omitempty" json:"fingerprint,omitempty"`
	Phones      []PhoneSeen `cbor:"5,keyasint,omitempty" json:"phones"`
	Pairing     *Pairing    `cbor:"6,keyasint,omitempty" json:"pairing,omitempty"`
}

// PhoneSeen is a phone as it is listed.
type PhoneSeen struct {
	Name   string         `cbor:"1,keyasint" json:"name"`
	Paired record.Instant `cbor:"2,keyasint" json:"paired"`
	Used   record.Instant `cbor:"3,keyasint,omitempty" json:"used,omitempty"`
}

// Pairing is a link that is out. Link and Code are secrets, and given once.
type Pairing struct {
	Name  string         `cbor:"1,keyasint" json:"name"`
	Page  string         `cbor:"2,keyasint" json:"page"`           // where the code is to be typed
	Link  string         `cbor:"3,keyasint" json:"link,omitempty"` // the same with the code in its fragment
	Code  string         `cbor:"4,keyasint" json:"code,omitempty"`
	Until record.Instant `cbor:"5,keyasint" json:"until"`
}

type phoneFace func(context.Context, PhoneOrder) (PhoneAnswer, error)

// ServePhones names who answers for phones: the page, while it is served.
func (d *Desk) ServePhones(f func(context.Context, PhoneOrder) (PhoneAnswer, error)) {
	if f == nil {
		d.phones.Store(nil)
		return
	}
	p := phoneFace(f)
	d.phones.Store(&p)
}

// Phone asks the face that phones reach.
func (d *Desk) Phone(ctx context.Context, o PhoneOrder) (PhoneAnswer, error) {
	if f := d.phones.Load(); f != nil {
		return (*f)(ctx, o)
	}
	return PhoneAnswer{}, errNoPage()
}

func errNoPage() error {
	return fault.New(fault.NotFound, "desk.no-page", "start it with `backchannel desk serve`", "no page of this desk is being served")
}

// Phone asks the face of the desk that is being served.
func (r *Remote) Phone(ctx context.Context, o PhoneOrder) (out PhoneAnswer, err error) {
	return out, r.call(ctx, "phone", o, &out)
}
