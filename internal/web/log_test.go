package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// broken is a desk whose record does not come, with an error that says too
// much.
type broken struct{ *fake }

func (broken) Record(context.Context) (*record.Record, error) {
	return nil, fault.New(fault.Internal, "desk.broken", "", "the colonel said: %s", "Kandinsky")
}

// A log names nobody: not when the desk breaks, not when a page does, not when
// somebody is refused.
func TestTheLogNamesNobody(t *testing.T) {
	var log bytes.Buffer
	r := rivalCase(t)
	gb := r.desks["go-between"]
	gb.must(t, record.Entry{Body: record.Person{Name: "kandinsky", Title: "Kandinsky"}})
	b := open(t, gb)
	b.face.opt.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.face.h = broken{gb}
	if a := b.get("/lines"); a.StatusCode < 500 {
		t.Fatalf("a broken desk answers %d", a.StatusCode)
	}
	b.face.h = gb
	in := b.request("GET", b.face.root+"/", nil)
	c, err := b.face.begin(in.WithContext(context.WithValue(in.Context(), sessionKey{}, &session{})))
	if err != nil {
		t.Fatal(err)
	}
	c.render(httptest.NewRecorder(), 200, "home", "layout", page{Main: map[string]any{"Kandinsky": "x"}})
	c.fail(httptest.NewRecorder(), fault.New(fault.Internal, "web.broken-too", "", "Kandinsky"))
	foreign := b.request("GET", b.face.root+"/", nil)
	foreign.Host = "kandinsky.example"
	b.do(foreign)
	text := log.String()
	for _, want := range []string{"desk.broken", "web.broken-too", "a page does not render", "refused"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not logged:\n%s", want, text)
		}
	}
	for _, bad := range []string{"andinsky", "envoy", "official", "olonel", "ceasefire", b.face.alias.of(gb.record.At(0).ID)} {
		if strings.Contains(text, bad) {
			t.Errorf("the log says %q:\n%s", bad, text)
		}
	}
}
