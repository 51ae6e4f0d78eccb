package desk

import (
	"bytes"
	"net"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/wire"
)

// TestNothingHeardIsLostOnAReaderWhoIsSlow sends a line process's reports while
// nobody reads: the newest stands for all, and what was heard is in it, before
// the answer that came behind the first of them.
func TestNothingHeardIsLostOnAReaderWhoIsSlow(t *testing.T) {
	ours, theirs := net.Pipe()
	held := make(chan struct{})
	conn := newPartConn(ours, func() { <-held })
	heard := func(kind line.EventKind, n uint32) []heardWire { return []heardWire{{Kind: kind, Line: n}} }
	conn.send(partMsg{Kind: partNote}) // the writer has this one
	for {
		conn.mu.Lock()
		n := len(conn.out)
		conn.mu.Unlock()
		if n == 0 {
			break
		}
	}
	deck, err := line.New(line.Relay{}, 1, keys.XWing(), [64]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		conn.send(partMsg{Kind: partReport, report: &report{deck: deck, Next: uint64(i), Heard: heard(line.EventOpened, uint32(i))}})
		conn.send(partMsg{Kind: partReport, Clock: 1, report: &report{deck: deck, Next: uint64(i)}})
		if i == 0 {
			conn.send(partMsg{Kind: partAnswer, ID: 7})
		}
	}
	close(held)
	conn.close()
	other := newPartConn(theirs, func() {})
	defer other.close()
	var got []report
	for _, want := range []partKind{partNote, partReport, partReport, partAnswer} {
		m, err := other.read()
		if err != nil || m.Kind != want {
			t.Fatalf("%s, %v; want %s", m.Kind, err, want)
		}
		if want == partReport {
			var r report
			if err := wire.DecodeOwn(m.Body, &r); err != nil {
				t.Fatal(err)
			}
			if len(m.Body) != reportSize || !bytes.Equal(m.state, deck.State()) {
				t.Errorf("a report of %d bytes, and a state of %d", len(m.Body), len(m.state))
			}
			got = append(got, r)
		}
	}
	if len(got[0].Heard) != 3 || got[0].Next != 2 || got[1].Next != 2 || len(got[1].Heard) != 0 {
		t.Errorf("%+v, %+v", got[0].Heard, got[1].Heard)
	}
}

// TestOtherWorkWaitsForSendingButNotForEver has one moment of sending follow the
// other without a gap, as on a machine that is too slow.
func TestOtherWorkWaitsForSendingButNotForEver(t *testing.T) {
	var s moments
	s.wait() // nobody sends
	s.begin()
	done := make(chan struct{})
	go func() {
		s.wait()
		close(done)
	}()
	for waits := false; !waits; {
		s.mu.Lock()
		waits = s.ended != nil
		s.mu.Unlock()
	}
	s.end()
	<-done // nobody sends any more
	s.begin()
	done = make(chan struct{})
	go func() {
		s.wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		default:
			s.begin()
			s.end()
		}
	}
}
