package exchange

import (
	"encoding/json"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Format names the form of the export. spec/exchange.schema.json states it.
const Format = "backchannel-record/1"

// File is a record as one reader was given it, for other programs to read.
type File struct {
	Format  string      `json:"format"`
	Keeper  record.Name `json:"keeper"` // whose desk made it
	Reader  record.Name `json:"reader"` // for whom
	Made    string      `json:"made"`
	Entries []FileEntry `json:"entries"`
}

// FileEntry is an entry as it was written. A correction is an entry of its
// own; CorrectedBy points at the one that stands. Times are RFC 3339 in UTC;
// within a body they are milliseconds since 1970.
type FileEntry struct {
	ID          keys.ID           `json:"id"`
	Kind        record.Kind       `json:"kind"`
	Critical    bool              `json:"critical,omitempty"`
	By          record.Name       `json:"by"`
	At          string            `json:"at"`
	SaidBy      record.Name       `json:"saidBy,omitempty"`
	HeardFrom   record.Name       `json:"heardFrom,omitempty"`
	Said        *FileInterval     `json:"said,omitempty"`
	Corrects    keys.ID           `json:"corrects,omitzero"`
	CorrectedBy keys.ID           `json:"correctedBy,omitzero"`
	Answers     keys.ID           `json:"answers,omitzero"`
	Together    []keys.ID         `json:"together,omitempty"`
	About       []record.Ref      `json:"about,omitempty"`
	Carrying    *record.Carrying  `json:"carrying,omitempty"`
	Evidence    []record.Evidence `json:"evidence,omitempty"`
	Hash        keys.Hash         `json:"hash,omitzero"` // of a term or a package
	Body        json.RawMessage   `json:"body"`
}

// FileInterval is when something was said.
type FileInterval struct {
	From string `json:"from"`
	To   string `json:"to"`
	Zone string `json:"zone,omitempty"`
}

// fileCorrection and fileUnknown are bodies that have no JSON form of their
// own.
type fileCorrection struct {
	Kind      record.Kind     `json:"kind"`
	Now       json.RawMessage `json:"now,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Withdrawn bool            `json:"withdrawn,omitempty"` // instead of now: it should not have been there
	Back      bool            `json:"takenBack,omitempty"` // before it left the desk
	From      []record.Name   `json:"from,omitempty"`      // who would have got it
}

// kindDestroyed is the kind of what stands in the place of an entry that was
// destroyed, whatever that was.
const kindDestroyed record.Kind = "destroyed"

type fileDestroyed struct {
	Of    record.Kind   `json:"of"`
	On    string        `json:"on"`
	By    keys.ID       `json:"by,omitzero"`
	Stood []record.Name `json:"stood,omitempty"` // packages that were agreed and stood on it
}

type fileUnknown struct {
	Raw []byte `json:"raw"` // the encoded body, in base64
}

const stampForm = "2006-01-02T15:04:05.000Z"

func stampOf(i record.Instant) string { return i.Time().Format(stampForm) }

// Export gives the record as the reader of p may see it. What he was not given
// is not in p, so it cannot be here. A reader who was given nothing, or whom
// nobody here knows, is refused the same way.
func Export(p *record.Projection, made record.Instant) (File, error) {
	f := File{Format: Format, Keeper: p.Keeper(), Reader: p.Reader(), Made: stampOf(made), Entries: []FileEntry{}}
	for _, it := range p.Items() {
		e, err := fileEntry(it)
		if err != nil {
			return File{}, err
		}
		f.Entries = append(f.Entries, e)
	}
	if len(f.Entries) == 0 {
		return File{}, fault.New(fault.NotFound, "exchange.nothing-given", "check the name with `backchannel record --kind person`", "%s was given nothing", p.Reader())
	}
	return f, nil
}

func fileEntry(it record.Seen) (FileEntry, error) {
	e := it.Entry
	if it.First != nil {
		e.Body = it.First
	}
	out := FileEntry{
		ID: e.ID, Kind: e.Body.Kind(), Critical: e.Critical, By: e.By, At: stampOf(e.At), SaidBy: e.SaidBy, HeardFrom: e.HeardFrom,
		Corrects: e.Corrects, CorrectedBy: it.CorrectedBy, Answers: e.Answers, Together: e.Together, About: e.About, Evidence: e.Evidence,
	}
	if _, gone := e.Body.(record.Destroyed); gone {
		out.Kind = kindDestroyed
	}
	if !e.Said.IsZero() {
		out.Said = &FileInterval{stampOf(e.Said.From), stampOf(e.Said.To), e.Said.Zone}
	}
	if e.Carrying != (record.Carrying{}) {
		out.Carrying = &e.Carrying
	}
	if h, ok := e.Body.(interface{ Hash() keys.Hash }); ok {
		out.Hash = h.Hash()
	}
	var err error
	out.Body, err = fileBody(e.Body)
	return out, err
}

func fileBody(b record.Body) (json.RawMessage, error) {
	var v any = b
	switch b := b.(type) {
	case record.Unknown:
		v = fileUnknown{b.Raw}
	case record.Destroyed:
		v = fileDestroyed{b.Of, stampOf(b.On), b.By, b.Stood}
	case record.Correction:
		if _, gone := b.Now.(record.Withdrawn); gone {
			v = fileCorrection{Kind: b.Now.Kind(), Reason: b.Reason, Withdrawn: true, Back: b.Back, From: b.From}
			break
		}
		now, err := fileBody(b.Now)
		if err != nil {
			return nil, err
		}
		v = fileCorrection{Kind: b.Now.Kind(), Now: now, Reason: b.Reason}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "exchange.encode", "", "a body of the kind %s does not encode", b.Kind())
	}
	return raw, nil
}

// instantOf reads a time of an export.
func instantOf(s string) (record.Instant, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return 0, false
	}
	return record.At(t), true
}
