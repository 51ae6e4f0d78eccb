package line

import "backchannel/internal/fault"

// Replace gives the next deck, in which the keys that the handshake in slot i
// ends with take the place of those of an open line: its number, its queues
// and all that was acknowledged stay, so nothing on it is lost or comes twice.
// Until then the line goes on as it was. If the handshake fails, the line
// stays; if the line is removed first, the slot becomes a line of its own.
func (d *Deck) Replace(i int, line uint32) (*Deck, error) {
	s, err := d.at(i)
	if err != nil {
		return nil, err
	}
	old := d.slotOf(line)
	if s.Phase != PhaseInvited && s.Phase != PhaseJoining || old < 0 || d.slots[old].Phase != PhaseOpen {
		return nil, fault.New(fault.Refused, "line.replace", "open a new line instead", "there is no open line to make new keys for")
	}
	for k := range d.slots {
		if d.slots[k].Replaces == line && d.slots[k].live() && k != i {
			return nil, fault.New(fault.Exists, "line.replacing", "finish that first, or revoke it", "new keys are being made for this line already")
		}
	}
	n := d.clone()
	n.slots[i].Replaces = line
	return n, nil
}

// adopt puts the fresh keys of slot i in the place of those of the line that
// it replaces. The inviter does so when the joiner's confirmation has
// verified, the joiner when it hears the inviter under epoch 1, and that one
// hears nothing else from then on. What was on its way under the old keys is
// not acknowledged, and so is sent again. The numbers of segments and frames go
// on, so what did arrive is known.
func (d *Deck) adopt(i int, e *Effects) bool {
	s := &d.slots[i]
	line := s.Replaces
	s.Replaces = 0
	k := d.slotOf(line)
	if line == 0 || k < 0 || k == i {
		return false
	}
	old := &d.slots[k]
	s.Line, s.Run, s.PeerRun, s.Out, s.In = old.Line, old.Run, old.PeerRun, old.Out, old.In
	d.queues[i] = d.queues[k]
	*old = slot{}
	d.queues[k] = [Classes][]frame{}
	e.event(Event{Kind: EventReplaced, Slot: i, Line: line})
	return true
}

// waits reports whether a joiner has said all that it can say for new keys of
// an open line. The inviter may have taken them already, so it waits beyond
// the invite's expiry, and keeps both, until it knows.
func (d *Deck) waits(i int) bool {
	s := &d.slots[i]
	return s.Replaces != 0 && s.Stage == stageSaid && d.slotOf(s.Replaces) >= 0
}

// stillOld is told that a line was heard in a tick. An inviter that sends
// under the old keys in a tick at which its invite has expired has not taken
// the new ones, and never will: a joiner that waits for that drops its own.
func (d *Deck) stillOld(line uint32, tick uint64, e *Effects) {
	for k := range d.slots {
		if s := &d.slots[k]; s.Replaces == line && d.waits(k) && tick >= s.Expires {
			d.fail(k, ReasonExpired, e)
		}
	}
}
