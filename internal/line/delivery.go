package line

import (
	"encoding/binary"
	"math/bits"
)

// frame is one unit of delivery, waiting to be sent or acknowledged. Frames
// are not part of the state: the driver's outbox holds them.
type frame struct {
	number uint64
	bytes  []byte
	check  [16]byte
	segs   uint32
}

func newFrame(number uint64, b []byte) frame {
	h := hash("frame", be64(number), b)
	return frame{number, b, [16]byte(h[:16]), uint32((frameHead + len(b) + SegmentSize - 1) / SegmentSize)}
}

// segment gives the k-th piece of the frame.
func (f *frame) segment(k uint32) []byte {
	if k == 0 {
		out := make([]byte, 0, SegmentSize)
		out = binary.BigEndian.AppendUint64(out, f.number)
		out = binary.BigEndian.AppendUint32(out, uint32(len(f.bytes)))
		out = append(out, f.check[:]...)
		return append(out, f.bytes[:min(len(f.bytes), SegmentSize-frameHead)]...)
	}
	from := int(k)*SegmentSize - frameHead
	return f.bytes[from:min(from+SegmentSize, len(f.bytes))]
}

// outStream is what is stored of one class of one line's sending side.
type outStream struct {
	Next uint32    `cbor:"1,keyasint"` // number of the first segment never sent
	Cum  uint32    `cbor:"2,keyasint"` // every segment below is acknowledged
	More uint64    `cbor:"3,keyasint"` // Cum+1+i is, where bit i is set
	Head uint32    `cbor:"4,keyasint"` // first segment of the first frame not done
	Done uint64    `cbor:"5,keyasint"` // number of the last frame acknowledged whole
	Sent sentTicks `cbor:"6,keyasint"` // per segment in flight: low 32 bits of the tick it was last sent at; 0 = due now
}

func (o *outStream) sent(n uint32) uint32 { return binary.BigEndian.Uint32(o.Sent[n%Window*4:]) }
func (o *outStream) setSent(n, v uint32)  { binary.BigEndian.PutUint32(o.Sent[n%Window*4:], v) }

// acked reports whether segment n is acknowledged.
func (o *outStream) acked(n uint32) bool {
	return n < o.Cum || n > o.Cum && n-o.Cum <= Window && o.More>>(n-o.Cum-1)&1 == 1
}

// restart numbers the frames that are not done from zero, in a new run.
func (o *outStream) restart() { *o = outStream{Done: o.Done} }

// pick gives the segment to send now: one that is due again before a new one.
// What was sent and is not in the queue rests.
func (o *outStream) pick(queue []frame, tick uint64) (n uint32, ok bool) {
	for n := o.Cum; n < min(o.Next, o.end(queue)); n++ {
		if s := o.sent(n); !o.acked(n) && (s == 0 || uint32(tick)-s >= ResendAfter) {
			return n, true
		}
	}
	if o.Next-o.Cum < Window && o.Next < o.end(queue) {
		return o.Next, true
	}
	return 0, false
}

// end is the number behind the last segment of the queue.
func (o *outStream) end(queue []frame) uint32 {
	n := o.Head
	for i := range queue {
		n += queue[i].segs
	}
	return n
}

// cut gives segment n.
func (o *outStream) cut(class Class, queue []frame, n uint32) segment {
	k := n - o.Head
	for i := range queue {
		if k < queue[i].segs {
			return segment{Class: class, First: k == 0, Number: n, Bytes: queue[i].segment(k)}
		}
		k -= queue[i].segs
	}
	panic("line: a segment that was picked is not in the queue")
}

// mark notes that segment n goes out in this tick.
func (o *outStream) mark(n uint32, tick uint64) {
	o.Next = max(o.Next, n+1)
	o.setSent(n, max(uint32(tick), 1))
}

// take applies an acknowledgement. A cell is opened in the order of ticks, so
// whatever was sent before something acknowledged and is not acknowledged
// itself was lost, and is due again at once.
func (o *outStream) take(a ack) {
	var newest uint32
	for n := o.Cum; n < o.Next; n++ {
		now := n < a.Next || n > a.Next && n-a.Next <= Window && a.More>>(n-a.Next-1)&1 == 1
		if s := o.sent(n); now && !o.acked(n) && s != 0 && (newest == 0 || int32(s-newest) > 0) {
			newest = s
		}
	}
	for n := o.Cum; n < a.Next; n++ {
		o.setSent(n, 0)
	}
	o.Cum, o.More = a.Next, a.More
	for n := o.Cum; n < o.Next; n++ {
		if s := o.sent(n); newest != 0 && !o.acked(n) && s != 0 && int32(s-newest) < 0 {
			o.setSent(n, 0)
		}
	}
}

// sane reports whether an acknowledgement speaks of what was sent. One that
// goes back comes from a desk that was set back; one that goes beyond tells
// this desk that it was.
func (o *outStream) sane(a ack) (back, beyond bool) {
	top := a.Next
	if a.More != 0 {
		top = a.Next + 1 + uint32(64-bits.LeadingZeros64(a.More))
	}
	return a.Next < o.Cum, top > o.Next || top < a.Next
}

// inStream is what is stored of one class of the receiving side.
type inStream struct {
	Next uint32 `cbor:"1,keyasint"` // every segment below was stored
	More uint64 `cbor:"2,keyasint"` // Next+1+i was, where bit i is set
}

// accept notes segment n and reports whether it is new and within the window.
func (r *inStream) accept(n uint32) bool {
	switch {
	case n < r.Next || n-r.Next > Window:
		return false
	case n > r.Next:
		bit := uint64(1) << (n - r.Next - 1)
		if r.More&bit != 0 {
			return false
		}
		r.More |= bit
		return true
	}
	for {
		r.Next++
		set := r.More&1 == 1
		r.More >>= 1
		if !set {
			return true
		}
	}
}

// acks handles what the peer says it has stored.
func (d *Deck) acks(i int, h *head, e *Effects) {
	s := &d.slots[i]
	if h.AckRun > s.Run { // the peer knows a later run of ours: this vault was set back
		s.Run = h.AckRun
		d.rerun(i, e.Tick)
		e.event(Event{Kind: EventSetBack, Slot: i, Line: s.Line})
		return
	}
	if h.AckRun < s.Run {
		return
	}
	for c := range s.Out {
		back, beyond := s.Out[c].sane(h.Acks[c])
		if back || beyond {
			d.rerun(i, e.Tick)
			kind := EventPeerSetBack
			if beyond {
				kind = EventSetBack
			}
			e.event(Event{Kind: kind, Slot: i, Line: s.Line})
			return
		}
	}
	for c := range s.Out {
		o := &s.Out[c]
		o.take(h.Acks[c])
		q := d.queues[i][c]
		for len(q) > 0 && o.Cum >= o.Head+q[0].segs {
			o.Head += q[0].segs
			o.Done = q[0].number
			e.event(Event{Kind: EventAcked, Slot: i, Line: s.Line, Class: Class(c), Frame: o.Done})
			q = q[1:]
		}
		d.queues[i][c] = q
	}
}

// rerun starts a new run: every frame that is not done is sent again from its
// beginning under fresh numbers, and the peer forgets what it had in part.
// Its number is at least the tick, so that a state which was lost cannot have
// begun a run of that number before.
func (d *Deck) rerun(i int, tick uint64) {
	s := &d.slots[i]
	s.Run = max(s.Run+1, uint32(tick))
	for c := range s.Out {
		s.Out[c].restart()
	}
}

// arrive handles a segment, and reports whether it must be stored.
func (d *Deck) arrive(i int, run uint32, g *segment, tick uint64) bool {
	s := &d.slots[i]
	if run < s.PeerRun || run == 0 {
		return false
	}
	if run > s.PeerRun {
		s.PeerRun, s.In = run, [Classes]inStream{}
	}
	if s.Owed == 0 {
		s.Owed = max(tick, 1)
	}
	return s.In[g.Class].accept(g.Number)
}
