package line

// A deck may be stepped in one place and looked at in another: what looks on is
// a deck too, which is never stepped, and follows by the states that the other
// stored.

// AtRest restores a deck from its stored state, at rest as Rest leaves it. Resume
// then gives it the outbox.
func AtRest(stored []byte) (*Deck, error) {
	st, err := decodeState(stored)
	if err != nil {
		return nil, err
	}
	d := &Deck{relay: st.Relay, tick: st.Tick, cursor: st.Cursor, batch: st.Batch, lines: st.Lines,
		dummy: st.Dummy, filler: st.Filler, used: st.Used, slots: st.Slots, gaps: st.Gaps, pace: usualPace()}
	d.ingested = d.batch // until the driver says otherwise in Step
	d.makeIdle()
	return d, nil
}

// Follow gives the next deck: as it was stored where it is stepped, with the
// frames of this one that still wait, and those that need sending no more.
func (d *Deck) Follow(stored []byte) (next *Deck, done []Queued, err error) {
	n, err := AtRest(stored)
	if err != nil {
		return nil, nil, err
	}
	for i := range d.slots {
		line := d.slots[i].Line
		k := n.slotOf(line)
		for c, q := range d.queues[i] {
			for len(q) > 0 && (k < 0 || q[0].number <= n.slots[k].Out[c].Done) {
				done = append(done, Queued{Slot: i, Line: line, Class: Class(c), Number: q[0].number, Bytes: q[0].bytes})
				q = q[1:]
			}
			if len(q) > 0 {
				n.queues[k][c] = q
			}
		}
	}
	return n, done, nil
}
