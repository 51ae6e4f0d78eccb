package line

// The levels of urgency at which a slot can ask for the tick's one cell.
const (
	wantHandshake = iota
	wantControl
	wantAckDue
	wantStale
	wantText
	wantVoice
	wantFile
	wantAck
	wantEpoch
	wantNothing // an open line with nothing to say: it shows that we are there
	wantNever
)

// fill chooses the line that gets the cell, and seals it; or filler.
func (d *Deck) fill(in *StepInput, e *Effects) [CellSize]byte {
	best, pick := wantNever, -1
	for i := range d.slots {
		w := d.want(i, in.Tick)
		if w < best || w == best && pick >= 0 && d.slots[i].Served < d.slots[pick].Served {
			best, pick = w, i
		}
	}
	var p plain
	b := box{tick: in.Tick, roster: in.Roster(in.Tick)}
	// Every key that any slot could need is derived, and filler's too.
	var keys [Slots]box
	for i := range d.slots {
		keys[i].tag, keys[i].key = d.slots[i].Send.tickKeys(&e.Work)
	}
	b.tag, b.key = d.filler.tickKeys(&e.Work)
	var say byte // over the aid chain
	over := &d.filler
	if pick >= 0 {
		if say = d.aidDue(&d.slots[pick], in.Tick); say != 0 {
			over = &d.slots[pick].Aid.Send
		}
	}
	aidTag, aidKey := over.tickKeys(&e.Work)
	switch {
	case pick < 0:
		h := head{}
		h.put(&p)
	case say != 0:
		b.tag, b.key, b.dir = aidTag, aidKey, d.slots[pick].Aid.Dir
		d.writeAid(&d.slots[pick], say, in.Tick, &p)
		d.slots[pick].Served = in.Tick
	default:
		b.tag, b.key, b.dir = keys[pick].tag, keys[pick].key, d.slots[pick].dir()
		d.write(pick, best, in.Tick, &p)
	}
	return b.seal(&p, [SaltSize]byte(in.Rand[:SaltSize]), &e.Work)
}

// want says how urgently slot i needs the cell.
func (d *Deck) want(i int, tick uint64) int {
	s := &d.slots[i]
	if !s.live() || !s.Send.ready(tick) {
		return wantNever
	}
	least := wantNever // what aid asks for
	switch d.aidDue(s, tick) {
	case msgOffer:
		return wantAckDue
	case msgCall:
		least = wantEpoch
	}
	said := s.said(tick)
	if s.OutKind == msgDone && s.Epoch == 0 {
		return wantNever // the chains of epoch 1 are still being brought up to date
	}
	if s.OutKind != 0 && s.OutKind < msgAsk {
		if said {
			return wantEpoch
		}
		return wantHandshake
	}
	if s.Phase != PhaseOpen {
		return wantNever
	}
	first := wantNothing
	if _, ok := s.Out[Control].pick(d.queues[i][Control], tick); ok {
		return wantControl
	}
	nudge := s.Lead && s.RecvNext.On && !s.SendNext.On
	switch {
	case s.Owed != 0 && tick-min(s.Owed, tick) >= AckDue:
		return wantAckDue
	case (s.OutKind != 0 && !said || nudge) && tick-min(s.Since, tick) >= StaleEpoch && tick%2 == 0:
		return wantStale
	case s.Owed != 0:
		first = wantAck
	case s.OutKind != 0 || nudge:
		first = wantEpoch
	}
	for c := Text; c < Classes; c++ {
		if _, ok := s.Out[c].pick(d.queues[i][c], tick); ok {
			return min(least, wantText+int(c-Text))
		}
	}
	return min(least, first)
}

// said reports whether the message has been said in full not long ago, so that
// saying it again can wait for a cell that would be filler.
func (s *slot) said(tick uint64) bool {
	return s.OutNext == 0 && s.OutAt != 0 && tick-min(s.OutAt, tick) < ResendAfter
}

// write makes the content of slot i's cell.
func (d *Deck) write(i, want int, tick uint64, p *plain) {
	s := &d.slots[i]
	var h head
	if !s.held() {
		h.Run, h.AckRun = s.Run, s.PeerRun
		for c := range s.In {
			h.Acks[c] = ack{s.In[c].Next, s.In[c].More}
		}
	}
	class, number, ok := Class(0), uint32(0), false
	if s.Phase == PhaseOpen && want != wantHandshake && want != wantStale {
		for c := Class(0); c < Classes && !ok; c++ {
			class = c
			number, ok = s.Out[c].pick(d.queues[i][c], tick)
		}
	}
	switch {
	case ok:
		h.Kind = bodySegment
		g := s.Out[class].cut(class, d.queues[i][class], number)
		g.put(p)
		s.Out[class].mark(number, tick)
	case s.OutKind != 0:
		h.Kind = bodyFragment
		if s.OutNext == 0 {
			s.OutAt = tick
		}
		f := s.nextFragment()
		f.put(p)
	}
	h.put(p)
	s.Owed, s.Served = 0, tick
}
