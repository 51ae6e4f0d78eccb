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

// conveyed takes in a mark. Two say that somebody received something: what the
// desk itself logs when the other desk has acknowledged an entry that it sent
// there, and the word of whoever received it. Anybody else's is a report.
func (e *evidence) conveyed(keeper record.Name, it record.Seen, b record.Conveyance) {
	if !direct(keeper, it) || !it.FirstHand() {
		return
	}
	if it.By == keeper && !b.As.IsZero() && b.As != b.Of {
		e.copies[b.Of] = append(e.copies[b.Of], b.As)
	}
	if b.Step != record.Received {
		return
	}
	switch it.By {
	case b.To:
		e.received[b.Of] = append(e.received[b.Of], receipt{b.To, it.When(), false})
	case keeper:
		// The acknowledgement counts from when it was logged, whatever time
		// somebody wrote on it.
		e.received[b.Of] = append(e.received[b.Of], receipt{b.To, it.At, true})
	}
}

// receivedBy reports whether this desk knows that the one who is named, or
// somebody who speaks for him, had received the entry by then.
func (l *Ledger) receivedBy(id keys.ID, who record.Name, by record.Instant) bool {
	return l.handedTo(id, who, by, maxHandedOn)
}

func (l *Ledger) handedTo(id keys.ID, who record.Name, by record.Instant, hands int) bool {
	y, ok := l.evidence.yes[id]
	switch {
	case !ok || hands == 0:
		return false
	case l.is(l.keeper, who) && y.known <= by:
		return true
	case y.own && l.is(y.by, who):
		return true // it is his own, and was said in time
	}
	for _, r := range l.evidence.received[id] {
		// What went by another way than the line was acknowledged by nobody.
		sent := !r.acked || slices.Contains(y.sent, r.who)
		if sent && l.is(r.who, who) && r.at <= by {
			return true
		}
	}
	return slices.ContainsFunc(l.evidence.copies[id], func(c keys.ID) bool { return l.handedTo(c, who, by, hands-1) })
}

// is reports whether person is the one who is named, or speaks for that party.
func (l *Ledger) is(person, named record.Name) bool {
	return person == named || slices.Contains(l.Voice(person), named)
}
