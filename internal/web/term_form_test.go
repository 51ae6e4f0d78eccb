package web

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/casefile"
	"backchannel/internal/record"
)

// newestTerm gives the last version of a term on a desk.
func newestTerm(t *testing.T, f *fake, name record.Name) (out record.Item, body accord.Term) {
	t.Helper()
	rec, err := f.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range rec.Known() {
		if x, ok := it.Body.(accord.Term); ok && x.Name == name && x.Version > body.Version {
			out, body = it, x
		}
	}
	return out, body
}

// TestTermNamesPersonsAndWhatItWaitsFor: people who are there and people who
// are new, events and terms in one condition; the second step says it in words,
// and a new version begins with all of it.
func TestTermNamesPersonsAndWhatItWaitsFor(t *testing.T) {
	r := rivalCase(t)
	envoy := r.desks["envoy"]
	e := open(t, envoy)
	e.send("/status", url.Values{"person": {"official"}, "status": {"held"}}, "held")
	e.get("/term").wants(t, 200, "No proof of life is here", "Once captives is carried out", "All of these", "None of these")
	e.send("/proof", url.Values{"person": {"official"}, "question": {"The name of his first boat?"}}, "first boat")
	term := url.Values{
		"name": {"release"}, "sort": {"obligation"}, "action": {"they are released"}, "debtor": {"movement"}, "persons": {"official"},
		"new-persons": {"captive-1 The first captive\r\n\r\n captive-2  The second captive"}, "how": {"all"}, "after": {"captives"},
		"new-events": {"the crossing is open"}, "within": {"10 days"}, "from": {"2025-06-01T12:00"}, "until": {"2025-07-01T12:00"},
		"monitor": {"ally"}, "benefits": {"power"}, "place": {"the crossing"}, "zone": {"+03:00"},
	}
	e.get("/term").wants(t, 200, "The name of his first boat?")
	nowhere := maps.Clone(term)
	nowhere["zone"] = []string{"Doha"}
	e.post("/term", nowhere).wants(t, 400, "is not a zone", "zone of its times")
	e.send("/term", term, "Goes to nobody", "The first captive", "The second captive", "once captives is carried out, and if this happens: “the crossing is open”",
		"to be done within 10 days", "From 1 June 2025, 15:00", "Until 1 July 2025", "Watched by The ally", "Where the crossing", "first boat")
	it, got := newestTerm(t, envoy, "release")
	if len(got.Persons) != 3 || got.Persons[2] != "captive-2" || casefile.WriteCondition(got.When) != `captives and event "the crossing is open"` {
		t.Errorf("%+v", got)
	}
	e.get(e.path("e", it)).wants(t, 200, "The second captive", "The name of his first boat?", "No proof of life is here", "once captives is carried out")
	edit := e.path("term/edit", it)
	e.get(edit).wants(t, 200, "If this happens: “the crossing is open”")
	v := termValues(got)
	v.Set("how", "none")
	e.send(edit, v, "as long as captives is not carried out, and unless this happens: “the crossing is open”", "within 10 days", "Watched by")
	_, next := newestTerm(t, envoy, "release")
	if next.Version != 2 || len(next.Persons) != 3 || next.Within != got.Within || next.From != got.From || next.Until != got.Until || next.Monitor != got.Monitor || len(next.Benefits) != 1 || next.Zone != "+03:00" {
		t.Errorf("the new version lost something: %+v", next)
	}
	if s := casefile.WriteCondition(next.When); s != `not (captives or event "the crossing is open")` {
		t.Error(s)
	}
	v.Del("after")
	v.Del("event")
	const nested = `captives and (event "the ice is gone" or not event "a storm")`
	v.Set("when", nested)
	e.send(edit, v, "(if this happens: “the ice is gone”, or unless this happens: “a storm”)")
	it, next = newestTerm(t, envoy, "release")
	if s := casefile.WriteCondition(next.When); s != nested {
		t.Error(s)
	}
	edit = e.path("term/edit", it)
	e.get(edit).wants(t, 200, "Term release, version 3")
	if page := e.get(edit).body; !strings.Contains(page, `value="captives and (event &#34;the ice is gone&#34; or`) {
		t.Error("the form does not hold the condition in brackets")
	}

	// What this desk alone knows of the persons is not in what goes out.
	look := e.post("/propose", url.Values{"name": {"freed"}, "terms": {e.face.alias.of(it.ID)}, "needs": {"power"}, "to": {"go-between"}, "parts": {"yes"}, "receipt": {"go-between"}, "as": {"power"}, "position": {"proposed"}})
	look.wants(t, 200, "To The go-between (go-between)", "Term release, version 3", "The second captive", "Its terms may stand alone", "Whose receipt meets that deadline The go-between (go-between)")
	for _, private := range []string{"as the envoy says", "first boat", "No proof of life"} {
		if strings.Contains(look.text(), private) {
			t.Errorf("what will be seen there shows %q, which does not go there", private)
		}
	}
}

// TestWrongTermsNameTheField in the heading and on the field itself.
func TestWrongTermsNameTheField(t *testing.T) {
	e := open(t, rivalCase(t).desks["envoy"])
	good := url.Values{"name": {"aid"}, "sort": {"obligation"}, "action": {"aid enters"}, "debtor": {"power"}}
	for _, c := range []struct{ field, value, label, also string }{
		{"name", "Aid!", "Name", ""}, {"action", "", "What is done", ""}, {"quantity", "many", "How many", ""}, {"period", "1 day, 2 days", "How long", ""},
		{"within", "soon", "to be done within", ""}, {"by", "soon", "By when", ""}, {"from", "soon", "From", ""}, {"until", "soon", "Until", ""},
		{"sort", "wish", "What it is", ""}, {"new-persons", "captive-1", "Persons not named here before", ""}, {"new-persons", "official The official", "Persons not named here before", "is named official already"},
		{"new-persons", "a A\na B", "Persons not named here before", "named a already"}, {"when", "captives and", "Or a condition in brackets", ""}, {"when", "a and b or c", "Or a condition in brackets", ""},
	} {
		v := clone(good)
		v.Set(c.field, c.value)
		a := e.post("/term", v)
		a.wants(t, a.StatusCode, "Not done: "+c.label, c.also)
		if a.StatusCode/100 != 4 {
			t.Errorf("%s %q: %d", c.field, c.value, a.StatusCode)
		}
		if !strings.Contains(a.body, `aria-invalid="true"`) && !strings.Contains(a.body, `field wrong"`) && !strings.Contains(a.body, ` wrong"`) {
			t.Errorf("%s: no field is marked", c.field)
		}
	}
	both := clone(good)
	both.Set("after", "captives")
	both.Set("when", "captives")
	e.post("/term", both).wants(t, 400, "Not done: Or a condition in brackets", "in two places")
	gift := clone(good)
	gift.Set("sort", "gesture")
	gift.Set("after", "captives")
	e.post("/term", gift).wants(t, 400, "Not done: It waits for", "has no antecedent")
	sure := clone(good)
	sure.Set("sort", "guarantee")
	e.post("/term", sure).wants(t, 400, "Not done: Guarantee: for which terms")
}
