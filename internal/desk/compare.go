package desk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"slices"

	"backchannel/internal/compare"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// CompareStep is what a keeper does about comparing a line with the desk at
// its other end.
type CompareStep string

// The steps. Each is for one comparison, and for nothing else.
const (
	CompareAsk     CompareStep = "ask"     // ask the other keeper; asking is consent of one's own
	CompareConsent CompareStep = "consent" // say yes to what he asked
	CompareDecline CompareStep = "decline" // say no to it
	CompareStop    CompareStep = "stop"    // take back one's own ask or consent
)

// CompareStatus is where a comparison stands. What came of it is an entry of
// the record.
type CompareStatus struct {
	Phase   compare.Phase  `json:"phase"`
	Asked   bool           `json:"asked"` // by this desk's keeper
	Sent    record.Numbers `json:"sent"`  // what it covers, as far as it is settled
	Came    record.Numbers `json:"came"`
	Expires record.Instant `json:"expires,omitempty"`
}

// comparing is the two comparisons that one line may have: one that this
// keeper asked for, and one that the other did. It is stored at every step.
type comparing struct {
	Mine   compare.Run `cbor:"1,keyasint"`
	Theirs compare.Run `cbor:"2,keyasint"`
}

const metaCompare = "compare/"

// loadCompares brings back what was under way.
func (d *Desk) loadCompares() error {
	d.compares = map[record.Name]comparing{}
	for _, q := range d.post.peers {
		b, err := d.vault.Meta(metaCompare + string(q.Name))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		var c comparing
		if err == nil {
			err = wire.DecodeOwn(b, &c)
		}
		if err != nil {
			return err
		}
		d.compares[q.Name] = c
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workOn()
	return nil
}

// CompareLine implements Handle.
func (d *Desk) CompareLine(_ context.Context, peer record.Name, step CompareStep) error {
	switch step {
	case CompareAsk:
		return d.askToCompare(peer)
	case CompareConsent:
		return d.consentToCompare(peer)
	case CompareDecline, CompareStop:
		return d.endCompare(peer, step)
	}
	return fault.New(fault.Malformed, "desk.compare-step", "use ask, consent, decline or stop", "%q is no step of comparing a line", string(step))
}

func (d *Desk) askToCompare(peer record.Name) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.compares[peer]
	if !c.Mine.Phase.Over() {
		return fault.New(fault.Exists, "desk.comparing", "wait for their answer, or take it back first", "you have asked %s to compare already", peer)
	}
	acknowledged, err := d.post.acknowledged(peer, d.record)
	if err != nil {
		return err
	}
	run, m, err := compare.Ask(d.compareContext(peer, d.record), acknowledged, compare.Life, freshSecrets())
	if err != nil {
		return err
	}
	c.Mine = run
	return d.keepCompare(peer, c, &m, nil)
}

// consentToCompare reads the record away from the lock: that takes as long as
// the record is large, and no beat may wait for it.
func (d *Desk) consentToCompare(peer record.Name) error {
	d.mu.Lock()
	run, snap := d.compares[peer].Theirs, d.snapshot()
	acknowledged, err := d.post.acknowledged(peer, d.record)
	at := d.compareContext(peer, snap)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	next, m, err := run.Consent(at, acknowledged, freshSecrets())
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.compares[peer]
	if c.Theirs.ID != run.ID || c.Theirs.Phase != run.Phase {
		return fault.New(fault.Refused, "desk.compare-changed", "look again with `backchannel compare-line`", "%s has asked anew, or taken it back, meanwhile", peer)
	}
	c.Theirs = next
	return d.keepCompare(peer, c, &m, nil)
}

func (d *Desk) endCompare(peer record.Name, step CompareStep) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.compares[peer]
	run := &c.Mine
	if step == CompareDecline || run.Phase.Over() {
		run = &c.Theirs
	}
	if (run.Phase == compare.Pending) != (step == CompareDecline) {
		return fault.New(fault.NotFound, "desk.compare-none", "look with `backchannel compare-line`", "no comparison with %s is at that point", peer)
	}
	next, m, err := run.End()
	if err != nil {
		return err
	}
	*run = next
	return d.keepCompare(peer, c, &m, nil)
}

func (d *Desk) compareContext(peer record.Name, r *record.Record) compare.Context {
	return compare.Context{Record: r, Codec: d.codec, Peer: peer, Now: d.now()}
}

func freshSecrets() (s compare.Secrets) {
	s.Run = newID()
	rand.Read(s.Nonce[:])
	rand.Read(s.Salt[:])
	return s
}

// keepCompare stores where a comparison stands, with the message to be sent
// and the entry to be made, in one transaction. The caller holds mu.
func (d *Desk) keepCompare(peer record.Name, c comparing, m *compare.Message, items []record.Item) error {
	var frames []vault.Frame
	if m != nil {
		b, err := m.Encode()
		if err != nil {
			return err
		}
		if frames, err = d.post.frameIn(line.Control, peer, b); err != nil {
			return err
		}
	}
	err := d.store(items, func(tx *vault.Tx) error {
		for _, f := range frames {
			if err := tx.Queue(f); err != nil {
				return err
			}
		}
		return c.write(tx, peer)
	})
	if err != nil {
		return err
	}
	d.compares[peer] = c
	d.post.queued(frames)
	return nil
}

func (c comparing) write(tx *vault.Tx, peer record.Name) error {
	b, err := wire.Encode(c)
	if err != nil {
		return err
	}
	return tx.SetMeta(metaCompare+string(peer), b)
}

// dropCompares forgets what was under way on a line that is gone.
func (d *Desk) dropCompares(peer record.Name) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.compares, peer)
	return d.vault.Update(func(tx *vault.Tx) error { return tx.DeleteMeta(metaCompare + string(peer)) })
}

// takeCompare takes in a message about comparing. What does not belong to a
// comparison at this moment changes nothing.
func (d *Desk) takeCompare(b *batch, peer record.Name, frame []byte, now record.Instant) {
	m, err := compare.Decode(frame)
	if err != nil {
		d.opt.Log.Warn("a message about comparing was left out", "kind", string(fault.KindOf(err)))
		return
	}
	c, ok := b.compares[peer]
	if !ok {
		c = d.compares[peer]
	}
	var mine, theirs *record.Comparison
	if m.Step == compare.StepAsk {
		c.Theirs, _ = c.Theirs.Asking(m, now)
	} else {
		c.Mine, mine = takeOwn(c.Mine, true, peer, m, now)
		c.Theirs, theirs = takeOwn(c.Theirs, false, peer, m, now)
	}
	b.compares[peer] = c
	d.logComparison(b, now, mine, theirs)
}

// takeOwn gives a message to the run that it is for: most are for one role.
func takeOwn(r compare.Run, asker bool, peer record.Name, m compare.Message, now record.Instant) (compare.Run, *record.Comparison) {
	switch m.Step {
	case compare.StepCommit, compare.StepOpen, compare.StepDecline:
		if !asker {
			return r, nil
		}
	case compare.StepShow, compare.StepRest:
		if asker {
			return r, nil
		}
	}
	return r.Take(peer, m, now)
}

func (d *Desk) logComparison(b *batch, now record.Instant, list ...*record.Comparison) {
	for _, c := range list {
		if c != nil {
			b.items = append(b.items, d.logged(*c, now))
		}
	}
}

// expireCompares ends what has expired.
func (d *Desk) expireCompares(b *batch, now record.Instant) {
	for peer, c := range d.compares {
		var mine, theirs *record.Comparison
		before := c
		c.Mine, mine = c.Mine.Expire(peer, now)
		c.Theirs, theirs = c.Theirs.Expire(peer, now)
		if c.Mine.Phase != before.Mine.Phase || c.Theirs.Phase != before.Theirs.Phase {
			b.compares[peer] = c
			d.logComparison(b, now, mine, theirs)
		}
	}
}

// comparesTaken makes what a batch stored the state of things.
func (d *Desk) comparesTaken(b *batch) {
	for peer, c := range b.compares {
		d.compares[peer] = c
	}
	d.workOn()
}

// workOn works off what waits, away from the beat: it reads the record, which
// takes as long as the record is large. The caller holds mu.
func (d *Desk) workOn() {
	if d.comparing || d.closed || d.nextInbox() == "" {
		return
	}
	d.comparing = true
	d.work.Go(func() {
		for d.advance() {
		}
	})
}

// nextInbox gives a peer whose message waits. The caller holds mu.
func (d *Desk) nextInbox() record.Name {
	var out []record.Name
	for peer, c := range d.compares {
		if len(c.Mine.Inbox) > 0 || len(c.Theirs.Inbox) > 0 {
			out = append(out, peer)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return slices.Min(out)
}

// advance works off one message. What it does is stored whole or not at all,
// and begun again after a crash.
func (d *Desk) advance() bool {
	d.mu.Lock()
	peer := d.nextInbox()
	if peer == "" || d.closed || d.ctx.Err() != nil {
		d.comparing = false
		d.mu.Unlock()
		return false
	}
	before := d.compares[peer]
	run := before.Theirs
	if len(before.Mine.Inbox) > 0 {
		run = before.Mine
	}
	at := d.compareContext(peer, d.snapshot())
	d.mu.Unlock()

	next, m, found, err := run.Advance(at)
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.compares[peer]
	is := &c.Theirs
	if run.Asker {
		is = &c.Mine
	}
	if is.ID != run.ID || !bytes.Equal(is.Inbox, run.Inbox) {
		return true // it was ended meanwhile
	}
	if err != nil {
		var end compare.Message
		if next, end, err = run.End(); err == nil {
			m = &end
		}
	}
	*is = next
	var items []record.Item
	if found != nil {
		items = append(items, d.logged(*found, max(d.now(), d.last)))
	}
	err = d.keepCompare(peer, c, m, items)
	if fault.Is(err, fault.Refused) || fault.Is(err, fault.Limit) {
		c = comparing{} // the line is gone, or nothing more can be queued on it
		err = d.keepCompare(peer, c, nil, items)
	}
	if err != nil {
		d.opt.Log.Error("a comparison waits", "kind", string(fault.KindOf(err)))
		d.comparing = false // the next ingest begins again
		return false
	}
	return true
}

// compareStatus gives what a line's status says of comparing. The caller does
// not hold mu.
func (d *Desk) compareStatus(lines []LineStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range lines {
		c := d.compares[lines[i].Peer]
		for _, r := range []compare.Run{c.Mine, c.Theirs} {
			if r.Phase == compare.None {
				continue
			}
			s := CompareStatus{Phase: r.Phase, Asked: r.Asker, Sent: r.Scope.Asked, Came: r.Scope.Asker, Expires: r.Until}
			if r.Asker {
				s.Sent, s.Came = s.Came, s.Sent
			}
			lines[i].Comparisons = append(lines[i].Comparisons, s)
		}
	}
}

// acknowledged gives the number up to which the desk of somebody has all that
// went to him.
func (p *post) acknowledged(who record.Name, r *record.Record) (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lineTo(who)
	if !ok || l.st.Phase != line.PhaseOpen {
		return 0, fault.New(fault.Refused, "desk.no-open-line-to", "look with `backchannel lines`", "there is no open line to %s", who)
	}
	n := r.SentTo(who)
	for k, b := range p.unacked {
		if k.line != l.id() || k.class == line.Control {
			continue
		}
		first, err := convey.First(b)
		if err != nil {
			return 0, err
		}
		n = min(n, cmp.Or(first, 1)-1)
	}
	return n, nil
}
