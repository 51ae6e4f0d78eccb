package desk

import (
	"bytes"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/wire"
)

// TestLaw4_OpposingDesksShareNothing walks all that two opposing desks keep,
// and finds nothing in both but the relay's public parameters and the texts
// that the go-between conveyed.
func TestLaw4_OpposingDesksShareNothing(t *testing.T) {
	t.Parallel()
	rel := startRelay(t, relaytest.Options{})
	mid, _ := open(t, "go-between", Options{})
	envoy, _ := open(t, "envoy", Options{})
	official, _ := open(t, "official", Options{})
	if err := mid.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, mid, envoy, rel.Tickets[1])
	join(t, mid, official, rel.Tickets[2])
	term, pack := propose(t, envoy)
	write(t, envoy, say(envoy, "go-between", "Tell them that we are serious."))
	write(t, official, say(official, "go-between", "Tell them that we are listening."))
	eventually(t, "both arrive", func() bool {
		return len(texts(t, mid, "envoy")) == 1 && len(texts(t, mid, "official")) == 1
	})
	carryAll(t, mid, "envoy", "official")
	carryAll(t, mid, "official", "envoy")
	eventually(t, "both are conveyed", func() bool {
		return len(texts(t, envoy, "go-between")) == 1 && len(texts(t, official, "go-between")) == 1 && hasAct(t, official)
	})

	a, b := everything(t, envoy), everything(t, official)
	allowed := append(publicOf(t, envoy), publicOf(t, official)...)
	allowed = append(allowed, wire.MustEncode(term), wire.MustEncode(pack))
	h := pack.Hash()
	allowed = append(allowed, h[:], []byte("Tell them that we are serious."), []byte("Tell them that we are listening."))
	if w := common(a, b, allowed); w != nil {
		t.Fatalf("opposing desks both keep %x (%q)", w, w)
	}

	// The test can fail: a key in both is found.
	key := []byte{90, 61, 81, 127, 173, 36, 47, 59, 110, 131, 170, 190, 223, 229, 231, 237, 33}
	if common(append(a, key), append(b, key), allowed) == nil {
		t.Fatal("a key that both keep is not found")
	}
	// And so is a real one: the two ends of a line share their chains' keys.
	if common(everything(t, mid), b, allowed) == nil {
		t.Fatal("the two ends of one line seem to share nothing: the walk does not see the state")
	}
}

func write(t *testing.T, d *Desk, drafts ...record.Entry) convey.Plan {
	t.Helper()
	p, err := d.Write(t.Context(), Commit, drafts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// propose has a desk propose a package of one term to the go-between.
func propose(t *testing.T, d *Desk) (accord.Term, accord.Package) {
	term := accord.Term{Name: "truce", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease",
		Period: accord.Range{Min: 70, Max: 90, Unit: "day"}, Salt: newID()}
	pack := accord.Package{Name: "truce-package", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"power"}, Salt: newID()}
	to := []record.Name{"go-between"}
	write(t, d, record.Entry{Audience: to, Body: term}, record.Entry{Audience: to, Body: pack},
		record.Entry{Audience: to, Body: accord.Act{Party: "power", Position: accord.Proposed, On: pack.Ref()}})
	return term, pack
}

// carryAll passes on everything that came from one to another.
func carryAll(t *testing.T, d *Desk, from, to record.Name) {
	t.Helper()
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		switch it.Body.(type) {
		case record.Message, accord.Act:
			if it.By != from {
				continue
			}
			o := convey.Order{Of: it.ID, To: to, Fidelity: record.Verbatim, Consent: "asked by phone"}
			if _, err := d.Carry(t.Context(), Commit, o); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func hasAct(t *testing.T, d *Desk) bool {
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		if _, ok := it.Body.(accord.Act); ok {
			return true
		}
	}
	return false
}

// everything gives all that a desk keeps, decrypted.
func everything(t *testing.T, d *Desk) [][]byte {
	t.Helper()
	var out [][]byte
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.vault.Journal(0, func(_ uint64, b []byte) error { out = append(out, bytes.Clone(b)); return nil }))
	frames, err := d.vault.Outbox()
	must(err)
	for _, f := range frames {
		out = append(out, f.Bytes)
	}
	parts, err := d.vault.Segments()
	must(err)
	for _, g := range parts {
		out = append(out, g.Bytes)
	}
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	out = append(out, bytes.Clone(d.post.clocks[0].deck.State()))
	for _, name := range []string{metaKeeper, metaRelay, metaLines, metaClock, metaPending} {
		if b, err := d.vault.Meta(name); err == nil {
			out = append(out, b)
		}
	}
	return out
}

// publicOf gives the relay's public parameters as the desk keeps them: the
// address and the charters, which the relay shows to every member.
func publicOf(t *testing.T, d *Desk) [][]byte {
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	m := *d.post.clocks[0].member
	m.Token, m.FromTick = nil, 0
	addr, err := relay.ParseAddress(m.Address)
	if err != nil {
		t.Fatal(err)
	}
	id := relayOf(&m, addr).ID()
	out := [][]byte{id[:], wire.MustEncode(m), []byte(m.Address), wire.MustEncode(m.Table)}
	for _, c := range m.Charters {
		out = append(out, c)
	}
	return out
}

const window = 16 // bytes: the size of an id, half of a key

// common gives a window of bytes that is in both, carries information, and is
// not part of anything allowed.
func common(a, b, allowed [][]byte) []byte {
	fine := map[[window]byte]bool{}
	each(allowed, func(w [window]byte) bool { fine[w] = true; return false })
	in := map[[window]byte]bool{}
	each(without(a, allowed), func(w [window]byte) bool { in[w] = true; return false })
	var found []byte
	each(without(b, allowed), func(w [window]byte) bool {
		if in[w] && !fine[w] && informs(w) {
			found = w[:]
		}
		return found != nil
	})
	return found
}

// without blanks out what may be in both, so that no window lies across its
// edge.
func without(all, allowed [][]byte) [][]byte {
	// The longest first: one may be part of another.
	allowed = slices.SortedFunc(slices.Values(allowed), func(a, b []byte) int { return len(b) - len(a) })
	out := make([][]byte, len(all))
	for i, s := range all {
		for _, a := range allowed {
			s = bytes.ReplaceAll(s, a, make([]byte, len(a)))
		}
		out[i] = s
	}
	return out
}

// each goes through the windows of what is left when plain words and times are
// blanked out. Times may be equal: all desks of a cohort keep one beat.
func each(all [][]byte, f func([window]byte) bool) {
	for _, s := range all {
		for _, word := range plainWords {
			s = bytes.ReplaceAll(s, []byte(word), make([]byte, len(word)))
		}
		for i := 0; i+9 <= len(s); i++ {
			if bytes.HasPrefix(s[i:], []byte{0x1b, 0, 0, 1}) { // a time in ms, as CBOR has it
				s = slices.Concat(s[:i], make([]byte, 9), s[i+9:])
			}
		}
		for i := 0; i+window <= len(s); i++ {
			if f([window]byte(s[i:])) {
				return
			}
		}
	}
}

// informs tells keys and ids from padding, counters and structure, which are
// small numbers: 16 random bytes have at least 10 different values above 31,
// but for about one case in a hundred, and a key is many windows.
func informs(w [window]byte) bool {
	seen := map[byte]bool{}
	for _, c := range w {
		if c > 31 {
			seen[c] = true
		}
	}
	return len(seen) >= 10
}

// plainWords are names and kinds, which every desk writes.
var plainWords = []string{"Tell them that we are serious.", "Tell them that we are listening.", "proposed", "power", "truce-package", "truce", "envoy", "official", "go-between", "conveyance", "verbatim", "received", "conveyed", "message", "package", "inform", "text", "term", "act"}
