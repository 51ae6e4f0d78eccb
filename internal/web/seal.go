package web

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"sync"
	"time"

	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// alias hides ids in addresses. An id is one block of the cipher, so that a
// single encipherment is a random-looking permutation of ids and gives back
// the id without a table.
type alias struct{ block cipher.Block }

func newAlias(key []byte) (alias, error) {
	b, err := aes.NewCipher(key)
	return alias{b}, err
}

// of gives the name of id in addresses.
func (a alias) of(id keys.ID) string {
	var out [16]byte
	a.block.Encrypt(out[:], id[:])
	return encode(out[:])
}

// id gives back what of hid. Any sixteen bytes give an id, almost surely one
// that is not there.
func (a alias) id(s string) (keys.ID, error) {
	var id keys.ID
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fault.New(fault.NotFound, "web.none", "", "nothing of that name here")
	}
	a.block.Decrypt(id[:], b)
	return id, nil
}

// formToken gives the token of the forms that go to path. It is bound to the
// session, so that it is worth nothing in another browser.
func (s *session) formToken(path string) string {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte(path))
	return encode(m.Sum(nil))
}

func (s *session) formOK(path, token string) bool {
	return hmac.Equal([]byte(s.formToken(path)), []byte(token))
}

// intent is what somebody wants to do, as the form said it: it can be planned
// any number of times and gives the same plan until the record changes.
type intent struct {
	drafts []record.Entry // to write
	order  *convey.Order  // or to carry

	destroy *desk.DestroyOrder // or to destroy

	before func(*call) error                      // done first, once it was confirmed: what it writes says that it was done
	after  func(*call, http.ResponseWriter) error // shows what came of it, in place of what was written
}

// plan plans the intent, and with desk.Commit carries it out.
func (in intent) plan(ctx context.Context, h desk.Handle, mode desk.Mode) (convey.Plan, error) {
	if in.destroy != nil {
		out, err := h.Destroy(ctx, mode, *in.destroy)
		if err == nil && len(out.Goes) == 0 {
			err = nothingGoes()
		}
		return doomed(out), err
	}
	if in.order != nil {
		return h.Carry(ctx, mode, *in.order)
	}
	return h.Write(ctx, mode, in.drafts...)
}

// digest gives a digest of what a plan shows and does. Two plans of one intent
// differ in the ids that are drawn for new entries, in the time, and in the
// numbers on the line; those are left out, and ids are written by their place
// in the plan. Everything that a person is shown is in.
func digest(codec record.Codec, p convey.Plan) ([32]byte, error) {
	place := map[keys.ID]keys.ID{}
	for i, e := range p.Entries {
		var id keys.ID
		id[0], id[14], id[15] = 0xff, byte(i>>8), byte(i)
		place[e.ID] = id
	}
	h := sha256.New()
	add := func(to record.Name, list []record.Entry) error {
		h.Write([]byte{0})
		h.Write([]byte(to))
		h.Write([]byte{0, byte(len(list) >> 8), byte(len(list))})
		for _, e := range list {
			b, err := codec.Encode(placed(e, place))
			if err != nil {
				return err
			}
			d := sha256.Sum256(b)
			h.Write(d[:])
		}
		return nil
	}
	if err := add("", p.Entries); err != nil {
		return [32]byte{}, err
	}
	for _, parcel := range p.Parcels {
		if err := add(parcel.To, parcel.Entries); err != nil {
			return [32]byte{}, err
		}
	}
	return [32]byte(h.Sum(nil)), nil
}

// placed gives e with the ids of its own plan written by place, and no time of
// logging.
func placed(e record.Entry, place map[keys.ID]keys.ID) record.Entry {
	swap := func(id keys.ID) keys.ID {
		if p, ok := place[id]; ok {
			return p
		}
		return id
	}
	e.ID, e.At = swap(e.ID), 1
	e.Corrects, e.Answers = swap(e.Corrects), swap(e.Answers)
	together := make([]keys.ID, len(e.Together))
	for i, id := range e.Together {
		together[i] = swap(id)
	}
	about := make([]record.Ref, len(e.About))
	for i, ref := range e.About {
		ref.Entry = swap(ref.Entry)
		about[i] = ref
	}
	e.Together, e.About = together, about
	if c, ok := e.Body.(record.Conveyance); ok {
		c.Of, c.As = swap(c.Of), swap(c.As)
		e.Body = c
	}
	return e
}

// pending is an intent that was shown and waits for its confirmation.
type pending struct {
	owner *session
	path  string // of the form that it came from, which was about the entry of
	fm    form
	of    keys.ID
	form  url.Values
	in    intent
	shown [32]byte
	until time.Time
	done  bool // confirmed: it is kept a while so that a second click is told so
}

const (
	pendingLife = 15 * time.Minute
	maxPending  = 64
)

// desktop holds what waits for confirmation. Its lock guards all below it.
type desktop struct {
	now  func() time.Time
	draw func() string

	mu   sync.Mutex
	wait map[string]*pending
}

// put keeps p and gives the token that confirms it.
func (d *desktop) put(p *pending) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	oldest := ""
	for t, o := range d.wait {
		switch {
		case !now.Before(o.until):
			delete(d.wait, t)
		case oldest == "" || o.until.Before(d.wait[oldest].until):
			oldest = t
		}
	}
	if len(d.wait) >= maxPending {
		delete(d.wait, oldest)
	}
	p.until = now.Add(pendingLife)
	token := d.draw()
	d.wait[token] = p
	return token
}

// take gives what token stands for, once.
func (d *desktop) take(s *session, token string) (*pending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.wait[token]
	switch {
	case !ok || p.owner != s || !d.now().Before(p.until):
		return nil, fault.New(fault.Expired, "web.confirm-unknown", "look at it again, and then confirm", "this confirmation is not known, or too old; nothing was sent")
	case p.done:
		return nil, fault.New(fault.Refused, "web.confirm-again", "look into the record", "this was answered already; nothing is done a second time")
	}
	p.done = true
	return p, nil
}
