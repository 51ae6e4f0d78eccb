package desk

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// BenchmarkOpenAndView10000 opens a desk of 10,000 entries and makes the view
// that its keeper sees first. The limit is decoding the same entries.
func BenchmarkOpenAndView10000(b *testing.B) {
	const n = 10_000
	dir := filepath.Join(b.TempDir(), "desk")
	if err := Create(dir, "go-between", pass, vault.Cheap()); err != nil {
		b.Fatal(err)
	}
	d, err := Open(b.Context(), dir, pass, Options{})
	if err != nil {
		b.Fatal(err)
	}
	codec := accord.Codec()
	var encoded [][]byte
	for i := 0; i < n; i += 500 {
		drafts := make([]record.Entry, 500)
		for j := range drafts {
			drafts[j] = say(d, "envoy", fmt.Sprintf("message %d, of the length that messages have when two sides feel their way", i+j))
			drafts[j].Audience = nil
		}
		if _, err := d.Write(b.Context(), Commit, drafts...); err != nil {
			b.Fatal(err)
		}
	}
	for _, it := range d.record.Known() {
		e, err := codec.EncodeItem(it)
		if err != nil {
			b.Fatal(err)
		}
		encoded = append(encoded, e)
	}
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	var opening, decoding time.Duration
	for b.Loop() {
		began := time.Now()
		d, err := Open(b.Context(), dir, pass, Options{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := d.Record(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		v := view.Of(r.For("go-between", record.AsOf{}), record.At(time.Now()))
		v.Standing()
		v.Alarms()
		opening += time.Since(began)
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
		began = time.Now()
		for _, e := range encoded {
			if _, err := codec.DecodeItem(e); err != nil {
				b.Fatal(err)
			}
		}
		decoding += time.Since(began)
	}
	b.ReportMetric(float64(opening)/float64(decoding), "x-decoding")
}
