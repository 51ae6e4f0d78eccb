package web

import (
	"os"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// TestPicturesOfTheGuide makes the pictures of docs/guide anew where it is asked
// to: `make screens`. It does what the guide's pages say, on a desk alone, on one
// with a line, and on one that has two rival texts.
func TestPicturesOfTheGuide(t *testing.T) {
	if os.Getenv("BACKCHANNEL_SCREENS") == "" {
		t.Skip("make screens makes them")
	}
	shoot := func(s *screen, name string) { s.shoot("../../docs/guide/picture/" + name + ".webp") }
	sit := func(f *fake) *screen {
		s := look(t, f)
		s.width(880)
		s.login()
		return s
	}

	r := newRoom("go-between", "envoy")
	gb := r.desks["go-between"]
	gb.must(t, cast("The power's envoy")...)
	s := sit(gb)
	s.open("/person")
	s.typed("name", "minister")
	s.typed("title", "The ally's minister")
	s.picked("party", "ally")
	s.picked("role", string(record.Envoy))
	shoot(s, "03-person")

	const offer = "They would stop for 70 to 90 days, if ten are let go."
	logged := func(from, to, text string, act record.SpeechAct) {
		s.open("/log")
		s.picked("from", from)
		s.picked("to", to)
		s.ticked("whose", "paraphrase")
		s.typed("text", text)
		s.picked("act", string(act))
	}
	logged("official", "envoy", offer, record.Propose)
	shoot(s, "04-log")
	s.second(offer)
	s.done()
	logged("envoy", "official", "Longer than anything before? Let me ask.", record.Inform)
	s.second("Longer than anything")
	s.done()
	s.open("/")
	shoot(s, "02-first-page")
	s.follow("/read-out/", offer)
	s.picked("to", "envoy")
	s.typed("consent", "by phone, on the same call")
	s.second("Say this to The power's envoy")
	shoot(s, "05-card")

	r.join("go-between", "envoy")
	s.open("/lines")
	shoot(s, "09-words")
	s.open("/")
	s.follow("/carry/", offer)
	s.picked("to", "envoy")
	s.ticked("fidelity", string(record.Paraphrase))
	s.typed("text", offer)
	s.typed("consent", "by phone, on the same call")
	s.second("To The power's envoy", "Send to")
	shoot(s, "06-look")

	two := rivalCase(t).desks["go-between"]
	s = sit(two)
	s.open("/")
	shoot(s, "01-demo")
	s.open("/standing")
	shoot(s, "07-standing")
	act := two.find(t, isBody(func(it record.Item, a accord.Act) bool { return it.By == "official" && a.Position == accord.Accepted }))
	s.open("/carry/" + s.face.alias.of(act.ID))
	s.picked("to", "envoy")
	s.typed("consent", "by phone, on the same call")
	s.second("Not done")
	ask[bool](s, `() => { document.querySelector("main").style.zoom = 0.8; return true }`) // so that both texts are in the picture
	shoot(s, "06-refused")
	s.open("/incident")
	s.picked("sort", "interception")
	s.picked("to", "ally")
	s.ticked("lines", "envoy")
	s.typed("text", "They say that they have heard the calls.")
	s.second("Incident: interception")
	s.done()
	s.open("/incidents")
	shoot(s, "08-incidents")
	s.open("/export")
	s.ticked("for", "envoy")
	shoot(s, "10-paper")
}
