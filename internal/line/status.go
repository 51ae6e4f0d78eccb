package line

import "backchannel/internal/keys"

// CompareWords is how many words the two people read to each other.
const CompareWords = 12

// Status is what a screen shows of a line.
type Status struct {
	Slot      int
	Line      uint32
	Phase     Phase
	Reason    Reason
	Inviter   bool
	Made      uint64
	Expires   uint64 // of the invite, in ticks
	Again     uint64 // tick at which somebody came with the invite again; 0 = never
	Replaces  uint32 // line that fresh keys are being made for in this slot; 0 = none
	Heard     uint64 // tick of the last cell that opened; 0 = never
	Epoch     uint32
	EpochAge  uint64       // ticks since healing last made a step
	Words     []string     // to compare by voice; nil until the handshake has ended
	Queued    [Classes]int // bytes not acknowledged
	Frames    [Classes]int // frames not acknowledged
	NextFrame uint64       // a number for the next frame of any class

	Renews uint32 // the line that this one is a renewal of, until Adopt; 0 for a line of its own
	Silent bool   // it has heard nothing for long
	Due    Due    // what the driver must do for it
}

// Status gives the status of slot i.
func (d *Deck) Status(i int) (Status, error) {
	s, err := d.at(i)
	if err != nil {
		return Status{}, err
	}
	st := Status{Slot: i, Line: s.Line, Phase: s.Phase, Reason: s.Reason, Inviter: s.Inviter,
		Made: s.Made, Expires: s.Expires, Heard: s.Heard, Epoch: s.Epoch, Again: s.Again, Replaces: s.Replaces,
		Renews: s.Renews, Silent: d.silent(s), Due: s.Aid.Due}
	if s.Phase == PhaseOpen {
		st.EpochAge = d.tick - min(s.Since, d.tick)
		st.Words = keys.Words(s.SAS[:], CompareWords)
	}
	// A number is at least the tick shifted up: so a vault restored from a
	// backup never gives a number twice.
	st.NextFrame = d.tick << 16
	for c := range Class(Classes) {
		for _, f := range d.queues[i][c] {
			st.Queued[c] += len(f.bytes)
		}
		st.Frames[c] = len(d.queues[i][c])
		st.NextFrame = max(st.NextFrame, d.lastNumber(i, c)+1)
	}
	return st, nil
}

// Lines gives the status of every slot in use.
func (d *Deck) Lines() []Status {
	var out []Status
	for i := range d.slots {
		if st, err := d.Status(i); err == nil {
			out = append(out, st)
		}
	}
	return out
}

// Wait tells how many ticks a frame of n bytes would take to be stored at the
// other desk, if it were queued now, both are online, and nothing is lost. All
// lines share one cell per tick, so what waits on any of them in the same
// class or a more urgent one goes first.
func (d *Deck) Wait(class Class, n int) uint64 {
	total := segments(n)
	for i := range d.slots {
		for c := Class(0); c <= class && c < Classes; c++ {
			o := &d.slots[i].Out[c]
			for k := o.Cum; k < o.end(d.queues[i][c]); k++ {
				if k >= o.Next || !o.acked(k) && o.sent(k) == 0 {
					total++
				}
			}
		}
	}
	return total + total/healingShare + transit
}

// Ticks is Wait for a frame on a desk where nothing else waits.
func Ticks(n int) uint64 {
	total := segments(n)
	return total + total/healingShare + transit
}

func segments(n int) uint64 { return uint64((frameHead + n + SegmentSize - 1) / SegmentSize) }

// healingShare is one cell of how many, in a long talk, that healing takes.
const healingShare = 32

// transit is the ticks from a cell's tick to the step in which the other desk
// stores it: the slate of t comes with the exchange of t+1 and is worked off
// in t+2.
const transit = 2
