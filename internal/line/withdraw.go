package line

import "slices"

// Withdraw gives the next deck, in which a frame that waits is not sent any
// more, and reports whether it waits no longer: it was not begun, or it is not
// there. One of which a part was sent goes on to its end. The driver takes it out
// of the outbox then. It is for a frame that arrived by another way.
func (d *Deck) Withdraw(line uint32, class Class, number uint64) (*Deck, bool) {
	i := d.slotOf(line)
	if i < 0 || class >= Classes {
		return d, true
	}
	o, queue := &d.slots[i].Out[class], d.queues[i][class]
	first := o.Head // segment of the frame
	for k := range queue {
		if queue[k].number != number {
			first += queue[k].segs
			continue
		}
		if first < o.Next {
			return d, false
		}
		n := d.clone()
		n.queues[i][class] = slices.Concat(queue[:k], queue[k+1:])
		return n, true
	}
	return d, true
}
