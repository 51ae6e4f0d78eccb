package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Told over the line: the second step names who gets exactly what, and what he
// could infer; then he has it, and it is entered that he does.
func TestToldOverTheLine(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	form := b.path("disclose/entry", m)
	b.get(form).wants(t, 200, "Tell them now, over the line")
	tell := url.Values{"to": {"official"}, "extent": {"some"}, "what": {b.face.alias.of(m.ID)}, "footing": {"briefed"}, "way": {"line"}, "text": {"For you alone."}}
	b.post(form, url.Values{"to": {"official"}, "extent": {"some"}, "what": {b.face.alias.of(m.ID)}, "footing": {"briefed"}, "way": {"line"}, "how": {"call"}}).wants(t, 400, "told by you, now")
	b.send(form, tell, "To The movement's senior official (official), The movement", "We can speak of a ceasefire of forty-five to sixty days", "For you alone.", "Also note", "What they could infer")
	official := r.desks["official"]
	official.find(t, isMessage("For you alone."))
	official.find(t, isMessage("forty-five"))
	d := gb.find(t, isBody(func(_ record.Item, d circle.Disclosure) bool { return d.To == "official" }))
	if x := d.Body.(circle.Disclosure); x.By != "go-between" || x.Form != record.Text || len(d.Audience) > 0 {
		t.Errorf("%+v", d)
	}
	b.post(form, tell).wants(t, 409, "has this message already")
	b.get("/knows").wants(t, 200, "briefed")
}

func TestSomebodyOwesNothing(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/nothing").wants(t, 200, "Who owes nothing", "of everything")
	b.send("/nothing", url.Values{"party": {"ally"}, "told": {"ally"}, "to": {"envoy"}}, "A text contradicts it", "needs the ally", "To The envoy (envoy)")
	said := gb.find(t, isBody(func(_ record.Item, n accord.NothingOwed) bool { return n.Party == "ally" }))
	if said.Body.(accord.NothingOwed).Told != "ally" || len(said.Audience) != 1 {
		t.Errorf("%+v", said)
	}
	r.desks["envoy"].find(t, isBody(func(_ record.Item, n accord.NothingOwed) bool { return n.Party == "ally" }))
	b.get("/").wants(t, 200, "owes nothing")
	b.post("/nothing", url.Values{"told": {"ally"}}).wants(t, 400, "who owes nothing")
	b.send("/nothing", url.Values{"party": {"ally"}, "about": {b.face.alias.of(gb.find(t, isBody(func(_ record.Item, x accord.Term) bool { return x.Name == "captives" })).ID)}}, "Checked", "asks anything of the ally")
}

// signedCase is a desk that keeps both parties, and a package of two terms that
// both have signed.
func signedCase(t *testing.T) (*fake, accord.Package) {
	r := newRoom("both")
	f := r.desks["both"]
	terms := []accord.Term{
		{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease", Against: []record.Name{"home"}, Salt: keys.ID{1}},
		{Name: "home", Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "the secret captives go home", Salt: keys.ID{2}},
	}
	pack := accord.Package{Name: "deal", Version: 1, Needs: []record.Name{"power", "movement"}, Salt: keys.ID{3}}
	f.must(t, record.Entry{Body: record.Person{Name: "family", Title: "The family"}})
	for _, x := range terms {
		pack.Terms = append(pack.Terms, x.Ref())
		f.must(t, record.Entry{Body: x})
	}
	f.must(t, record.Entry{Body: pack})
	for _, p := range pack.Needs {
		f.must(t, record.Entry{Body: record.Party{Name: p, Title: "The " + string(p)}}, record.Entry{Body: record.Role{Person: "both", Party: p, As: record.Principal}})
	}
	for _, a := range []accord.Act{{Position: accord.Accepted}, {Echo: true}} {
		for _, p := range pack.Needs {
			a.Party, a.On = p, pack.Ref()
			f.must(t, record.Entry{Body: a})
		}
	}
	for _, p := range pack.Needs {
		f.must(t, record.Entry{Body: accord.Confirmation{Party: p, On: pack.Ref()}})
	}
	return f, pack
}

// One term is shown by a file that tells nothing of the rest; for whom it is
// stands in the record before the file can be had.
func TestLaw5_OneTermOnThePage(t *testing.T) {
	f, pack := signedCase(t)
	b := open(t, f)
	it := f.find(t, isBody(func(_ record.Item, p accord.Package) bool { return true }))
	b.get("/one-term").wants(t, 200, "for ever", "pause", "home", "The family")
	of := b.face.alias.of(it.ID)
	choice := url.Values{"to": {"family"}, "term": {of + " pause"}}
	b.post("/one-term", url.Values{"to": {"family"}}).wants(t, 400, "which term is shown to whom")
	b.post("/one-term", url.Values{"to": {"family"}, "term": {of + " other"}}).wants(t, 404, "no term other")
	b.post("/one-term", url.Values{"to": {"family"}, "term": {of + " pause"}, "signed": {"family"}}).wants(t, 409, "confirms nothing here")
	before := f.record.Len()
	look := b.post("/one-term", choice)
	look.wants(t, 200, "It is for The family", "hostilities cease", "power confirms it", "names another term, of which the file shows nothing: home", "What they could infer")
	if strings.Contains(look.text(), "secret captives") || f.record.Len() != before {
		t.Fatal("it shows the rest, or wrote something:", look.text())
	}
	b.send("/one-term", choice)
	d := f.find(t, isBody(func(_ record.Item, d circle.Disclosure) bool { return d.To == "family" }))
	b.get("/e/"+b.face.alias.of(d.ID)).wants(t, 200, "Download the file")
	file := b.get("/one-term/file/" + b.face.alias.of(d.ID))
	if file.StatusCode != 200 || file.Header.Get("Content-Disposition") != `attachment; filename="term.txt"` {
		t.Fatalf("%d %v", file.StatusCode, file.Header)
	}
	p, err := accord.ReadTermProof([]byte(file.body))
	if err != nil || p.Package() != pack.Hash() || p.Term.Name != "pause" || len(p.Confirmations) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	b.get("/one-term/file/"+of).wants(t, 409, "gave nobody a file")
	b.get("/one-term/file/nothing").wants(t, 404)

	// Anybody verifies it, who has the words.
	b.get("/verify-term").wants(t, 200, "Paste the text of the file")
	words := strings.Join(p.Confirmations[0].Public().Fingerprint().Words(12), " ")
	length := f.record.Len()
	b.post("/verify-term", url.Values{"file": {file.body}, "words": {"power = " + words}}).wants(t, 200, "Confirmed", "under the key whose words you gave", "hostilities cease", "cannot say what else was agreed")
	b.post("/verify-term", url.Values{"file": {strings.ReplaceAll(file.body, "\n", "\r\n")}}).wants(t, 200, "Nobody has vouched for the key")
	b.post("/verify-term", url.Values{"file": {file.body}, "words": {"power = " + strings.Join(pack.Hash().Words(12), " ")}}).wants(t, 200, "Another key")
	b.post("/verify-term", url.Values{"file": {file.body}, "words": {"movement = " + words}}).wants(t, 400, "names nobody in the file")
	b.post("/verify-term", url.Values{"file": {file.body[:len(file.body)-10]}}).wants(t, 400, "Not verified")
	cut := []byte(file.body)
	cut[200] ^= 1
	if a := b.post("/verify-term", url.Values{"file": {string(cut)}}); a.StatusCode == 200 || strings.Contains(a.text(), "What the file says") {
		t.Error("an altered file is shown")
	}
	b.post("/verify-term", url.Values{"file": {strings.Repeat("A", maxBody)}}).wants(t, 413)
	if f.record.Len() != length {
		t.Error("verifying wrote something")
	}
}

func TestNothingToShowYet(t *testing.T) {
	r := rivalCase(t)
	open(t, r.desks["go-between"]).get("/one-term").wants(t, 200, "Nothing to show yet")
}
