package web

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// key gives a desk's confirmation key: the same each time.
func (f *fake) key() (keys.SignKey, error) {
	return keys.NewSignKey(bytes.NewReader(bytes.Repeat([]byte(f.keeper)[:1], 32)))
}

// Signing takes an accepted and echoed text, a tick, and two steps.
func TestAShowableConfirmationTakesTwoSteps(t *testing.T) {
	r := rivalCase(t)
	official := r.desks["official"]
	b := open(t, official)
	pack := official.find(t, func(it record.Item) bool { _, ok := it.Body.(accord.Package); return ok && it.By == "official" })
	ref := pack.Body.(accord.Package).Ref()
	at := b.face.alias.of(pack.ID)
	b.get("/sign/"+at).wants(t, 200, "First accept this version and echo it")
	signing := url.Values{"party": {"movement"}, "to": {"go-between"}, "sure": {"yes"}}
	b.post("/sign/"+at, signing).wants(t, 409, "has not accepted and echoed this text")

	official.must(t, record.Entry{Body: accord.Act{Party: "movement", Echo: true, On: ref}})
	b.get("/e/"+at).wants(t, 200, "Make a showable confirmation")
	b.get("/sign/"+at).wants(t, 200, "show it to anybody, for ever", strings.Join(ref.Hash.Words(12), " "))
	unsure := url.Values{"party": {"movement"}, "to": {"go-between"}}
	b.post("/sign/"+at, unsure).wants(t, 400, "not ticked")
	before := official.record.Len()
	look := b.post("/sign/"+at, signing)
	look.wants(t, 200, "confirms", "The words of its key", strings.Join(ref.Hash.Words(12), " "))
	if official.record.Len() != before {
		t.Fatal("looking signed it")
	}
	b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}})
	is := func(it record.Item) bool { _, ok := it.Body.(accord.Confirmation); return ok }
	mine, theirs := official.find(t, is), r.desks["go-between"].find(t, is)
	if !mine.Body.(accord.Confirmation).Fits() || theirs.ID != mine.ID {
		t.Fatalf("%+v", theirs)
	}
	b.get("/standing").wants(t, 200, "Signed at this desk", "a showable signature")

	// At the go-between's desk nobody has compared the key.
	g := open(t, r.desks["go-between"])
	g.get("/standing").wants(t, 200, "nobody here has vouched for the key", "Compare the key")
	on := g.face.alias.of(theirs.ID)
	words := strings.Join(mine.Body.(accord.Confirmation).Public().Fingerprint().Words(12), " ")
	g.get("/key/"+on).wants(t, 200, words, "by another way than this program")
	g.post("/key/"+on, url.Values{"with": {"official"}, "by": {"by telephone"}}).wants(t, 400, "whether the words are the same")
	look = g.post("/key/"+on, url.Values{"with": {"official"}, "by": {"by telephone"}, "same": {"yes"}})
	look.wants(t, 200, "by telephone", "is the same")
	g.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}})
	g.get("/standing").wants(t, 200, "compared with the movement's senior official (by telephone)")
}
