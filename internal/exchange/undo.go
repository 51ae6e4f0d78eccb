package exchange

import (
	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Undone is what taking back an import would add.
type Undone struct {
	Drafts  []record.Entry // corrections
	Already int            // entries that were taken back before
	Kept    []keys.ID      // texts on which somebody acted: they stay
	Passed  []keys.ID      // entries that were passed on: whoever has them keeps them
}

// Undo takes back the import of that label. Nothing is removed, since the
// record is never rewritten: each imported entry is withdrawn by a correction
// that gives the reason, and counts nowhere from then on. As we knew before,
// the record still shows what was imported.
func Undo(r *record.Record, label record.Name, reason string) (Undone, error) {
	var out Undone
	passed, relied := map[keys.ID]bool{}, map[keys.Hash]bool{}
	for _, it := range r.Known() {
		switch b := it.Body.(type) {
		case record.Conveyance:
			passed[b.Of] = passed[b.Of] || it.By == r.Keeper()
		case accord.Act:
			if !imported(it.Entry, label, r.Keeper()) {
				relied[b.On.Hash] = true
			}
		}
	}
	for _, it := range r.Known() { // what stands on a package stands on its terms
		if p, ok := it.Body.(accord.Package); ok && relied[p.Hash()] {
			for _, t := range p.Terms {
				relied[t.Hash] = true
			}
		}
	}
	for _, it := range r.Known() {
		if !imported(it.Entry, label, r.Keeper()) {
			continue
		}
		if passed[it.ID] {
			out.Passed = append(out.Passed, it.ID)
		}
		id := undoOf(it.ID)
		_, there := r.Get(id)
		switch {
		case there:
			out.Already++
		case record.Lasts(it, true) || relied[hashOf(it.Body)]:
			out.Kept = append(out.Kept, it.ID)
		default:
			out.Drafts = append(out.Drafts, record.Entry{
				ID: id, Corrects: it.ID, Audience: it.Audience, Body: record.Correction{Now: record.Withdrawn{Of: it.Body.Kind()}, Reason: reason},
			})
		}
	}
	if len(out.Drafts)+out.Already+len(out.Kept) == 0 {
		return out, fault.New(fault.NotFound, "exchange.no-import", "`backchannel record --json` shows the label of an import in the evidence of its entries", "nothing here was imported under %q", string(label))
	}
	return out, nil
}

// hashOf gives the hash of a text; zero for anything else.
func hashOf(b record.Body) keys.Hash {
	if h, ok := b.(interface{ Hash() keys.Hash }); ok {
		return h.Hash()
	}
	return keys.Hash{}
}
