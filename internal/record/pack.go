package record

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// A packed block holds items as this program keeps them for itself, in a form
// that is several times faster to read than the journal: names and other words
// stand once in a table, lists of names likewise, and all texts lie together
// at the end. It is a cache: it is never sent, and whoever cannot read a block
// reads the journal. Its first byte changes with its form.
//
//	form (1 byte) | words | lists | length of the items | items | texts
//
// Numbers are varints. The items are written and read by the same functions,
// so the two cannot differ.
const packForm = 2

// Bounds on one block.
const (
	PackItems = 1024    // items
	PackBytes = 1 << 20 // bytes, but for the item that passes it
)

// Pack gives the items from place from on as one block, and how many it holds:
// at most PackItems. It changes nothing in r.
func (c Codec) Pack(r *Record, from int) (block []byte, n int, err error) {
	p := packer{c: c, writing: true, index: map[string]uint64{"": 0}, listed: map[string]uint64{"": 0}}
	for ; n < PackItems && from+n < r.Len() && len(p.main)+len(p.texts) < PackBytes; n++ {
		it := *r.At(from + n)
		if p.item(&it); p.err != nil {
			return nil, 0, p.err
		}
	}
	out := packer{writing: true, main: append(make([]byte, 0, len(p.main)+len(p.texts)+4096), packForm)}
	count := uint64(len(p.words))
	out.num(&count)
	for _, w := range p.words {
		out.bytes([]byte(w))
	}
	count = uint64(len(p.lists))
	out.num(&count)
	for _, l := range p.lists {
		out.bytes(l)
	}
	count = uint64(n)
	out.num(&count)
	out.bytes(p.main)
	return append(out.main, p.texts...), n, nil
}

// Loader makes a record of packed blocks.
type Loader struct {
	r *Record
	c Codec
}

// NewLoader gives a Loader of the record of keeper.
func NewLoader(keeper Name, c Codec) *Loader { return &Loader{New(keeper), c} }

// Len gives how many items were taken in.
func (l *Loader) Len() int { return l.r.Len() }

// Record gives the record of all that was taken in. The Loader is of no use
// afterwards.
func (l *Loader) Record() *Record {
	r := l.r
	l.r = nil
	spots := make([]spot, r.Len())
	for i := range spots {
		spots[i] = spot{orderKey(r.At(i)), int32(i)}
	}
	slices.SortFunc(spots, func(a, b spot) int {
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		return compare(r.At(int(a.place)), r.At(int(b.place)))
	})
	r.order = fill(spots)
	for i := range spots {
		spots[i] = spot{idKey(r.At(i).ID), int32(i)}
	}
	slices.SortFunc(spots, func(a, b spot) int {
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		return bytes.Compare(r.At(int(a.place)).ID[:], r.At(int(b.place)).ID[:])
	})
	r.ids = fill(spots)
	return r
}

// Block takes in what Pack made of the next n items. It trusts them: they were
// checked when they came, and the vault's seal says that this desk packed them.
// Of a block that cannot be read nothing is taken in.
func (l *Loader) Block(block []byte, n int) error {
	r := l.r
	p := packer{c: l.c, in: block}
	if len(block) == 0 || block[0] != packForm {
		return errPack("it has another form")
	}
	p.in = block[1:]
	p.words = make([]string, p.count(1))
	for i := range p.words {
		p.words[i] = r.words.word(p.raw())
	}
	p.names = make([][]Name, p.count(1))
	for i := range p.names {
		list := packer{in: p.raw(), words: p.words}
		for len(list.in) > 0 && list.err == nil {
			var n Name
			word(&list, &n)
			p.names[i] = append(p.names[i], n)
		}
		if list.err != nil {
			return list.err
		}
		p.names[i] = r.words.list(p.names[i])
	}
	if p.count(16) != n {
		p.fail("it holds more or fewer items than it should")
	}
	main := p.raw()
	p.said, p.in = string(p.in), main
	var items []Item
	if p.err == nil {
		items = make([]Item, n)
	}
	for i := range items {
		p.item(&items[i])
	}
	if p.err == nil && len(p.in)+len(p.said) > 0 {
		p.err = errPack("something stands behind the items")
	}
	if p.err != nil {
		return p.err
	}
	for i := range items {
		r.keep(r.items.add(items[i]), int32(r.Len()-1))
	}
	return nil
}

func errPack(why string) error {
	return fault.New(fault.Corrupt, "record.pack", "", "a packed block does not read: %s", why)
}

// packer writes or reads one block. After an error it does nothing more.
type packer struct {
	c       Codec
	writing bool
	err     error
	at      Instant // of the item before

	main, texts []byte            // written
	index       map[string]uint64 // places of words, from 1
	listed      map[string]uint64 // places of lists, from 1
	lists       [][]byte

	in    []byte // still to be read
	said  string // texts still to be read
	names [][]Name

	words []string
}

func (p *packer) fail(why string) {
	if p.err == nil {
		p.err = errPack(why)
	}
	p.in, p.said = nil, ""
}

func (p *packer) num(v *uint64) {
	if p.writing {
		p.main = binary.AppendUvarint(p.main, *v)
		return
	}
	if len(p.in) > 0 && p.in[0] < 0x80 {
		*v = uint64(p.in[0])
		p.in = p.in[1:]
		return
	}
	n, size := binary.Uvarint(p.in)
	if size <= 0 {
		p.fail("a number is cut short")
		return
	}
	*v, p.in = n, p.in[size:]
}

// count reads how many of something follow, each of at least size bytes.
func (p *packer) count(size int) int {
	var n uint64
	if p.num(&n); n > uint64(len(p.in)/size) {
		p.fail("it holds less than it says")
		return 0
	}
	return int(n)
}

func (p *packer) bytes(b []byte) {
	n := uint64(len(b))
	p.num(&n)
	p.main = append(p.main, b...)
}

func (p *packer) raw() []byte {
	n := p.count(1)
	b := p.in[:n:n]
	p.in = p.in[n:]
	return b
}

func (p *packer) flag(v *bool) {
	var n uint64
	if *v {
		n = 1
	}
	p.num(&n)
	*v = n != 0
}

func (p *packer) whole(v *int) {
	n := uint64(int64(*v))<<1 ^ uint64(int64(*v)>>63)
	p.num(&n)
	*v = int(int64(n>>1) ^ -int64(n&1))
}

// time packs a time as its distance from another.
func (p *packer) time(v *Instant, from Instant) {
	d := int(*v - from)
	p.whole(&d)
	*v = from + Instant(d)
}

func (p *packer) id(v *keys.ID) {
	if p.writing {
		if v.IsZero() {
			p.main = append(p.main, 0)
		} else {
			p.main = append(append(p.main, 1), v[:]...)
		}
		return
	}
	var there bool
	if p.flag(&there); !there {
		return
	}
	if len(p.in) < len(v) {
		p.fail("an id is cut short")
		return
	}
	p.in = p.in[copy(v[:], p.in):]
}

func (p *packer) hash(v *keys.Hash) {
	if p.writing {
		if v.IsZero() {
			p.main = append(p.main, 0)
		} else {
			p.main = append(append(p.main, 1), v[:]...)
		}
		return
	}
	var there bool
	if p.flag(&there); !there {
		return
	}
	if len(p.in) < len(v) {
		p.fail("a hash is cut short")
		return
	}
	p.in = p.in[copy(v[:], p.in):]
}

// word packs what is said over and over: names, kinds, forms, languages.
func word[T ~string](p *packer, v *T) {
	var n uint64
	if p.writing {
		n = p.wordAt(string(*v))
	}
	if p.num(&n); p.writing {
		return
	}
	switch {
	case n == 0:
		*v = ""
	case n <= uint64(len(p.words)):
		*v = T(p.words[n-1])
	default:
		p.fail("a word is missing")
	}
}

func (p *packer) wordAt(s string) uint64 {
	n, ok := p.index[s]
	if !ok {
		p.words = append(p.words, s)
		n = uint64(len(p.words))
		p.index[s] = n
	}
	return n
}

// text packs what is said once.
func (p *packer) text(v *string) {
	n := uint64(len(*v))
	p.num(&n)
	switch {
	case p.writing:
		p.texts = append(p.texts, *v...)
	case n > uint64(len(p.said)):
		p.fail("a text is missing")
	default:
		*v, p.said = p.said[:n], p.said[n:]
	}
}

// list packs a list of names: the same ones stand in many items.
func (p *packer) list(v *[]Name) {
	var n uint64
	if p.writing {
		var l []byte
		for _, name := range *v {
			l = binary.AppendUvarint(l, p.wordAt(string(name)))
		}
		var ok bool
		if n, ok = p.listed[string(l)]; !ok {
			p.lists = append(p.lists, l)
			n = uint64(len(p.lists))
			p.listed[string(l)] = n
		}
	}
	if p.num(&n); p.writing {
		return
	}
	switch {
	case n == 0:
	case n <= uint64(len(p.names)):
		*v = p.names[n-1]
	default:
		p.fail("a list is missing")
	}
}

// many packs a list by each of its parts, which take at least size bytes.
func many[T any](p *packer, v *[]T, size int, each func(*packer, *T)) {
	n := len(*v)
	if p.writing {
		count := uint64(n)
		p.num(&count)
	} else if n = p.count(size); n > 0 {
		*v = make([]T, n)
	}
	for i := range n {
		each(p, &(*v)[i])
	}
}

// item packs one item. The order of these lines is the form of a block.
func (p *packer) item(it *Item) {
	p.id(&it.ID)
	p.flag(&it.Critical)
	word(p, &it.By)
	p.time(&it.At, p.at)
	p.at = it.At
	p.time(&it.Known, it.At)
	word(p, &it.Came.over)
	p.num(&it.Came.number)
	word(p, &it.SaidBy)
	word(p, &it.HeardFrom)
	said := !it.Said.IsZero() || it.Said.Zone != ""
	if p.flag(&said); said {
		p.time(&it.Said.From, it.At)
		p.time(&it.Said.To, it.Said.From)
		word(p, &it.Said.Zone)
	}
	p.id(&it.Corrects)
	p.id(&it.Answers)
	many(p, &it.Together, 1, (*packer).id)
	many(p, &it.About, 4, (*packer).ref)
	p.list(&it.Audience)
	carrying := it.Carrying != Carrying{}
	if p.flag(&carrying); carrying {
		word(p, &it.Carrying.Pass)
		p.time(&it.Carrying.NotBefore, 0)
		p.text(&it.Carrying.Words)
	}
	many(p, &it.Evidence, 2, func(p *packer, e *Evidence) {
		word(p, &e.What)
		p.text(&e.Note)
	})
	p.body(&it.Body)
}

func (p *packer) ref(r *Ref) {
	p.id(&r.Entry)
	word(p, &r.Name)
	p.whole(&r.Version)
	p.hash(&r.Hash)
}

// body packs what is said most by its fields, and everything else as the
// journal has it.
func (p *packer) body(b *Body) {
	d, gone := (*b).(Destroyed)
	if p.flag(&gone); gone {
		p.destroyed(&d)
		*b = d
		return
	}
	var k Kind
	if p.writing {
		k = (*b).Kind()
	}
	word(p, &k)
	switch k {
	case KindMessage:
		typed(p, b, (*packer).message)
		return
	case KindConveyance:
		typed(p, b, (*packer).conveyance)
		return
	case KindReadBack:
		typed(p, b, (*packer).readBack)
		return
	}
	var raw []byte
	var err error
	if p.writing {
		if raw, err = encodeBody(*b); err == nil {
			p.bytes(raw)
		}
	} else if raw = p.raw(); p.err == nil {
		*b, err = p.c.ownBody(k, raw)
	}
	if err != nil {
		p.fail(err.Error())
	}
}

// typed packs a body whose kind is that of T.
func typed[T Body](p *packer, b *Body, fields func(*packer, *T)) {
	v, is := (*b).(T)
	if p.writing && !is {
		p.fail("a body is not of its kind")
	}
	fields(p, &v)
	*b = v
}

func (p *packer) readBack(r *ReadBack) {
	p.id(&r.Of)
	word(p, &r.By)
	p.flag(&r.OK)
	p.text(&r.Corrected)
}

func (p *packer) message(m *Message) {
	word(p, &m.From)
	p.list(&m.Via)
	word(p, &m.To)
	word(p, &m.Form)
	word(p, &m.Fidelity)
	word(p, &m.Attribution)
	word(p, &m.SpeechAct)
	p.text(&m.Authority)
	p.text(&m.Text)
	word(p, &m.Lang)
	p.text(&m.Source)
	word(p, &m.SourceLang)
	word(p, &m.Translator)
	p.whole(&m.Draft)
	p.id(&m.Denies)
}

func (p *packer) conveyance(c *Conveyance) {
	p.id(&c.Of)
	p.id(&c.As)
	word(p, &c.To)
	word(p, &c.Step)
	word(p, &c.Fidelity)
	word(p, &c.Form)
	p.text(&c.Note)
}

// ownBody reads a body that this program wrote and that was authenticated.
func (c Codec) ownBody(k Kind, raw wire.Raw) (Body, error) {
	if own, known := c.own[k]; known {
		return own(raw)
	}
	return c.body(k, append(wire.Raw(nil), raw...)) // which may be kept
}
