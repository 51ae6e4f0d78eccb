package desk

import (
	"time"

	"backchannel/internal/line"
	"backchannel/internal/relay"
)

// Cost is what being a member of a cohort takes: the same every day, whatever
// is said. The waits are for a line on which nothing else waits, when both desks
// are online and no cell is lost.
type Cost struct {
	Members int           `json:"members"` // places in the cohort
	Period  time.Duration `json:"period"`
	Day     uint64        `json:"day"` // bytes on the wire, both ways
	Text    time.Duration `json:"text"`
	Note    time.Duration `json:"note"`
	Photo   time.Duration `json:"photo"`
}

// What the waits are given for, in bytes.
const (
	TextBytes  = 300     // two or three sentences
	NoteBytes  = 120_000 // a voice note of 60 s at 16 kbit/s
	PhotoBytes = 300_000 // made smaller for sending
)

// What carries a message adds to its bytes, as near as it can be said without
// knowing the network: an entry around its text, the frame of a WebSocket, the
// records of TLS of at most 16 KiB, and the heads of TCP and IP on every packet
// of 1,448 bytes and on its acknowledgement, which rides on the answer or comes
// for every second packet.
const (
	entryHead = 250
	socketUp  = 8
	socketOut = 10
	tlsRecord = 16 << 10
	tlsHead   = 22
	packet    = 1448
	tcpHead   = 52
)

// CostOf gives the cost of a cohort.
func CostOf(t relay.Timetable) Cost {
	p := t.Period()
	wait := func(n int) time.Duration { return time.Duration(line.Ticks(n)) * p }
	return Cost{
		Members: t.Capacity, Period: p, Day: dayBytes(t),
		Text: wait(TextBytes + entryHead), Note: wait(NoteBytes + entryHead), Photo: wait(PhotoBytes + entryHead),
	}
}

// dayBytes is what passes on the wire in a day, both ways. At every tick at
// which members may join, both messages are longer.
func dayBytes(t relay.Timetable) uint64 {
	of := func(tick uint64) uint64 {
		return uint64(onWire(t.RequestSizeAt(tick)+socketUp) + onWire(t.ReplySizeAt(tick, 1)+socketOut))
	}
	ticks := uint64(day / t.Period())
	joins := ticks / t.JoinEvery
	return (ticks-joins)*of(1) + joins*of(0)
}

func onWire(n int) int {
	n += (n + tlsRecord - 1) / tlsRecord * tlsHead
	packets := (n + packet - 1) / packet
	return n + packets*tcpHead + (packets+1)/2*tcpHead
}

// WaitFor is how long a frame of n bytes will take on a line, behind what waits
// there already: l.Wait, which is for a frame of none.
func (s RelayStatus) WaitFor(l LineStatus, n int) time.Duration {
	return max(0, l.Wait-time.Duration(line.Ticks(0))*s.Period) + time.Duration(line.Ticks(n))*s.Period
}
