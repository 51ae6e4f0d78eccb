package web

import (
	"net/http/httptest"
	"testing"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// grownFace is the page of a desk with so many entries more than its case.
func grownFace(b *testing.B, entries int) *browser {
	b.Helper()
	t := &testing.T{}
	gb := rivalCase(t).desks["go-between"]
	for i := range entries {
		e := record.Entry{ID: keys.ID{1, byte(i >> 16), byte(i >> 8), byte(i)}, By: "go-between", At: gb.clock, SaidBy: "official", HeardFrom: "official", Body: record.Message{
			From: "official", To: "go-between", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Inform, Text: "One of very many things that were said.",
		}}
		if _, err := gb.record.Add(gb.codec, record.Item{Entry: e, Known: gb.clock}); err != nil {
			b.Fatal(err)
		}
	}
	gb.frozen = gb.record
	face, err := New(gb, Options{Hosts: []string{testHost}})
	if err != nil {
		b.Fatal(err)
	}
	br := &browser{t: t, face: face}
	br.login(face.Link())
	return br
}

func (b *browser) fetch(path string) int {
	w := httptest.NewRecorder()
	b.face.ServeHTTP(w, b.request("GET", b.face.root+path, nil))
	return w.Body.Len()
}

// BenchmarkPages prints, for each page, what it costs with 100,000 entries: the
// server's time, how many times that is of what it takes with 100, the bytes of
// the page with its style sheet and scripts, and its requests.
func BenchmarkPages(b *testing.B) {
	small, large := grownFace(b, 100), grownFace(b, 100_000)
	rest := large.fetch("/static/desk.css") + large.fetch("/static/live.js") + large.fetch("/static/safe.js")
	for _, path := range []string{"/", "/record", "/timeline", "/standing", "/terms", "/performance", "/knows", "/accounts", "/kept", "/changed", "/write", "/clock"} {
		b.Run(path, func(b *testing.B) {
			const rounds = 50
			small.fetch(path)
			began := time.Now()
			for range rounds {
				small.fetch(path)
			}
			with100 := time.Since(began) / rounds
			n, requests := large.fetch(path), 1.0
			if path != "/clock" {
				n, requests = n+rest, 4
			}
			for b.Loop() {
				large.fetch(path)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(with100), "times-of-100-entries")
			b.ReportMetric(float64(n), "bytes")
			b.ReportMetric(requests, "requests")
		})
	}
}
