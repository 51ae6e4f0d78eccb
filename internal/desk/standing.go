package desk

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// ResendFor is how long a desk keeps what it sent ready to be sent again, to a
// desk whose vault was put back to an older copy, or over a new line. It is
// made from the journal, so nothing else is kept for it.
const ResendFor = 30 * 24 * time.Hour

const metaSkipped = "skipped"

// skipped is what of one person's numbers is not in this vault; stored under
// metaSkipped.
type skipped struct {
	Reader  record.Name      `cbor:"1,keyasint"`
	Numbers []record.Numbers `cbor:"2,keyasint"`
}

// restoreSkipped tells the record which numbers are taken by entries that it
// does not hold.
func (d *Desk) restoreSkipped() error {
	b, err := d.vault.Meta(metaSkipped)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	var all []skipped
	if err == nil {
		err = wire.DecodeOwn(b, &all)
	}
	for _, s := range all {
		for _, n := range s.Numbers {
			d.record.Skip(s.Reader, n)
		}
	}
	return err
}

// stand asks for a standing on a line, at the next ingest. The caller holds mu.
func (p *post) stand(n lineID) {
	if q, ok := p.peers[n]; ok && q.Name != "" {
		p.standing[n] = true
	}
}

// standAll does so for every open line of a clock: when a desk starts, since
// nobody can tell by a vault that it is an older copy, and when the relay says
// so.
func (c *clock) standAll() {
	for _, st := range c.deck.Lines() {
		if st.Phase == line.PhaseOpen {
			c.p.stand(c.id(st.Line))
		}
	}
}

// mine gives what this desk says of where it stands with peer, with what the
// batch brings, and whether something is on its way to him again.
func (d *Desk) mine(b *batch, peer record.Name, step convey.StandingStep) (s convey.Standing, busy bool) {
	s = convey.Standing{Step: step, Sent: d.record.SentTo(peer)}
	came := map[uint64]bool{}
	for _, it := range b.items {
		if it.Came.Over() == peer {
			came[it.Came.Number()] = true
			s.Top = max(s.Top, it.Came.Number())
		}
	}
	have, top := convey.Have(d.record, peer, came)
	s.Have, s.Top = have, max(s.Top, top)
	s.Upto, busy = d.post.acknowledgedTo(peer, s.Sent)
	return s, busy
}

// sayStandings adds the standings that are asked for. The caller holds Desk.mu.
func (d *Desk) sayStandings(b *batch, live map[lineID]record.Name) {
	p := d.post
	if len(b.frames) > 0 {
		return // what came must be in the record first: it is said at the next one
	}
	p.mu.Lock()
	var who []record.Name
	for n := range p.standing {
		if name := live[n]; name != "" {
			who = append(who, name)
		}
	}
	b.stood = len(p.standing) > 0
	clear(p.standing)
	p.mu.Unlock()
	slices.Sort(who)
	for _, name := range slices.Compact(who) { // there may be two lines to somebody
		d.sayStanding(b, name, convey.StandingSay)
		d.sayRelays(b, name, false)
	}
}

func (d *Desk) sayStanding(b *batch, peer record.Name, step convey.StandingStep) {
	s, _ := d.mine(b, peer, step)
	frame, err := s.Encode()
	if err == nil {
		err = b.send(d.post, line.Control, peer, frame)
	}
	if err != nil {
		d.opt.Log.Warn("a standing was not said", "kind", string(fault.KindOf(err)))
	}
}

// send queues a frame with the batch.
func (b *batch) send(p *post, class line.Class, peer record.Name, frame []byte) error {
	frames, err := p.frameIn(class, peer, frame)
	if err != nil {
		return err
	}
	number := frames[0].Number
	for _, f := range frames {
		for _, q := range b.queue {
			if q.Line == f.Line && q.Class == f.Class {
				number = max(number, q.Number+1)
			}
		}
	}
	for _, f := range frames {
		f.Number = number
		b.queue = append(b.queue, f)
	}
	return nil
}

// takeStanding takes in what peer's desk says of where it stands. What it lost
// is sent again; what this vault lost is noted, and its numbers are passed
// over. Both are in the transaction that takes the standing in.
func (d *Desk) takeStanding(b *batch, peer record.Name, s convey.Standing, now record.Instant) {
	mine, busy := d.mine(b, peer, s.Step)
	if lost := (record.Numbers{First: mine.Sent + 1, Last: s.Top}); lost.Count() > 0 && lost.Count() < 1<<32 {
		d.loseOwn(b, peer, lost, now)
	}
	switch s.Step {
	case convey.StandingSay:
		if s.Top != mine.Sent || s.Have != s.Top || s.Sent != mine.Top {
			d.sayStanding(b, peer, convey.StandingAnswer)
		}
		return
	case convey.StandingAnswer, convey.StandingLast:
		if s.Step == convey.StandingAnswer && s.Have < mine.Upto {
			d.sayStanding(b, peer, convey.StandingLast)
		}
		if mine.Have < s.Upto {
			d.sayStanding(b, peer, convey.StandingAsk)
		}
		return
	}
	upto := mine.Upto
	if s.Have >= upto || busy || !d.post.trusted(peer) || !d.post.mayResend(peer, s.Have, b.tick) {
		return
	}
	since := now - record.Instant(ResendFor/time.Millisecond)
	frames, old, err := convey.Again(d.record, d.codec, peer, s.Have, upto, since)
	for _, f := range frames {
		err = cmp.Or(err, b.send(d.post, line.Text, peer, f))
	}
	if err != nil {
		d.opt.Log.Warn("not all that was lost could be sent again", "kind", string(fault.KindOf(err)))
	}
	text := fmt.Sprintf("The desk of %s no longer had, or never got, what this desk had sent it after number %d. It was sent again, up to number %d.", peer, s.Have, upto)
	if old > 0 {
		text += fmt.Sprintf(" What is older than %d days was not, up to number %d: say it again by hand, if it matters.", int(ResendFor/day), old)
	}
	b.items = append(b.items, d.logged(record.Note{Text: text}, now))
}

// loseOwn notes that entries which this desk had sent are not in its vault.
func (d *Desk) loseOwn(b *batch, peer record.Name, lost record.Numbers, now record.Instant) {
	for _, s := range b.skip {
		if s.Reader == peer {
			return
		}
	}
	b.skip = append(b.skip, skipped{peer, []record.Numbers{lost}})
	b.items = append(b.items, d.logged(record.Note{Text: fmt.Sprintf(
		"This vault was put back to an older copy: %d entries that this desk had sent to %s (numbers %d to %d) are not in it. %s has them; ask what they say. No number is given twice.",
		lost.Count(), peer, lost.First, lost.Last, peer)}, now))
}

// writeSkipped stores all that is passed over, with what a batch adds.
func (b *batch) writeSkipped(tx *vault.Tx, d *Desk) error {
	if len(b.skip) == 0 {
		return nil
	}
	all := slices.Clone(b.skip)
	for i := range all {
		all[i].Numbers = append(d.record.Skipped(all[i].Reader), all[i].Numbers...)
	}
	if old, err := tx.Meta(metaSkipped); err == nil {
		var was []skipped
		if err := wire.DecodeOwn(old, &was); err != nil {
			return err
		}
		for _, s := range was {
			if !slices.ContainsFunc(all, func(t skipped) bool { return t.Reader == s.Reader }) {
				all = append(all, s)
			}
		}
	}
	raw, err := wire.Encode(all)
	if err != nil {
		return err
	}
	return tx.SetMeta(metaSkipped, raw)
}

// skipNow tells the record what was stored.
func (d *Desk) skipNow(b *batch) {
	for _, s := range b.skip {
		d.record.Skip(s.Reader, s.Numbers[0])
		d.snap = nil
	}
}

// acknowledgedTo gives the number up to which nothing to peer is still under
// way, and whether something is that is being sent again.
func (p *post) acknowledgedTo(peer record.Name, sent uint64) (upto uint64, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lineTo(peer)
	if !ok {
		return 0, false
	}
	for k, b := range p.unacked {
		if k.line != l.id() || k.class == line.Control {
			continue
		}
		again = again || convey.IsAgain(b)
		if first, err := convey.First(b); err == nil && first > 0 {
			sent = min(sent, first-1)
		}
	}
	return sent, again
}

// resent is what was last sent again to somebody.
type resent struct{ have, tick uint64 }

const resendAfter = 64 // ticks until the same is sent again

// mayResend reports whether what follows a number may be sent again: an ask
// that crossed the answer to the one before must not have it sent twice, and
// nobody can keep a desk busy with it.
func (p *post) mayResend(peer record.Name, have, tick uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last, ok := p.resends[peer]; ok && last.have == have && tick < last.tick+resendAfter {
		return false
	}
	p.resends[peer] = resent{have, tick}
	return true
}

// trusted reports whether words were compared on the line to peer. On one where
// they were not, whoever is at its other end is not given what was said before.
func (p *post) trusted(peer record.Name) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lineTo(peer)
	return ok && asCompared(l.q, l.st)
}
