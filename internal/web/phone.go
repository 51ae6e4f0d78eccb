package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// Bounds on phones.
const (
	pairLife  = 5 * time.Minute     // of a link that pairs one
	phoneLife = 30 * 24 * time.Hour // of one that is not used
	maxNaming = 40                  // letters of the name that its keeper gives it
)

// Onion is an onion service that leads to this desk.
type Onion interface {
	Name() string // that browsers ask for
	Key() string  // that keeps the name
	Gone() <-chan struct{}
	Close() error
}

// phoneBook is a desk that keeps phones.
type phoneBook interface {
	Phones(context.Context) (desk.Phones, error)
	KeepPhones(context.Context, desk.Phones) error
	ServePhones(func(context.Context, desk.PhoneOrder) (desk.PhoneAnswer, error))
}

// phones lets phones in. Until one is being paired there is no listener and no
// path for them; they then reach the desk through a door of their own.
type phones struct {
	face *Face // the page of this machine
	book phoneBook

	mu      sync.Mutex
	ctx     context.Context // ends when the page does; nil while it is not served
	kept    desk.Phones
	out     *pairing // the link that is out
	door    *door    // nil while it is closed
	closing sync.WaitGroup
}

// pairing is a link that is out. Only the hash of its secret is kept.
type pairing struct {
	name  string
	hash  [32]byte
	until time.Time
}

func (p *phones) now() time.Time { return p.face.opt.Now() }

// begin opens the door where phones are paired, and answers for phones until
// end.
func (p *phones) begin(ctx context.Context) {
	if p.book == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ctx = ctx
	kept, err := p.book.Phones(ctx)
	if err != nil {
		p.face.opt.Log.Error("web: the phones cannot be read", "fault", faultID(err))
		return
	}
	p.kept = kept
	p.kept.List = slices.DeleteFunc(p.kept.List, func(x desk.Phone) bool { return p.now().Sub(lastSeen(x)) >= phoneLife })
	if len(p.kept.List) > 0 {
		if err := p.open(); err != nil {
			p.face.opt.Log.Warn("web: phones cannot reach this desk", "fault", faultID(err))
		}
	}
	p.book.ServePhones(p.order)
}

func lastSeen(x desk.Phone) time.Time { return max(x.Paired, x.Used).Time() }

// end closes the door, and waits until it is closed.
func (p *phones) end() {
	if p.book == nil {
		return
	}
	p.book.ServePhones(nil)
	p.mu.Lock()
	p.ctx, p.out = nil, nil
	p.shut()
	p.mu.Unlock()
	p.closing.Wait()
}

// order does what the page or the command line asks.
func (p *phones) order(_ context.Context, o desk.PhoneOrder) (desk.PhoneAnswer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		return desk.PhoneAnswer{}, fault.New(fault.NotFound, "desk.no-page", "start it with `backchannel desk serve`", "no page of this desk is being served")
	}
	p.settle()
	var made *desk.Pairing
	var err error
	switch o.Step {
	case desk.PhoneList:
	case desk.PhonePair:
		made, err = p.pair(o)
	case desk.PhoneCancel:
		p.out = nil
		p.settle()
	case desk.PhoneUnpair:
		err = p.unpair(o)
	default:
		err = fault.New(fault.Malformed, "web.phone-step", "", "%q is nothing that is done with phones", o.Step)
	}
	if err != nil {
		return desk.PhoneAnswer{}, err
	}
	a := desk.PhoneAnswer{Host: p.kept.Host, Onion: p.kept.Tor != "", Open: p.door != nil, Fingerprint: fingerprint(p.kept.Cert), Pairing: made}
	if made == nil && p.out != nil {
		a.Pairing = &desk.Pairing{Name: p.out.name, Page: "https://" + p.kept.Host + pairPath, Until: record.At(p.out.until)}
	}
	for _, x := range p.kept.List {
		a.Phones = append(a.Phones, desk.PhoneSeen{Name: x.Name, Paired: x.Paired, Used: x.Used})
	}
	return a, nil
}

// pair makes a link for one phone, where the desk was told to let phones in. The
// caller holds mu.
func (p *phones) pair(o desk.PhoneOrder) (*desk.Pairing, error) {
	name, err := p.naming(o.Name)
	if err != nil {
		return nil, err
	}
	if len(p.kept.List) >= desk.MaxPhones {
		return nil, fault.New(fault.Limit, "desk.phones", "unpair one that is not used any more", "%d phones are paired already", desk.MaxPhones)
	}
	if err := p.place(o); err != nil {
		return nil, err
	}
	code := drawCode()
	p.out = &pairing{name: name, hash: sha256.Sum256([]byte(code)), until: p.now().Add(pairLife)}
	time.AfterFunc(pairLife, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.settle()
	})
	page := "https://" + p.kept.Host + pairPath
	return &desk.Pairing{Name: name, Page: page, Link: page + "#" + code, Code: grouped(code), Until: record.At(p.out.until)}, nil
}

// place makes sure that the door is open where o says, or where it is. The
// caller holds mu.
func (p *phones) place(o desk.PhoneOrder) error {
	at, tor, err := strings.TrimSpace(o.At), strings.TrimSpace(o.Tor), error(nil)
	if at != "" && tor != "" {
		return fault.New(fault.Malformed, "web.phone-way", "choose one of the two", "both an address and an onion service are named")
	}
	if at != "" {
		if at, err = doorAddress(at); err != nil {
			return err
		}
	}
	was, there := p.kept, p.kept.Host != ""
	here := there && (at == "" && tor == "" || at == was.At && tor == was.Tor)
	switch {
	case at == "" && tor == "" && !there:
		return fault.New(fault.Malformed, "web.phone-where", "name an address of this machine, or Tor's control port for an onion service", "it does not say where phones are to reach this desk")
	case here && p.fresh():
	case here && len(was.List) > 0:
		return fault.New(fault.Refused, "web.phone-old", "unpair all phones, and pair them again", "the certificate of this desk's door is about to end")
	case len(was.List) > 0:
		return fault.New(fault.Refused, "web.phone-moved", "pair it the same way, or unpair all phones first", "phones reach this desk at %s", was.Host)
	default:
		if here {
			at, tor = was.At, was.Tor
		}
		p.shut()
		p.kept = desk.Phones{Root: "/" + secret()[:16], At: at, Tor: tor}
	}
	if p.door == nil {
		if err := p.open(); err != nil {
			p.kept = was
			return err
		}
	}
	return nil
}

// naming checks the name that a keeper gives a phone.
func (p *phones) naming(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "" || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return "", fault.New(fault.Malformed, "web.phone-name", "give it a name by which you know it again", "a phone needs a name")
	case utf8.RuneCountInString(s) > maxNaming:
		return "", fault.New(fault.Limit, "web.phone-name-long", "give it a shorter one", "a name of more than %d letters", maxNaming)
	case slices.ContainsFunc(p.kept.List, func(x desk.Phone) bool { return x.Name == s }):
		return "", fault.New(fault.Exists, "web.phone-there", "unpair it first, or choose another name", "a phone of that name is paired already")
	}
	return s, nil
}

// settle forgets a link whose time is over, and closes a door that nobody can
// come through. The caller holds mu.
func (p *phones) settle() {
	if p.out != nil && !p.now().Before(p.out.until) {
		p.out = nil
	}
	if p.out == nil && len(p.kept.List) == 0 {
		p.shut()
	}
}

// pairs reports whether a link is out.
func (p *phones) pairs() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	return p.out != nil
}

// enter takes the secret of a link, which then works no more, and gives the
// cookie of the phone that has it.
func (p *phones) enter(ctx context.Context, typed string) (*http.Cookie, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle()
	hash := sha256.Sum256([]byte(plainCode(typed)))
	if p.out == nil || p.door == nil || subtle.ConstantTimeCompare(hash[:], p.out.hash[:]) != 1 {
		return nil, nil
	}
	g, now := p.door.gate, p.now()
	value := g.draw()
	x := desk.Phone{Name: p.out.name, Hash: sha256.Sum256([]byte(value)), Paired: record.At(now), Used: record.At(now)}
	next := p.kept
	next.List = append(slices.Clone(next.List), x)
	p.out = nil // also where it cannot be kept: a secret that was shown is spent
	if err := p.book.KeepPhones(context.WithoutCancel(ctx), next); err != nil {
		return nil, err
	}
	p.kept = next
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions = append(g.sessions, phoneSession(x, now))
	return g.cookie(value, 0), nil
}

// phoneSession is the session of a phone that is paired. Its form key is drawn
// at each start: what was sent before a start is not sent again after it.
func phoneSession(x desk.Phone, used time.Time) *session {
	return &session{hash: x.Hash, key: sha256.Sum256([]byte("backchannel form key v1" + secret())), used: used, phone: x.Name}
}

// unpair lets a phone, or all, in no more. The caller holds mu.
func (p *phones) unpair(o desk.PhoneOrder) error {
	next := p.kept
	next.List = slices.DeleteFunc(slices.Clone(next.List), func(x desk.Phone) bool { return o.All || x.Name == o.Name })
	if !o.All && len(next.List) == len(p.kept.List) {
		return fault.New(fault.NotFound, "web.phone-none", "look at the list", "no phone of that name is paired")
	}
	if o.All {
		p.out = nil
	}
	if len(next.List) == 0 && p.out == nil {
		next = desk.Phones{} // the next phone finds another door: other paths, another certificate
	}
	if p.door != nil { // first: whoever is to be kept out is out, whatever the disk says
		p.door.keep(next.List)
	}
	p.kept = next
	err := p.book.KeepPhones(context.WithoutCancel(p.ctx), next)
	p.settle()
	return err
}

// leave unpairs the phone that asks for it.
func (p *phones) leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil {
		return
	}
	if err := p.unpair(desk.PhoneOrder{Name: name}); err != nil {
		p.face.opt.Log.Error("web: a phone is not unpaired on the disk", "fault", faultID(err))
	}
}

// seen notes that a phone asked for something: to the day, so that the vault
// is written once.
func (p *phones) seen(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.kept.List, func(x desk.Phone) bool { return x.Name == name })
	if i < 0 || p.ctx == nil {
		return
	}
	now := record.At(p.now())
	day := func(t record.Instant) string { return t.Time().UTC().Format(time.DateOnly) }
	if day(p.kept.List[i].Used) == day(now) {
		return
	}
	next := p.kept
	next.List = slices.Clone(next.List)
	next.List[i].Used = now
	if err := p.book.KeepPhones(context.WithoutCancel(p.ctx), next); err != nil {
		p.face.opt.Log.Warn("web: when a phone was used is not kept", "fault", faultID(err))
		return
	}
	p.kept = next
}

// used tells when a phone last asked for something.
func (p *phones) used() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.door == nil {
		return time.Time{}
	}
	p.door.gate.mu.Lock()
	defer p.door.gate.mu.Unlock()
	return p.door.gate.used
}

// codeLetters are those that nobody takes for another (Crockford's base 32).
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const codeLength = 20 // letters: 100 bits

// drawCode draws the secret of a link: short enough to be typed.
func drawCode() string {
	b := make([]byte, codeLength)
	rand.Read(b)
	for i := range b {
		b[i] = codeLetters[b[i]%32]
	}
	return string(b)
}

// grouped writes a code for people who read it out or type it.
func grouped(code string) string {
	return strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:16], code[16:]}, "-")
}

// plainCode takes a code as people type it.
func plainCode(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 'O' || r == 'o':
			return '0'
		case r == 'I' || r == 'i' || r == 'L' || r == 'l':
			return '1'
		case r == '-' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	return s[:min(len(s), 2*codeLength)]
}
