package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/bonafides"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

func keyText(t *testing.T) string {
	t.Helper()
	s := pouch.Secret{KEM: [32]byte{1}, DH: [32]byte{2}}
	k, err := s.Public(keys.XWing())
	if err != nil {
		t.Fatal(err)
	}
	return k.Text()
}

// sealedDesk answers like a desk that holds one key, which one go-between
// brought.
func sealedDesk(f *fake, key string) (seen *[]any) {
	seen = new([]any)
	words := strings.Fields("a b c d e f g h i j k l")
	f.pouch = func(o desk.PouchOrder) (desk.PouchAnswer, error) {
		if o.Step != desk.PouchKey && o.Step != desk.PouchPeers {
			*seen = append(*seen, o)
		}
		switch o.Step {
		case desk.PouchPeers:
			return desk.PouchAnswer{Peers: []desk.PouchPeer{{Name: "official", State: pouch.OneWay, Keys: []desk.PouchHeld{{Words: words, By: []string{"ally"}}}}}}, nil
		case desk.PouchOpen:
			return desk.PouchAnswer{Peer: "official", State: pouch.OneWay, Number: 3, Text: "Ten <b>living</b> captives.", Missed: []uint64{2}}, nil
		case desk.PouchDrop:
			return desk.PouchAnswer{}, fault.New(fault.NotFound, "pouch.other-words", "read the words to them again; if they differ, somebody swapped the key", "no key with these words is held for them")
		}
		return desk.PouchAnswer{Text: key, Words: words, Peer: o.Peer, State: pouch.OneWay}, nil
	}
	f.prove = func(o desk.ProofOrder) (desk.ProofAnswer, error) {
		if o.Step == desk.ProofList {
			return desk.ProofAnswer{Open: []desk.ProofOpen{{What: "own-sign", About: "The anchor wears green."}, {What: "run", Peer: "official", At: 1}}}, nil
		}
		*seen = append(*seen, o)
		out := desk.ProofAnswer{Peer: o.Peer, State: pouch.OneWay}
		switch {
		case o.Step == desk.ProofTake && o.Secret == "":
			out.Got, out.About = desk.ProofNeed, "Where we met"
		case o.Step == desk.ProofTake:
			out.Got, out.Words = desk.ProofSame, words
		default:
			out.Got, out.Send, out.About = desk.ProofAsked, key, o.About
		}
		return out, nil
	}
	return seen
}

// The page takes in what came, makes what is to be sent, and sends it in two
// steps. What a go-between could have swapped is said.
func TestUnderSeal(t *testing.T) {
	r := rivalCase(t)
	gb, key := r.desks["go-between"], keyText(t)
	seen := sealedDesk(gb, key)
	b := open(t, gb)
	b.get("/sealed").wants(t, 200, "Under seal", "nothing in the program could show it", "a b c d e f g h i j k l; by ally", "The anchor wears green.", "waits for their next text")

	// A key: shown, looked at, sent.
	made := b.post("/sealed/make", url.Values{"make-to": {"official"}, "make-what": {"key"}})
	made.wants(t, 200, "To be sent", key[:60])
	b.send("/sealed/send", url.Values{"send-to": {"official"}, "send-through": {"envoy"}, "send-text": {key}}, "[a pouch key; in words:")
	m := gb.find(t, isBody(func(_ record.Item, m record.Message) bool { return m.Text == key }))
	if m.Carrying.Pass != record.PassVerbatim || len(m.Audience) != 1 || m.Audience[0] != "envoy" {
		t.Errorf("%+v", m.Entry)
	}
	b.get(b.path("e", m)).wants(t, 200, "[a pouch key; in words:", "Take it in")
	b.get(b.path("sealed/of", m)).wants(t, 200, key[:60])
	b.post("/sealed/send", url.Values{"send-to": {"official"}, "send-through": {"envoy"}, "send-text": {"in the open"}}).wants(t, 400, "it would go in the open")

	// What came in.
	b.post("/sealed/take", url.Values{"take-from": {"official"}, "take-by": {"ally"}, "take-text": {key}}).wants(t, 200, "as the ally introduced it", "nothing in the program could show it")
	opened := b.post("/sealed/take", url.Values{"take-from": {"official"}, "take-text": {pouch.Prefix + "x"}})
	opened.wants(t, 200, "1 before it have not come")
	if !strings.Contains(opened.body, "Ten &lt;b&gt;living") {
		t.Error("what was in it is not there, or is markup")
	}
	gb.find(t, isMessage("captives"))
	ask := url.Values{"take-from": {"official"}, "take-text": {bonafides.Prefix + "x"}}
	b.post("/sealed/take", ask).wants(t, 200, "asks you for a secret that you both know, about: Where we met", bonafides.Prefix+"x")
	ask.Set("take-secret", "the sea at dusk")
	page := b.post("/sealed/take", ask)
	page.wants(t, 200, "knows the same secret")
	if strings.Contains(page.body, "dusk") {
		t.Error("the secret stands on the page")
	}
	gb.find(t, isBody(func(_ record.Item, n record.Note) bool { return strings.Contains(n.Text, "knows the same secret") }))
	b.post("/sealed/check", url.Values{"check-peer": {"official"}, "check-words": {"x"}, "check-how": {"voice"}, "do": {"drop"}}).wants(t, 404, "No key with these words")

	// A sealed yes is to one version, and says that it could be played.
	*seen = nil
	pk := gb.find(t, func(it record.Item) bool { return it.Body.Kind() == "package" })
	yes := url.Values{"make-to": {"official"}, "make-what": {"yes"}, "make-package": {b.face.alias.of(pk.ID)}, "make-answer": {"yes"}}
	b.post("/sealed/make", yes).wants(t, 200, "he can play the other side", "To be sent")
	o, ok := (*seen)[0].(desk.ProofOrder)
	if !ok || o.Yes == nil || !*o.Yes || o.Package != pk.Body.(accord.Package).Hash() || o.About != "truce@1" {
		t.Errorf("%+v", o)
	}
	yes.Del("make-answer")
	b.post("/sealed/make", yes).wants(t, 400, "neither yes nor no")
	b.post("/sealed/reveal", url.Values{"sign": {"another"}, "reveal-to": {"official"}}).wants(t, 404, "foretold no such sign")
	b.post("/sealed/reveal", url.Values{"sign": {"The anchor wears green."}, "reveal-to": {"official"}}).wants(t, 200, "To be sent")
}
