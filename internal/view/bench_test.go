package view

import (
	"fmt"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/record"
)

// big gives a record of n entries, one in ten of them about terms.
func big(b *testing.B, n int) (*testDesk, [][]byte) {
	d := channel(b, "go-between")
	var last record.Ref
	for i := 0; d.r.Len() < n; i++ {
		switch i % 10 {
		case 0:
			x := term(record.Name(fmt.Sprintf("term-%d", i)), "power", 1)
			p := pack(record.Name(fmt.Sprintf("truce-%d", i/100)), 1+i%100/10, byte(i/10), x)
			last = p.Ref()
			d.put("envoy", "power", accord.Proposed, p, x)
		case 5:
			d.over("official", act("movement", accord.Rejected, last))
		default:
			d.over("official", say("official", "go-between", record.Text, "a message of ordinary length, such as people write when they have something to say"))
		}
	}
	var journal [][]byte
	for _, it := range d.r.Known() {
		raw, err := circle.Codec().EncodeItem(it)
		if err != nil {
			b.Fatal(err)
		}
		journal = append(journal, raw)
	}
	return d, journal
}

// The limit that the others are held against: decoding the journal alone.
func BenchmarkDecode10000(b *testing.B) {
	_, journal := big(b, 10_000)
	codec := circle.Codec()
	for b.Loop() {
		for _, raw := range journal {
			if _, err := codec.DecodeItem(raw); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkOpen10000(b *testing.B) {
	_, journal := big(b, 10_000)
	codec := circle.Codec()
	for b.Loop() {
		r := record.New("go-between")
		for _, raw := range journal {
			it, err := codec.DecodeItem(raw)
			if err == nil {
				_, err = r.Add(codec, it)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func benchView(b *testing.B, f func(v *View)) {
	d, _ := big(b, 10_000)
	for b.Loop() {
		f(d.view())
	}
}

func BenchmarkProjectAndRead10000(b *testing.B) { benchView(b, func(*View) {}) }
func BenchmarkStanding10000(b *testing.B)       { benchView(b, func(v *View) { v.Standing() }) }
func BenchmarkOwes10000(b *testing.B)           { benchView(b, func(v *View) { v.Owes() }) }
func BenchmarkPaths10000(b *testing.B)          { benchView(b, func(v *View) { v.Paths() }) }
func BenchmarkAlarms10000(b *testing.B)         { benchView(b, func(v *View) { v.Alarms() }) }
func BenchmarkTraffic10000(b *testing.B)        { benchView(b, func(v *View) { v.Traffic(0, 0) }) }
