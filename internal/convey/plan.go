package convey

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Context is what every plan is made from.
type Context struct {
	Record *record.Record
	Now    record.Instant
	NewID  func() keys.ID // a fresh random id each time

	// Key gives the key by which this desk confirms, made when it is first
	// needed; nil where nothing can be signed.
	Key func() (keys.SignKey, error)

	// Ledger gives what the whole record says to its keeper now; nil: it is read
	// from the record when it is needed, which takes the longer the more there
	// is.
	Ledger func() *accord.Ledger
}

// ledger gives what the whole record says to its keeper now.
func (c Context) ledger() *accord.Ledger {
	if c.Ledger != nil {
		return c.Ledger()
	}
	return accord.Read(c.Record.For(c.Record.Keeper(), record.AsOf{}), c.Now)
}

// bearers gives the entries that bear the text of that hash.
func (c Context) bearers(h keys.Hash) []record.Item {
	var out []record.Item
	for _, id := range c.ledger().Bearers(h) {
		if it, ok := c.Record.Get(id); ok && hashOf(it.Body) == h {
			out = append(out, it)
		}
	}
	return out
}

// given reports whether reader was given the text of that hash.
func (c Context) given(h keys.Hash, reader record.Name) bool {
	return slices.ContainsFunc(c.bearers(h), func(it record.Item) bool { return c.Record.GivenTo(it, reader) })
}

// Plan is what would happen. Store it, then send it.
type Plan struct {
	Entries []record.Entry // for the keeper's journal, in this order
	Parcels []Parcel       // one for each recipient, in the order of the audience
}

// Parcel is what one recipient gets: entries as he will see them.
type Parcel struct {
	To      record.Name
	First   uint64         // number of the first entry on this line and direction
	Entries []record.Entry // scrubbed; By is left to the desk that receives them
}

type parcelWire struct {
	Version int        `cbor:"1,keyasint"`
	First   uint64     `cbor:"2,keyasint"`
	Entries []wire.Raw `cbor:"3,keyasint"`
	Again   bool       `cbor:"4,keyasint,omitempty"` // sent before, and acknowledged; the receiver may have lost it
}

const parcelVersion = 1

// Encode gives the frame that carries the parcel.
func (p Parcel) Encode(codec record.Codec) ([]byte, error) {
	if len(p.Entries) > wire.MaxPacket {
		return nil, fault.New(fault.Limit, "convey.packet", "send it in parts", "%d entries for %s at once, where at most %d are allowed", len(p.Entries), p.To, wire.MaxPacket)
	}
	w := parcelWire{Version: parcelVersion, First: p.First}
	for _, e := range p.Entries {
		e.By = ""
		b, err := codec.Encode(e)
		if err != nil {
			return nil, err
		}
		w.Entries = append(w.Entries, b)
	}
	b, err := wire.Encode(w)
	if err == nil && len(b) > wire.MaxFrame {
		err = fault.New(fault.Limit, "convey.frame", "send it in parts", "%d bytes for one parcel, where at most %d are allowed", len(b), wire.MaxFrame)
	}
	return b, err
}

// Write completes drafts and plans them: each is logged by the keeper now and
// goes to its audience. A draft needs a body; its id, author and time are set
// here. Drafts are planned together, so they may refer to one another by ids
// that the caller drew.
func Write(c Context, drafts ...record.Entry) (Plan, error) {
	if err := c.Record.Stopped(); err != nil {
		return Plan{}, err
	}
	b := builder{c: c}
	for _, d := range drafts {
		if err := b.add(d); err != nil {
			return Plan{}, err
		}
	}
	return b.plan()
}

// builder gathers the entries of one plan.
type builder struct {
	c         Context
	entries   []record.Entry
	ownerless bool // texts are given as nobody's own
}

func (b *builder) add(d record.Entry) error {
	if d.ID.IsZero() {
		d.ID = b.c.NewID()
	}
	if _, taken := b.c.Record.Get(d.ID); taken {
		return fault.New(fault.Exists, "convey.id", "leave the id to the desk", "entry %s is in the record already", d.ID.Short())
	}
	d.By, d.At = b.c.Record.Keeper(), b.c.Now
	var err error
	if d.Body, err = b.signing(d); err != nil {
		return err
	}
	if d.Body != nil && d.Body.Kind() == accord.KindAct {
		d.At = b.after(d.At)
	}
	if k, ok := d.Body.(interface{ Critical() bool }); ok {
		d.Critical = k.Critical()
	}
	if len(d.Audience) > 0 && d.Body != nil && record.IsPrivate(d.Body) {
		return fault.New(fault.Refused, "convey.private", "write it as a message if it is meant for somebody", "an entry of the kind %s stays on this desk", d.Body.Kind())
	}
	if slices.Contains(d.Audience, d.By) {
		return fault.New(fault.Malformed, "convey.self", "name the recipients only", "the keeper of a desk is not in the audience of what he writes")
	}
	if err := d.Check(); err != nil {
		return err
	}
	if err := readable(d); err != nil {
		return err
	}
	if err := b.inTurn(d); err != nil {
		return err
	}
	if err := b.proper(d); err != nil {
		return err
	}
	if err := b.provable(d); err != nil {
		return err
	}
	b.entries = append(b.entries, d)
	return nil
}

// readable reports an entry that this program could write and not read again:
// one that is too long or nested too far, or text that is not UTF-8 where Check
// does not look. It is tried as a parcel, in which an entry lies deepest.
func readable(e record.Entry) error {
	codec := circle.Codec()
	raw, err := codec.Encode(e)
	if err != nil {
		return err
	}
	frame, err := wire.Encode(parcelWire{Version: parcelVersion, First: 1, Entries: []wire.Raw{raw}})
	if err != nil {
		return err
	}
	var w parcelWire
	if err := wire.Decode(frame, wire.MaxFrame, &w); err != nil {
		return err
	}
	_, err = codec.Decode(raw)
	return err
}

// after gives a time for an act of the keeper's own: later than his last one,
// even on a clock that stands still, since acts on one text count in order.
func (b *builder) after(now record.Instant) record.Instant {
	for _, e := range b.entries {
		if e.Body.Kind() == accord.KindAct {
			now = max(now, e.At+1)
		}
	}
	if it, ok := b.c.Record.Newest(accord.KindAct); ok {
		now = max(now, it.At+1)
	}
	return now
}

// plan introduces the people and parties that a recipient does not know yet,
// and makes the parcels.
func (b *builder) plan() (Plan, error) {
	if err := b.soundTexts(); err != nil {
		return Plan{}, err
	}
	var readers []record.Name
	for _, e := range b.entries {
		for _, n := range e.Audience {
			if !slices.Contains(readers, n) {
				readers = append(readers, n)
			}
		}
	}
	for _, reader := range readers {
		if err := b.introduce(reader); err != nil {
			return Plan{}, err
		}
	}
	plan := Plan{Entries: b.entries}
	for _, reader := range readers {
		p, err := b.parcel(reader)
		if err != nil {
			return Plan{}, err
		}
		plan.Parcels = append(plan.Parcels, p)
	}
	return plan, nil
}

// parcel makes what reader gets. It is encoded here once, so that what a desk
// stores can always be sent and what it sends is always well-formed.
func (b *builder) parcel(reader record.Name) (Parcel, error) {
	r := b.c.Record
	p := Parcel{To: reader, First: Sent(r, reader) + 1}
	given := func(id keys.ID) bool {
		if it, ok := r.Get(id); ok {
			return r.GivenTo(it, reader)
		}
		return slices.ContainsFunc(b.entries, func(e record.Entry) bool {
			return e.ID == id && slices.Contains(e.Audience, reader)
		})
	}
	for _, e := range b.entries {
		if !slices.Contains(e.Audience, reader) {
			continue
		}
		scrubbed := record.Scrub(e, given)
		if err := scrubbed.Check(); err != nil {
			return Parcel{}, fault.Wrap(err, fault.Refused, "convey.withheld", "give them that entry too, or leave them out of the audience",
				"a %s for %s speaks of an entry that they were not given", e.Body.Kind(), reader)
		}
		if err := b.older(e, reader); err != nil {
			return Parcel{}, err
		}
		p.Entries = append(p.Entries, scrubbed)
	}
	_, err := p.Encode(circle.Codec())
	return p, err
}

// Sent gives how many entries have gone to reader: they are numbered per line
// and direction, so a number says nothing of what others were sent.
func Sent(r *record.Record, reader record.Name) uint64 { return r.SentTo(reader) }

// introduce adds the keeper's own person and party entries for names that the
// reader is about to meet for the first time. The title goes along, and
// nothing else of what the keeper knows of them.
func (b *builder) introduce(reader record.Name) error {
	known := map[record.Name]bool{reader: true, b.c.Record.Keeper(): true}
	for _, e := range b.entries {
		if n := introduces(e.Body); n != "" && slices.Contains(e.Audience, reader) {
			known[n] = true
		}
	}
	for i := 0; i < len(b.entries); i++ { // grows: an introduction may mention a party
		e := b.entries[i]
		if !slices.Contains(e.Audience, reader) {
			continue
		}
		for _, n := range mentions(e) {
			body, ok := b.c.Record.Introduction(n)
			if !ok || known[n] || b.c.Record.HasMet(reader, n) {
				continue
			}
			known[n] = true
			if err := b.add(record.Entry{Audience: []record.Name{reader}, Body: forStranger(body)}); err != nil {
				return err
			}
		}
	}
	return nil
}

func introduces(body record.Body) record.Name {
	switch b := body.(type) {
	case record.Person:
		return b.Name
	case record.Party:
		return b.Name
	}
	return ""
}

func forStranger(body record.Body) record.Body {
	if p, ok := body.(record.Party); ok {
		p.Side = "" // on which side somebody stands is the keeper's own reading
		return p
	}
	return body
}

// mentions gives the names that e speaks of.
func mentions(e record.Entry) []record.Name {
	out := []record.Name{e.SaidBy, e.HeardFrom}
	switch b := e.Body.(type) {
	case record.Message:
		out = append(append(out, b.From, b.To, b.Translator), b.Via...)
	case record.Approach:
		out = append(append(out, b.Asker, b.To), b.Through...)
	case record.Credential:
		out = append(out, b.Holder, b.Party, b.Issuer)
	case record.Person:
		out = append(out, b.Of)
	case accord.Act:
		out = append(out, b.Party)
	case accord.Confirmation:
		out = append(out, b.Party)
	case accord.ChannelKey:
		out = append(out, b.Party, b.Holder)
	case accord.Attestation:
		out = append(out, b.Party, b.With)
	case accord.Package:
		out = append(out, b.Needs...)
	case accord.NothingOwed:
		out = append(out, b.Party, b.Told)
	case accord.Performance:
		out = append(append(out, b.By), b.Persons...)
	case accord.Event:
		out = append(out, b.By)
	case accord.SoundingAnswer:
		out = append(out, b.Party)
	case circle.Request, circle.Answer, circle.Account:
		out = append(out, circle.Names(b)...)
	case accord.Criticism:
		out = append(out, b.For)
	case accord.Translation:
		out = append(out, b.Translator)
	case record.PersonStatus:
		out = append(out, b.Person)
	case record.ProofOfLife:
		out = append(out, b.Person, b.AskedBy, b.AssessedBy)
	case accord.Term:
		out = append(out, b.Debtor, b.Creditor, b.Of, b.Monitor)
		out = append(append(append(out, b.Persons...), b.Benefits...), b.Needs...)
	}
	return slices.DeleteFunc(out, func(n record.Name) bool { return n == "" })
}
