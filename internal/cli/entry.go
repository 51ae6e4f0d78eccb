package cli

import (
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// shownEntry is an entry as --json gives it. Bodies keep the field names that
// `correct --set` takes.
type shownEntry struct {
	ID        string            `json:"id"`
	Kind      record.Kind       `json:"kind"`
	By        record.Name       `json:"by,omitempty"`
	At        string            `json:"at,omitempty"`
	SaidBy    record.Name       `json:"saidBy,omitempty"`
	HeardFrom record.Name       `json:"heardFrom,omitempty"`
	Said      *shownInterval    `json:"said,omitempty"`
	Corrects  keys.ID           `json:"corrects,omitzero"`
	Answers   keys.ID           `json:"answers,omitzero"`
	Together  []keys.ID         `json:"together,omitempty"`
	About     []record.Ref      `json:"about,omitempty"`
	Audience  []record.Name     `json:"audience,omitempty"`
	Carrying  *record.Carrying  `json:"carrying,omitempty"`
	Evidence  []record.Evidence `json:"evidence,omitempty"`
	Body      any               `json:"body"`
	Hash      keys.Hash         `json:"hash,omitzero"` // of a text
}

type shownInterval struct {
	From string `json:"from"`
	To   string `json:"to"`
	Zone string `json:"zone,omitempty"`
}

// shownItem is an entry as this desk has it.
type shownItem struct {
	shownEntry
	Known       string      `json:"known"`
	Over        record.Name `json:"over,omitempty"` // the line that brought it; empty for one typed here
	Number      uint64      `json:"number,omitempty"`
	First       any         `json:"first,omitempty"` // what it said before it was corrected
	CorrectedBy keys.ID     `json:"correctedBy,omitzero"`
}

func showEntry(e record.Entry) shownEntry {
	out := shownEntry{
		ID: e.ID.String(), Kind: e.Body.Kind(), By: e.By, At: e.At.String(), SaidBy: e.SaidBy, HeardFrom: e.HeardFrom,
		Corrects: e.Corrects, Answers: e.Answers, Together: e.Together, About: e.About, Audience: e.Audience, Evidence: e.Evidence,
		Body: e.Body,
	}
	if !e.Said.IsZero() {
		out.Said = &shownInterval{e.Said.From.String(), e.Said.To.String(), e.Said.Zone}
	}
	if e.Carrying != (record.Carrying{}) {
		out.Carrying = &e.Carrying
	}
	switch b := e.Body.(type) {
	case interface{ Hash() keys.Hash }:
		out.Hash = b.Hash()
	case record.Correction:
		out.Body = map[string]any{"kind": b.Now.Kind(), "now": b.Now, "reason": b.Reason}
	}
	return out
}

func showItem(s record.Seen) shownItem {
	out := shownItem{
		shownEntry: showEntry(s.Entry), Known: s.Known.String(), Over: s.Came.Over(), Number: s.Came.Number(), CorrectedBy: s.CorrectedBy,
	}
	if s.First != nil {
		out.First = s.First
	}
	return out
}
