package compare

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Phase is where a desk stands in a comparison.
type Phase string

// The phases. The asker goes asked, shown; the asked pending, committed,
// opened. All others are ends.
const (
	None      Phase = ""
	Asked     Phase = "asked"     // the other keeper has not answered
	Shown     Phase = "shown"     // he consented; this desk has shown its digests
	Pending   Phase = "pending"   // this desk's keeper has not answered
	Committed Phase = "committed" // this desk's keeper consented; nothing has been shown
	Opened    Phase = "opened"    // both have shown; the other's single digests are awaited
	Done      Phase = "done"
	Declined  Phase = "declined"
	Stopped   Phase = "stopped" // one of the keepers took it back
	Expired   Phase = "expired"
	Withheld  Phase = "withheld"
	Broken    Phase = "broken"
)

// Over reports whether the comparison has ended.
func (p Phase) Over() bool {
	switch p {
	case Asked, Shown, Pending, Committed, Opened:
		return false
	}
	return true
}

// Run is one comparison as one desk stands in it. It holds secrets until it is
// over, and none afterwards.
type Run struct {
	Phase  Phase          `cbor:"1,keyasint"`
	ID     keys.ID        `cbor:"2,keyasint"`
	Asker  bool           `cbor:"3,keyasint"` // this desk asked
	Until  record.Instant `cbor:"4,keyasint"` // when it expires, by this desk's clock
	Scope  Scope          `cbor:"5,keyasint"`
	Items  int            `cbor:"6,keyasint"`           // of the record that are read for it
	Mine   keys.Hash      `cbor:"7,keyasint,omitzero"`  // this desk's nonce
	Theirs keys.Hash      `cbor:"8,keyasint,omitzero"`  // the other's
	Salt   keys.Hash      `cbor:"9,keyasint,omitzero"`  // of the commitment
	Commit keys.Hash      `cbor:"10,keyasint,omitzero"` // the other's
	Pages  []byte         `cbor:"11,keyasint,omitempty"`
	Inbox  []byte         `cbor:"12,keyasint,omitempty"` // a message that Advance has still to work off
	Life   record.Instant `cbor:"13,keyasint"`
	Form   int            `cbor:"14,keyasint"`
	// Differ is what is known to differ before it was shown which numbers do.
	Differ []record.Finding `cbor:"15,keyasint,omitempty"`
	More   uint64           `cbor:"16,keyasint,omitempty"`
}

// Context is what a step is made from.
type Context struct {
	Record *record.Record
	Codec  record.Codec
	Peer   record.Name
	Now    record.Instant
}

// Secrets is fresh randomness for one step.
type Secrets struct {
	Run         keys.ID
	Nonce, Salt keys.Hash
}

// Ask begins a comparison of all that went over the line to peer: what he has
// acknowledged of what was sent, and what came. Asking is the asker's consent.
func Ask(c Context, acknowledged uint64, life record.Instant, s Secrets) (Run, Message, error) {
	sc := Scope{Asker: last(acknowledged), Asked: last(Reached(c.Record, c.Peer))}
	if sc == (Scope{}) {
		return Run{}, Message{}, fault.New(fault.NotFound, "compare.nothing", "compare when something was exchanged", "nothing has gone over the line to %s yet", c.Peer)
	}
	r := Run{Phase: Asked, ID: s.Run, Asker: true, Until: c.Now + life, Scope: sc, Mine: s.Nonce, Life: life, Form: form}
	return r, Message{Step: StepAsk, Run: s.Run, Form: form, Life: life, Nonce: s.Nonce, Scope: sc}, nil
}

// last gives the highest numbers up to n that one comparison can cover.
func last(n uint64) record.Numbers {
	if n == 0 {
		return record.Numbers{}
	}
	return record.Numbers{First: n - min(n, MaxCovered) + 1, Last: n}
}

// widen lets a scope go on to what this desk has besides, so that whoever asks
// cannot leave out the end of the record.
func widen(n record.Numbers, to uint64) record.Numbers {
	switch {
	case to <= n.Last:
		return n
	case n == (record.Numbers{}):
		return record.Numbers{First: 1, Last: min(to, MaxCovered)}
	}
	n.Last = min(to, n.First+MaxCovered-1)
	return n
}

// Consent answers an ask with yes: it reads the record as it is now and commits
// to it. It shows nothing yet.
func (r Run) Consent(c Context, acknowledged uint64, s Secrets) (Run, Message, error) {
	switch {
	case r.Phase != Pending:
		return r, Message{}, fault.New(fault.NotFound, "compare.no-ask", "", "%s has not asked to compare", c.Peer)
	case c.Now > r.Until:
		return r, Message{}, fault.New(fault.Expired, "compare.expired", "ask them to ask again, or ask yourself", "what %s asked has expired", c.Peer)
	case r.Form != form:
		return r, Message{}, fault.New(fault.Refused, "compare.form", "bring both programs up to date", "the desk of %s writes entries in another form, so that nothing could be compared", c.Peer)
	}
	r.Phase, r.Mine, r.Salt, r.Items = Committed, s.Nonce, s.Salt, c.Record.Len()
	r.Scope = Scope{Asker: widen(r.Scope.Asker, Reached(c.Record, c.Peer)), Asked: widen(r.Scope.Asked, acknowledged)}
	sheets, err := r.sheets(c)
	if err != nil {
		return r, Message{}, err
	}
	commit := commitment(r.key(), r.Salt, pages(r.key(), sheets))
	return r, Message{Step: StepCommit, Run: r.ID, Nonce: r.Mine, Scope: r.Scope, Commit: commit}, nil
}

// End gives up, for the keeper: it declines what is pending, and stops what is
// under way.
func (r Run) End() (Run, Message, error) {
	switch {
	case r.Phase.Over():
		return r, Message{}, fault.New(fault.NotFound, "compare.none", "", "no comparison is under way")
	case r.Phase == Pending:
		return r.over(Declined), Message{Step: StepDecline, Run: r.ID}, nil
	}
	return r.over(Stopped), Message{Step: StepStop, Run: r.ID}, nil
}

// over ends the run and forgets what it kept secret.
func (r Run) over(p Phase) Run {
	return Run{Phase: p, ID: r.ID, Asker: r.Asker, Until: r.Until, Scope: r.Scope}
}

// Asking takes in an ask. What was pending before is forgotten: the newest ask
// counts, and a consent that nothing came of is void. Once this desk has shown
// its digests, it waits for what it is owed, and no ask can end that.
func (r Run) Asking(m Message, now record.Instant) (Run, bool) {
	if m.Step != StepAsk || m.Run == r.ID || r.Phase == Opened {
		return r, false
	}
	return Run{Phase: Pending, ID: m.Run, Until: now + m.Life, Scope: m.Scope, Theirs: m.Nonce, Life: m.Life, Form: m.Form}, true
}

// Take takes in any other message. It decides from the message and the run
// alone; where the record is needed, the message is kept for Advance. What
// does not belong to the run at this moment changes nothing. The comparison it
// gives, if any, is for the keeper's record.
func (r Run) Take(peer record.Name, m Message, now record.Instant) (Run, *record.Comparison) {
	if m.Run != r.ID || r.Phase.Over() {
		return r, nil
	}
	if len(r.Inbox) > 0 {
		if m.Step == StepStop && (r.Phase == Asked || r.Phase == Committed) {
			return r.over(Stopped), nil // this desk has shown nothing yet
		}
		return r, nil
	}
	if now > r.Until {
		return r.Expire(peer, now)
	}
	keep := func(ok bool) (Run, *record.Comparison) {
		b, err := m.Encode()
		if !ok || err != nil {
			return r.over(Broken), r.result(peer, record.CompareBroken, findings{})
		}
		r.Inbox, r.Until = b, now+r.Life
		return r, nil
	}
	whole := digestSize * (pagesOf(r.Scope.Asker) + pagesOf(r.Scope.Asked))
	switch {
	case m.Step == StepDecline && r.Phase == Asked:
		return r.over(Declined), nil
	case m.Step == StepStop && r.Phase != Shown && r.Phase != Opened:
		return r.over(Stopped), nil
	case m.Step == StepStop:
		return r.over(Withheld), r.result(peer, record.CompareWithheld, findings{list: r.Differ, more: r.More})
	case m.Step == StepCommit && r.Phase == Asked:
		if !m.Scope.covers(r.Scope) {
			return r.over(Stopped), nil // nothing was shown, and nothing is
		}
		return keep(true)
	case m.Step == StepShow && r.Phase == Committed:
		return keep(len(m.Pages) == whole)
	case m.Step == StepOpen && r.Phase == Shown:
		return keep(len(m.Pages) == whole)
	case m.Step == StepRest && r.Phase == Opened:
		return keep(true)
	}
	return r, nil
}

// Expire ends a run whose time is over.
func (r Run) Expire(peer record.Name, now record.Instant) (Run, *record.Comparison) {
	switch {
	case r.Phase.Over() || now <= r.Until || len(r.Inbox) > 0:
		return r, nil
	case r.Phase == Shown || r.Phase == Opened:
		return r.over(Withheld), r.result(peer, record.CompareWithheld, findings{list: r.Differ, more: r.More})
	}
	return r.over(Expired), nil
}

// key gives the key of the digests.
func (r Run) key() keys.Hash {
	if r.Asker {
		return keyOf(r.ID, r.Mine, r.Theirs, r.Scope)
	}
	return keyOf(r.ID, r.Theirs, r.Mine, r.Scope)
}

// sheets reads this desk's record.
func (r Run) sheets(c Context) ([2]*sheet, error) {
	out := [2]*sheet{newSheet(fromAsker, r.Scope.Asker), newSheet(fromAsked, r.Scope.Asked)}
	key := r.key()
	err := Read(c.Record, c.Codec, c.Peer, r.Items, func(sent bool, number uint64, id keys.ID, form []byte) {
		out[r.index(sent)].put(key, number, id, form)
	})
	return out, err
}

// index gives the place of a direction in a pair of sheets.
func (r Run) index(sent bool) int {
	if sent == r.Asker {
		return 0
	}
	return 1
}

// Advance works off the message in the inbox. It gives what to send, if
// anything, and what to enter into the keeper's record when the comparison has
// come to its end. It can be done again from the same run.
func (r Run) Advance(c Context) (Run, *Message, *record.Comparison, error) {
	if len(r.Inbox) == 0 {
		return r, nil, nil, nil
	}
	m, err := Decode(r.Inbox)
	if err != nil {
		return r, nil, nil, err
	}
	r.Inbox = nil
	if m.Step == StepCommit {
		r.Theirs, r.Scope, r.Commit, r.Items = m.Nonce, m.Scope, m.Commit, c.Record.Len()
	}
	sheets, err := r.sheets(c)
	if err != nil {
		return r, nil, nil, err
	}
	own := pages(r.key(), sheets)
	switch m.Step {
	case StepCommit:
		r.Phase = Shown
		return r, &Message{Step: StepShow, Run: r.ID, Pages: own}, nil, nil
	case StepShow:
		open := differing(r.Scope, own, m.Pages)
		out := &Message{Step: StepOpen, Run: r.ID, Salt: r.Salt, Pages: own, Leaves: leavesOf(sheets, open)}
		if len(open) == 0 {
			return r.over(Done), out, r.result(c.Peer, record.CompareDone, findings{}), nil
		}
		r.Phase, r.Pages = Opened, m.Pages
		f := r.untold(sheets, open)
		r.Differ, r.More = f.list, f.more
		return r, out, nil, nil
	case StepOpen:
		if commitment(r.key(), m.Salt, m.Pages) != r.Commit {
			return r.over(Broken), nil, r.result(c.Peer, record.CompareBroken, findings{}), nil
		}
		open := differing(r.Scope, own, m.Pages)
		found, ok := r.judge(sheets, open, own, m.Pages, m.Leaves)
		if !ok {
			return r.over(Broken), nil, r.result(c.Peer, record.CompareBroken, findings{}), nil
		}
		var out *Message
		if len(open) > 0 {
			out = &Message{Step: StepRest, Run: r.ID, Leaves: leavesOf(sheets, open)}
		}
		return r.over(Done), out, r.result(c.Peer, record.CompareDone, found), nil
	}
	found, ok := r.judge(sheets, differing(r.Scope, own, r.Pages), own, r.Pages, m.Leaves)
	if !ok {
		return r.over(Broken), nil, r.result(c.Peer, record.CompareBroken, findings{}), nil
	}
	return r.over(Done), nil, r.result(c.Peer, record.CompareDone, found), nil
}
