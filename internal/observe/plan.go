package observe

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
)

// Kind is what is observed.
type Kind string

// The kinds. All but the first are controls.
const (
	Shaped     Kind = "shaped"     // a real desk
	Unshaped   Kind = "unshaped"   // it sends when it has something
	Occasional Kind = "occasional" // it keeps the beat, and works only for real cells
)

// Class is what people do in a window.
type Class string

// The classes. A group is a go-between G with a line to each of two envoys, E
// and F, who have none to each other.
const (
	Silence Class = "silence"
	Again   Class = "silence-again" // for the control of silence against silence
	Text    Class = "text"          // G to E, and E answers
	Other   Class = "other"         // the same with F
	Note    Class = "note"          // G to E: a frame as long as the window, as a voice note is
	Opening Class = "opening"       // F takes up an invite of E's
	Pause   Class = "pause"         // G was away, and comes back
	Backlog Class = "backlog"       // the same, and everybody has written meanwhile
)

// Pair is two classes that nobody should be able to tell apart.
type Pair struct {
	Name    string  `json:"name"`
	Kind    Kind    `json:"kind"`
	A       Class   `json:"a"`
	B       Class   `json:"b"`
	Control bool    `json:"control,omitempty"`
	Above   float64 `json:"above,omitempty"` // a control's AUC must be above; 0: it must be equivalent
}

// The pairs that the laws are about, and the controls.
func pairs() []Pair {
	return []Pair{
		{Name: "silence/talk", Kind: Shaped, A: Silence, B: Text},
		{Name: "text/voice-note", Kind: Shaped, A: Text, B: Note},
		{Name: "one/another", Kind: Shaped, A: Text, B: Other},
		{Name: "none/opening", Kind: Shaped, A: Silence, B: Opening},
		{Name: "pause/backlog", Kind: Shaped, A: Pause, B: Backlog},
		{Name: "silence/silence", Kind: Shaped, A: Silence, B: Again, Control: true},
		{Name: "unshaped", Kind: Unshaped, A: Silence, B: Text, Control: true, Above: 0.95},
		{Name: "occasional-work", Kind: Occasional, A: Silence, B: Text, Control: true, Above: 0.7},
	}
}

// seats are the members of a group. A control has one.
func (k Kind) seats() int {
	if k == Shaped {
		return 3
	}
	return 1
}

var names = [...]record.Name{"go-between", "envoy", "other-envoy"}

const (
	seatG = iota
	seatE
	seatF
)

// Lengths, in ticks. Before the window: what belongs to the class and is not
// looked at. Behind it: until everything has settled.
const (
	inviteLead = 3 // until the invite is made and can be taken up
	pauseLead  = 3 // gone at the first; the attempt at the second fails, the next one is the window's first moment
	gap        = 1
	hangupGap  = 2
)

// window is one stretch of time in one group.
type window struct {
	class Class
	block int
	first uint64 // tick
	lead  int
	ticks int
	tail  int
	acts  [3][]act
	cut   bool // G is cut off at the beginning of the lead
}

func (w *window) begin() uint64 { return w.first - uint64(w.lead) }
func (w *window) end() uint64   { return w.first + uint64(w.ticks) }

// planner draws what happens in one group.
type planner struct {
	r     *rand.Rand
	kind  Kind
	table relay.Timetable
	ticks int
	dir   string
	list  []Class
	made  int
}

// classes of a kind that some pair needs, each once.
func classes(k Kind, list []Pair) (out []Class) {
	seen := map[Class]bool{}
	for _, p := range list {
		for _, c := range []Class{p.A, p.B} {
			if p.Kind == k && !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// block gives windows of every class in a new order, from a tick on.
func (p *planner) block(n int, from uint64) []*window {
	list := append([]Class{}, p.list...)
	p.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	var out []*window
	for _, c := range list {
		w := p.window(c, n, from)
		out = append(out, w)
		from = w.end() + uint64(w.tail)
	}
	return out
}

// moment is a random moment between two ticks of a window, at any phase.
func (p *planner) moment(w *window, from, to float64) int64 {
	at := p.table.TickStart(w.first).Add(time.Duration((from + p.r.Float64()*(to-from)) * float64(p.table.Period())))
	return at.UnixNano()
}

// window draws one. The draws are the same in number for every class, and so
// are the acts.
func (p *planner) window(c Class, block int, from uint64) *window {
	w := &window{class: c, block: block, ticks: p.ticks, tail: gap}
	switch c {
	case Opening:
		w.lead, w.tail = inviteLead, hangupGap
	case Pause, Backlog:
		w.lead, w.cut = pauseLead, true
	}
	w.first = from + uint64(w.lead)
	p.made++
	size := 20 + p.r.IntN(600)
	last := float64(w.ticks)
	say := func(seat int, at int64, to int, size int) {
		w.acts[seat] = append(w.acts[seat], act{At: at, Do: doSay, To: names[to], Size: size})
	}
	early, later := p.moment(w, 0, min(1.5, last/2)), p.moment(w, last/2, last-1)
	switch c {
	case Text:
		say(seatG, early, seatE, size)
		say(seatE, later, seatG, size)
	case Other:
		say(seatG, early, seatF, size)
		say(seatF, later, seatG, size)
	case Note:
		say(seatG, early, seatE, w.ticks*line.SegmentSize)
	case Opening:
		file := filepath.Join(p.dir, fmt.Sprintf("invite-%d", p.made))
		invite, join := p.moment(w, -3, -2.5), p.moment(w, 0, 0.5)
		hangup := p.table.TickStart(w.end()).UnixNano()
		w.acts[seatE] = []act{{At: invite, Do: doInvite, To: names[seatF], File: file}, {At: hangup, Do: doHangup, To: names[seatF]}}
		w.acts[seatF] = []act{{At: join, Do: doJoin, To: names[seatE], File: file}, {At: hangup, Do: doHangup, To: names[seatE]}}
	case Backlog:
		say(seatG, p.moment(w, -2.8, -0.3), seatE, size)
		say(seatE, p.moment(w, -2.8, -0.3), seatG, size)
		say(seatF, p.moment(w, -2.8, -0.3), seatG, p.ticks*line.SegmentSize)
	}
	for i := range p.kind.seats() {
		for len(w.acts[i]) < 2 {
			w.acts[i] = append(w.acts[i], act{At: early, Do: doNothing})
		}
	}
	return w
}
