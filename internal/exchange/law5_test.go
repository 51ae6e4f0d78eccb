package exchange

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

var dossiers int // that were made by written

// written gives every file that is made of a record for one reader.
func written(t *testing.T, r *record.Record, reader record.Name, now record.Instant) []byte {
	t.Helper()
	p := r.For(reader, record.AsOf{})
	f, err := Export(p, now)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	dates := Calendar(Dates(p, now), now, func(d Date) string { return string(d.What) + " " + string(d.Name) + " " + d.Text })
	out = append(out, dates...)
	d, err := MakeDossier(view.Of(p, now))
	if fault.Is(err, fault.NotFound) {
		return out
	} else if err != nil {
		t.Fatal(err)
	}
	dossiers++
	dossier, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, dossier...)
}

func mustRecord(t *testing.T, keeper record.Name, items []record.Item) *record.Record {
	t.Helper()
	r := record.New(keeper)
	for _, it := range items {
		if _, err := r.Add(circle.Codec(), it); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// What is exported for a reader is decided by what he was given: two records
// that differ only in the rest give the same files, byte for byte, and nothing
// that was not given is in them.
func TestLaw5_ExportsAreOfWhatTheReaderWasGiven(t *testing.T) {
	t.Cleanup(func() {
		if dossiers == 0 {
			t.Error("no reader was given an account, so no dossier was made")
		}
	})
	for seed := uint64(1); seed <= 4; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(600)
		for _, reader := range g.Lines() {
			var given, marked []record.Item
			var hidden viewtest.Hidden
			for i, it := range items {
				ours := !record.IsPrivate(it.Body) && (it.By == reader || it.By == g.Keeper() && slices.Contains(it.Audience, reader))
				if it.By == g.Keeper() {
					it.Audience = append([]record.Name{viewtest.MarkWord + "-reader"}, it.Audience...)
				}
				if ours {
					given = append(given, it)
				} else {
					it.Entry = viewtest.Mark(it.Entry, i)
					hidden.Add(it.ID)
				}
				marked = append(marked, it)
			}
			all := written(t, mustRecord(t, g.Keeper(), marked), reader, g.Now())
			if bad := hidden.In(string(all)); bad != "" {
				t.Fatalf("seed %d: %q is in what %s is given:\n%s", seed, bad, reader, all)
			}
			for i := range given { // how it came here is the keeper's to know
				given[i].Known += record.Instant(1 + i)
			}
			if own := written(t, mustRecord(t, g.Keeper(), given), reader, g.Now()); !bytes.Equal(all, own) {
				t.Fatalf("seed %d: what %s is given depends on what he was not given", seed, reader)
			}
		}
	}
}

// The file of one term that is made for an outsider is decided by the package,
// its signatures and the disclosure: two records that differ in all the rest
// give the same file, and what is written for him besides.
func TestLaw5_TheFileOfATermIsTheSameWhateverElseThereIs(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(400)
		signed, of := signedItems(t, g)
		outsider := record.Name("outsider")
		for i := range signed { // somewhere among the others
			at := (i + 1) * len(items) / (len(signed) + 1)
			items = slices.Insert(items, at, signed[i])
		}
		files := func(list []record.Item) []byte {
			r := mustRecord(t, g.Keeper(), list)
			l := accord.Read(r.For(g.Keeper(), record.AsOf{}), g.Now())
			d := circle.Disclosure{To: outsider, What: []record.Ref{of.term}, Footing: circle.Briefed, Proof: of.pack, Signed: []record.Name{"power"}}
			p, err := d.Shown(l)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			text, err := p.Text()
			if err != nil {
				t.Fatal(err)
			}
			return append([]byte(text), written(t, r, outsider, g.Now())...)
		}
		all, few := files(items), files(signed)
		if !bytes.Equal(all, few) {
			t.Fatalf("seed %d: what the outsider is given depends on what he was not given", seed)
		}
		if bytes.Contains(all, []byte("hidden term")) {
			t.Fatalf("seed %d: the file holds another term", seed)
		}
	}
}

type signedRefs struct{ term, pack record.Ref }

// signedItems gives the entries of a package of two terms that two parties have
// accepted, echoed and signed at the keeper's desk.
func signedItems(t *testing.T, g *accordtest.Gen) (out []record.Item, of signedRefs) {
	t.Helper()
	add := func(b record.Body) {
		id := keys.ID{0x51, byte(len(out))}
		at := g.Now() - record.Instant(1000-len(out))
		out = append(out, record.Item{Entry: record.Entry{ID: id, By: g.Keeper(), At: at, Body: b}, Known: at, Came: record.ByHand()})
	}
	shown := accord.Term{Name: "shown-one", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "the shown term", Salt: keys.ID{1}}
	hidden := accord.Term{Name: "other-one", Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "the hidden term", Salt: keys.ID{2}}
	pack := accord.Package{Name: "deal-" + viewtest.MarkWord, Version: 1, Terms: []accord.TermRef{shown.Ref(), hidden.Ref()}, Needs: []record.Name{"power", "movement"}, Salt: keys.ID{3}}
	add(shown)
	out = append(out, record.Item{Known: g.Now() - 1, Came: record.ByHand(), Entry: record.Entry{ID: keys.ID{0x52}, By: g.Keeper(), At: g.Now() - 1, Audience: []record.Name{"outsider"},
		Body: record.Message{From: g.Keeper(), To: "outsider", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "this is for you"}}})
	add(hidden)
	add(pack)
	for i, n := range pack.Needs {
		k, err := keys.SignKeyOf(bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			t.Fatal(err)
		}
		add(accord.Confirm(k, n, pack.Ref()))
	}
	return out, signedRefs{shown.Ref().Ref(), pack.Ref()}
}
