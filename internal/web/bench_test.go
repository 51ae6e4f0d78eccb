package web

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// BenchmarkPages prints, for each page, the time and the bytes that it costs,
// with a record of a hundred entries and of ten thousand.
func BenchmarkPages(b *testing.B) {
	for _, size := range []int{100, 10_000} {
		t := &testing.T{}
		room := rivalCase(t)
		gb := room.desks["go-between"]
		for i := range size {
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
		for _, path := range []string{"/", "/record", "/standing", "/write", "/clock"} {
			b.Run(fmt.Sprintf("%d%s", size, path), func(b *testing.B) {
				n := 0
				for b.Loop() {
					w := httptest.NewRecorder()
					face.ServeHTTP(w, br.request("GET", face.root+path, nil))
					n = w.Body.Len()
				}
				b.ReportMetric(float64(n), "bytes/page")
			})
		}
	}
}
