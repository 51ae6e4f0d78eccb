package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// fileHead is what an export says of itself.
type fileHead struct {
	Format string      `json:"format"`
	Keeper record.Name `json:"keeper"`
	Reader record.Name `json:"reader"`
	Made   string      `json:"made"`
}

// Record is the JSON export of another desk, read.
type Record struct {
	head    fileHead
	entries []fileLine
}

type fileLine struct {
	n int
	e FileEntry
}

// ReadRecord reads what Export of some desk wrote.
func ReadRecord(r io.Reader) (Record, error) {
	var out Record
	b, err := all(r)
	if err != nil {
		return out, err
	}
	var head struct {
		fileHead
		Entries json.RawMessage `json:"entries"`
	}
	if json.Unmarshal(b, &head) == nil && head.Format != Format {
		return out, at(1, fault.Malformed, "exchange.format", "export it from a desk with `backchannel export json`; chats are imported as whatsapp, signal or csv", "not an export of the form %s", Format)
	}
	out.head = head.fileHead
	seen := map[keys.ID]bool{}
	err = elements(b, "entries", func(n int, raw json.RawMessage) error {
		if len(out.entries) >= MaxMessages {
			return at(n, fault.Limit, "exchange.many", "export it in parts", "more than %d entries", MaxMessages)
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.DisallowUnknownFields()
		l := fileLine{n: n}
		if err := dec.Decode(&l.e); err != nil {
			return badJSON(n, raw, err)
		}
		if l.e.ID.IsZero() || seen[l.e.ID] {
			return at(n, fault.Malformed, "exchange.entry-id", "export it again", "an entry without an id, or with the id of another")
		}
		seen[l.e.ID] = true
		out.entries = append(out.entries, l)
		return nil
	})
	if err == nil && out.head.Format != Format {
		err = at(1, fault.Malformed, "exchange.format", "export it from a desk with `backchannel export json`", "not an export of the form %s", Format)
	}
	return out, err
}

// Take says how an export is taken in.
type Take struct {
	Order      // HeardFrom is who handed it over
	Texts bool // bring in terms and packages as well, which Undo cannot take back
}

// taking is one run of Record.Drafts.
type taking struct {
	r      *record.Record
	o      Take
	now    record.Instant
	names  map[record.Name]bool // known here
	ids    map[keys.ID]keys.ID  // of the file, to those here
	fixes  map[keys.ID]json.RawMessage
	absent map[string]int
	out    Import
}

// Drafts gives what taking in an export would add to r: its messages,
// approaches and, if asked, texts, each as a hand entry that its keeper has
// from whoever handed the file over. What is in r already, by its own id, is
// left as it came. Acts, deeds, credentials, roles and introductions are left
// out: whether somebody accepted is not taken from a file.
func (f Record) Drafts(r *record.Record, now record.Instant, o Take) (Import, error) {
	t := taking{r: r, o: o, now: now, ids: map[keys.ID]keys.ID{}, fixes: map[keys.ID]json.RawMessage{}, absent: map[string]int{}}
	if err := o.check(r); err != nil {
		return t.out, err
	}
	if o.HeardFrom == "" {
		return t.out, fault.New(fault.Malformed, "exchange.handed", "say it with --heard-from NAME", "an export needs somebody who handed it over")
	}
	t.names, t.out.begun = knownNames(r), since(r)
	ids := newIDs(o.Label, r.Keeper())
	for _, l := range f.entries {
		if _, here := r.Get(l.e.ID); here {
			t.ids[l.e.ID] = l.e.ID
		} else if t.takes(l.e.Kind) {
			t.ids[l.e.ID] = ids.of(l.e.ID.String())
		}
		if id := l.e.CorrectedBy; !id.IsZero() {
			t.fixes[id] = nil
		}
	}
	for _, l := range f.entries {
		if _, wanted := t.fixes[l.e.ID]; wanted && l.e.Kind == record.KindCorrection {
			t.fixes[l.e.ID] = l.e.Body
		}
	}
	for _, l := range f.entries {
		if t.gone(l) {
			delete(t.ids, l.e.ID) // so that nothing refers to it
		}
	}
	for _, l := range f.entries {
		if err := t.line(l); err != nil {
			return t.out, err
		}
	}
	return t.out, unmapped(t.absent)
}

// gone reports whether its own author withdrew an entry: what should not have
// been there is not taken in.
func (t *taking) gone(l fileLine) bool {
	var c fileCorrection
	fix := t.fixes[l.e.CorrectedBy]
	return fix != nil && json.Unmarshal(fix, &c) == nil && c.Withdrawn
}

func (t *taking) takes(k record.Kind) bool {
	switch k {
	case record.KindMessage, record.KindApproach:
		return true
	case accord.KindTerm, accord.KindPackage:
		return t.o.Texts
	}
	return false
}

// knownNames gives the people and parties whom the keeper introduced, and
// himself.
func knownNames(r *record.Record) map[record.Name]bool {
	out := map[record.Name]bool{r.Keeper(): true}
	for _, it := range r.Known() {
		if it.By != r.Keeper() {
			continue
		}
		switch b := it.Body.(type) {
		case record.Person:
			out[b.Name] = true
		case record.Party:
			out[b.Name] = true
		}
	}
	return out
}

func (t *taking) line(l fileLine) error {
	if _, here := t.r.Get(l.e.ID); here {
		t.out.There++
		return nil
	}
	if !t.takes(l.e.Kind) || t.gone(l) {
		t.out.Left = append(t.out.Left, Left{l.n, short(string(l.e.Kind))})
		return nil
	}
	body, err := t.body(l)
	if err != nil {
		return err
	}
	said, err := t.said(l)
	if err != nil {
		return err
	}
	speaker := l.e.SaidBy
	if speaker == "" {
		speaker = l.e.By
	}
	e := record.Entry{
		ID: t.ids[l.e.ID], By: t.r.Keeper(), At: t.now, SaidBy: t.name(l.n, speaker), HeardFrom: t.o.HeardFrom, Said: said,
		Answers: t.ids[l.e.Answers], Body: body,
		Evidence: []record.Evidence{{What: record.UnsignedDoc, Note: importNote("record export", t.o.Label, l.n)}},
	}
	if c := l.e.Carrying; c != nil {
		e.Carrying = *c // what its author asked of whoever carries it goes on to hold
	}
	for _, id := range l.e.Together {
		if id = t.ids[id]; !id.IsZero() {
			e.Together = append(e.Together, id)
		}
	}
	for _, ref := range l.e.About {
		if ref.Entry = t.ids[ref.Entry]; !ref.IsZero() {
			e.About = append(e.About, ref)
		}
	}
	if len(t.absent) > 0 {
		return nil // all unknown names are told at once
	}
	return t.out.add(t.r, e, l.n, t.now)
}

// said gives when the entry says it was said, or else logged.
func (t *taking) said(l fileLine) (record.Interval, error) {
	v := FileInterval{From: l.e.At, To: l.e.At}
	if l.e.Said != nil {
		v = *l.e.Said
	}
	from, ok := instantOf(v.From)
	to, okTo := instantOf(v.To)
	if !ok || !okTo {
		return record.Interval{}, at(l.n, fault.Malformed, "exchange.entry-time", "write it as in 2025-05-26T14:00:00.000Z", "an entry without a time")
	}
	return record.Interval{From: from, To: to, Zone: v.Zone}, nil
}

// name gives the name here of a name in the file: as mapped, or the same where
// the keeper has introduced somebody by it.
func (t *taking) name(n int, s record.Name) record.Name {
	if to, ok := t.o.People[string(s)]; ok || s == "" {
		return to
	}
	if t.names[s] {
		return s
	}
	if _, again := t.absent[string(s)]; !again {
		t.absent[string(s)] = n
	}
	return s
}

// body gives the body of an entry, as corrected, with the names of this desk.
func (t *taking) body(l fileLine) (record.Body, error) {
	raw := l.e.Body
	text := l.e.Kind == accord.KindTerm || l.e.Kind == accord.KindPackage // known by its hash, which no correction changes
	if fix := t.fixes[l.e.CorrectedBy]; fix != nil && !text {
		var c fileCorrection
		if err := json.Unmarshal(fix, &c); err != nil || c.Kind != l.e.Kind {
			return nil, at(l.n, fault.Malformed, "exchange.entry-correction", "export it again", "its correction does not fit it")
		}
		raw = c.Now
	}
	switch l.e.Kind {
	case record.KindApproach:
		a, err := decodeBody[record.Approach](l.n, raw)
		a.Asker, a.To = t.name(l.n, a.Asker), t.name(l.n, a.To)
		a.Through = t.list(l.n, a.Through)
		return a, err
	case accord.KindTerm:
		return hashed[accord.Term](l, raw)
	case accord.KindPackage:
		return hashed[accord.Package](l, raw)
	}
	m, err := decodeBody[record.Message](l.n, raw)
	m.From, m.To, m.Translator = t.name(l.n, m.From), t.name(l.n, m.To), t.name(l.n, m.Translator)
	m.Via, m.Denies = t.list(l.n, m.Via), t.ids[m.Denies]
	return m, err
}

func (t *taking) list(n int, names []record.Name) []record.Name {
	out := slices.Clone(names)
	for i := range out {
		out[i] = t.name(n, out[i])
	}
	return out
}

// hashed gives a text, which keeps its own names and must have the hash that
// the file states: it is known by it.
func hashed[T interface {
	record.Body
	Hash() keys.Hash
}](l fileLine, raw json.RawMessage) (record.Body, error) {
	b, err := decodeBody[T](l.n, raw)
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.KindOf(err), "exchange.line", "", "line %d", l.n)
	}
	if b.Hash() != l.e.Hash {
		return nil, at(l.n, fault.Unauthentic, "exchange.entry-hash", "ask for the export again, and compare the text by voice", "this text is not the one that the file names by its hash")
	}
	return b, nil
}

func decodeBody[T record.Body](n int, raw json.RawMessage) (T, error) {
	var v T
	if len(raw) > wire.MaxEntry*2 {
		return v, at(n, fault.Limit, "exchange.text", "shorten it, or leave it out and keep it as a file", "a body of %d bytes", len(raw))
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, badJSON(n, raw, err)
	}
	if reflect.ValueOf(v).IsZero() {
		return v, at(n, fault.Malformed, "exchange.entry-body", "export it again", "%s", fmt.Sprintf("a %s that says nothing", v.Kind()))
	}
	return v, nil
}
