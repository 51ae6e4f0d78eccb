package accord

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// receipt is that somebody received an entry.
type receipt struct {
	who   record.Name
	at    record.Instant
	acked bool // the desk logged it; else it is his own word
}

// maxHandedOn is through how many hands an entry is followed.
const maxHandedOn = 16

// conveyed gives who had received an entry, and as what it was handed on. Two
// marks say that somebody received something: what the desk itself logs when
// the other desk has acknowledged an entry that it sent there, and the word of
// whoever received it. Anybody else's is a report.
func (l *Ledger) conveyed(id keys.ID) (received []receipt, copies []keys.ID) {
	for _, it := range l.MarksOf(id) {
		b, ok := it.Body.(record.Conveyance)
		if !ok || b.Of != id || !direct(l.keeper, it) || !it.FirstHand() {
			continue
		}
		if it.By == l.keeper && !b.As.IsZero() && b.As != b.Of {
			copies = append(copies, b.As)
		}
		if b.Step != record.Received {
			continue
		}
		switch it.By {
		case b.To:
			received = append(received, receipt{b.To, it.When(), false})
		case l.keeper:
			// The acknowledgement counts from when it was logged, whatever time
			// somebody wrote on it.
			received = append(received, receipt{b.To, it.At, true})
		}
	}
	return received, copies
}

// receivedBy reports whether this desk knows that the one who is named, or
// somebody who speaks for him, had received the entry by then.
func (l *Ledger) receivedBy(id keys.ID, who record.Name, by record.Instant) bool {
	return l.handedTo(id, who, by, maxHandedOn)
}

func (l *Ledger) handedTo(id keys.ID, who record.Name, by record.Instant, hands int) bool {
	y, ok := l.assent(id)
	switch {
	case !ok || hands == 0:
		return false
	case l.is(l.keeper, who) && y.known <= by:
		return true
	case y.own && l.is(y.by, who):
		return true // it is his own, and was said in time
	}
	received, copies := l.conveyed(id)
	for _, r := range received {
		// What went by another way than the line was acknowledged by nobody.
		sent := !r.acked || slices.Contains(y.sent, r.who)
		if sent && l.is(r.who, who) && r.at <= by {
			return true
		}
	}
	return slices.ContainsFunc(copies, func(c keys.ID) bool { return l.handedTo(c, who, by, hands-1) })
}

// is reports whether person is the one who is named, or speaks for that party.
func (l *Ledger) is(person, named record.Name) bool {
	return person == named || slices.Contains(l.Voice(person), named)
}
