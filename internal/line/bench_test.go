package line

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"io"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"backchannel/internal/keys"
)

// other is another way to seal a message for somebody and to open it again.
type other struct {
	name string
	pass func(message []byte) (sealed int)
}

// others are what the line is held against, on the same messages and in the
// same run: bare AES-GCM, which has a key and nothing else; age, which makes a
// fresh key for each message, once with X25519 and once with the hybrid KEM
// that the line has too.
func others(b *testing.B) []other {
	b.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	must(b, err)
	gcm, err := cipher.NewGCM(block)
	must(b, err)
	x, err := age.GenerateX25519Identity()
	must(b, err)
	pq, err := age.GenerateHybridIdentity()
	must(b, err)
	var nonce [12]byte
	return []other{
		{"aes-gcm", func(m []byte) int {
			box := gcm.Seal(nil, nonce[:], m, nil)
			_, err := gcm.Open(nil, nonce[:], box, nil)
			must(b, err)
			return len(box)
		}},
		{"age", func(m []byte) int { return throughAge(b, m, x.Recipient(), x) }},
		{"age-pq", func(m []byte) int { return throughAge(b, m, pq.Recipient(), pq) }},
	}
}

func throughAge(b *testing.B, m []byte, to age.Recipient, by age.Identity) int {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	must(b, err)
	_, err = w.Write(m)
	must(b, err)
	must(b, w.Close())
	n := sealed.Len()
	r, err := age.Decrypt(&sealed, by)
	must(b, err)
	got, err := io.ReadAll(r)
	must(b, err)
	if !bytes.Equal(got, m) {
		b.Fatal("age gives another message")
	}
	return n
}

// benchWorld is desks with the real KEM, in a cohort of 32 whose other members
// send too.
func benchWorld(b *testing.B, names ...string) *world {
	w := newWorld(b, names...)
	for _, p := range w.desks {
		p.kem = keys.XWing()
	}
	w.tamper = func(_ uint64, cells [][]byte) [][]byte {
		for len(cells) < 32 {
			c := make([]byte, CellSize)
			rand.Read(c)
			cells = append(cells, c)
		}
		return cells
	}
	return w
}

// BenchmarkTickBeside is the work of one tick of a desk with two open lines, in
// a cohort of 32. It is the same whether anybody talks or not. Beside it: bare
// AES-GCM over the same bytes (a slate and a cell, sealed and opened), and age
// for one message of a cell's size.
func BenchmarkTickBeside(b *testing.B) {
	w := benchWorld(b, "ann", "mid", "bob")
	w.open(w.desks[0], w.desks[1])
	w.open(w.desks[1], w.desks[2])
	w.run(10)
	p, beside := w.desks[1], others(b)
	message := map[string][]byte{"aes-gcm": make([]byte, 33*CellSize), "age": make([]byte, PlainSize), "age-pq": make([]byte, PlainSize)}
	took := times{}
	d, in := p.d, p.input()
	in.Tick, in.KEM = w.tick, keys.XWing()
	cells := w.tamper(0, nil)
	for b.Loop() {
		began := time.Now()
		for range turns { // each does another KEM operation
			in.Tick++
			in.Slates = []Slate{{Tick: in.Tick - 2, Cells: cells}}
			in.Ingested = d.batch
			next, _, err := d.Step(in)
			must(b, err)
			d = next
		}
		took.note("tick", began)
		for _, o := range beside {
			began = time.Now()
			for range turns {
				o.pass(message[o.name])
			}
			took.note(o.name, began)
		}
	}
	took.report(b, "tick", turns)
}

// BenchmarkTalkBeside is talk at full rate: sixty-four texts of 280 bytes over
// one line, until the other desk has all of them and this one knows. Both
// desks' ticks count, with healing and all that is not talk. Beside it, the
// same texts, each sealed and opened.
func BenchmarkTalkBeside(b *testing.B) {
	const texts, size = 64, 280
	w := benchWorld(b, "ann", "bob")
	ann, bob := w.desks[0], w.desks[1]
	line, _ := w.open(ann, bob)
	beside := others(b)
	var ticks, sent int
	took, sealed := times{}, map[string]int{}
	for b.Loop() {
		have := len(bob.disk.got)
		var all [][]byte
		for i := range texts {
			all = append(all, text(ann, i, size)[:size])
			ann.say(line, Text, all[i])
		}
		began := time.Now()
		ticks += w.until(600, "the talk", func() bool { return len(bob.disk.got) == have+texts && len(ann.disk.outbox) == 0 })
		took.note("line", began)
		for _, o := range beside {
			began = time.Now()
			for _, m := range all {
				sealed[o.name] += o.pass(m)
			}
			took.note(o.name, began)
		}
		clear(w.slates)
		clear(w.sent)
		bob.disk.got, ann.events, bob.events, ann.works, bob.works = nil, nil, nil, nil, nil
		sent += texts
	}
	took.report(b, "line", texts)
	b.ReportMetric(float64(ticks)/float64(sent), "ticks/text")
	b.ReportMetric(float64(ticks*CellSize)/float64(sent), "line-bytes/text")
	for name, n := range sealed {
		b.ReportMetric(float64(n)/float64(sent), name+"-bytes/text")
	}
}

// times is how long each thing took, each time.
type times map[string][]time.Duration

func (t times) note(name string, began time.Time) { t[name] = append(t[name], time.Since(began)) }

// report gives the least of each, which the machine's other work moves least,
// for one of n, and the ratios of own to it.
func (t times) report(b *testing.B, own string, n float64) {
	b.ReportMetric(0, "ns/op")
	for name := range t {
		least := float64(slices.Min(t[name]))
		b.ReportMetric(least/n/1000, name+"-µs")
		if name != own {
			b.ReportMetric(float64(slices.Min(t[own]))/least, "x-"+name)
		}
	}
}

// BenchmarkAbsence30Days is a desk that comes back after 30 days at 30 s.
func BenchmarkAbsence30Days(b *testing.B) {
	w := newWorld(b, "ann")
	w.run(2)
	p := w.desks[0]
	const ticks = 30 * 24 * 120
	for b.Loop() {
		in := p.input()
		in.Tick += ticks
		in.Slates = []Slate{{Tick: in.Tick - 2}}
		_, _, err := p.d.Step(in)
		must(b, err)
	}
}
