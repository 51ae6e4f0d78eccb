package exchange

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Undone is what taking back an import would add.
type Undone struct {
	Drafts  []record.Entry // corrections
	Already int            // entries that were taken back before
	Kept    []keys.ID      // texts, which cannot be taken back
	Passed  []keys.ID      // entries that were passed on: whoever has them keeps them
}

// Undo takes back the import of that label. Nothing is removed, since the
// record is never rewritten: each imported entry gets a correction, which
// leaves who, to whom and when, replaces the words by words, and says reason.
// As we knew before the correction, the record still shows what was imported.
func Undo(r *record.Record, label record.Name, words, reason string) (Undone, error) {
	var out Undone
	passed := map[keys.ID]bool{}
	for _, it := range r.Known() {
		if c, ok := it.Body.(record.Conveyance); ok && it.By == r.Keeper() {
			passed[c.Of] = true
		}
	}
	for _, it := range r.Known() {
		if !imported(it.Entry, label, r.Keeper()) {
			continue
		}
		if passed[it.ID] {
			out.Passed = append(out.Passed, it.ID)
		}
		now, ok := emptied(it.Body, words)
		id := undoOf(it.ID)
		switch _, there := r.Get(id); {
		case !ok:
			out.Kept = append(out.Kept, it.ID)
		case there:
			out.Already++
		default:
			out.Drafts = append(out.Drafts, record.Entry{
				ID: id, Corrects: it.ID, Audience: it.Audience, Body: record.Correction{Now: now, Reason: reason},
			})
		}
	}
	if len(out.Drafts)+out.Already+len(out.Kept) == 0 {
		return out, fault.New(fault.NotFound, "exchange.no-import", "`backchannel record --json` shows the label of an import in the evidence of its entries", "nothing here was imported under %q", string(label))
	}
	return out, nil
}

// emptied gives a body of the same kind that says only words.
func emptied(b record.Body, words string) (record.Body, bool) {
	switch b := b.(type) {
	case record.Message:
		return record.Message{From: b.From, To: b.To, Form: b.Form, Fidelity: record.OwnView, SpeechAct: record.Inform, Text: words}, true
	case record.Approach:
		b.Text = words
		return b, true
	}
	return nil, false
}
