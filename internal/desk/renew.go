package desk

import (
	"context"
	"fmt"

	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// mend does what a line waits for that must be repaired: it makes a renewal, or
// takes one up. The keys are made here, away from the beat; the deck changes at
// the next one.
func (c *clock) mend() {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	for _, st := range c.deck.Lines() {
		if c.p.peers[c.id(st.Line)].Bond != 0 {
			continue // it is made anew over the first line
		}
		o := change{Slot: st.Slot}
		switch st.Due {
		case line.DueRenew:
			o.Kind, o.Seed = changeRenew, fresh(inviterSeed)
		case line.DueTakeUp:
			o.Kind, o.Seed = changeTakeUp, fresh(joinerSeed)
		default:
			continue
		}
		if c.p.line != nil {
			c.p.line.send(partMsg{Kind: partChange, Clock: c.index, Body: wire.MustEncode(o)})
		} else if ready, err := o.prepare(); err == nil {
			c.orders = append(c.orders, order{ready, make(chan outcome, 1)}) // nobody waits for the outcome: what is due stays due
		}
	}
}

// renewalOf gives the open renewal of a line, which waits for its keeper to
// compare words. The caller holds mu.
func (c *clock) renewalOf(n uint32) (line.Status, bool) {
	for _, st := range c.deck.Lines() {
		if st.Renews == n && st.Phase == line.PhaseOpen {
			return st, true
		}
	}
	return line.Status{}, false
}

// note keeps a sentence for the record, which it reaches with the next ingest:
// what is said of copies and old vaults must not be lost with the next word
// about the relay. The same is noted once. The caller holds mu.
func (c *clock) note(text string) {
	c.trouble = text
	if c.p.noted[text] {
		return
	}
	c.p.noted[text] = true
	c.p.notes = append(c.p.notes, text)
}

// heedRepair notes what the deck says about vaults that were set back or
// copied, and says what to do. The caller holds mu.
func (c *clock) heedRepair(e line.Event, name record.Name) {
	switch e.Kind {
	case line.EventSetBack:
		c.note("This vault is older than what the other side has seen of it: was it put back from a backup? What it lost is asked for again by itself.")
		c.standAll()
	case line.EventPeerSetBack:
		c.note(fmt.Sprintf("The desk of %s was put back to an older state, or runs twice. What it lost is sent again by itself.", name))
		c.p.stand(c.id(e.Line))
	case line.EventElsewhere:
		c.note("Cells of this desk stand at the relay that this vault does not know of. If the vault was put back from a backup, all is well: what it lost is asked for again. If not, a copy of it runs somewhere: stop that one, or close the lines and open new ones.")
		c.standAll()
	case line.EventBehind:
		c.note(fmt.Sprintf("This vault is too old for the line to %s, which is being made anew. Compare words with %s again when they are shown; until then nothing passes.", name, name))
	case line.EventPeerBehind:
		c.note(fmt.Sprintf("The vault of %s was put back to an older copy, or somebody else uses an old copy of it. A new line is being made beside the old one. Speak with %s before you compare words: ask whether a backup was restored.", name, name))
	case line.EventPeerTwice:
		c.note(fmt.Sprintf("The vault of %s runs twice: a copy of it is in use somewhere. Tell %s at once, by another way. The line goes on with the desk that kept it.", name, name))
	case line.EventCopy:
		c.note(fmt.Sprintf("This vault is an older copy: %s hears another one as this desk. Use that one, and delete this. If there should be no other, close all lines and open new ones.", name))
	case line.EventCopied:
		c.note(fmt.Sprintf("An older copy of this vault is in use somewhere and calls %s. If that is not a backup of yours that you opened, somebody has it: close the lines and open new ones.", name))
	case line.EventOpened:
		c.p.stand(c.id(e.Line))
	}
}

// takeNotes moves what was noted into the batch.
func (d *Desk) takeNotes(b *batch, now record.Instant) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.notes {
		b.items = append(b.items, d.logged(record.Note{Text: text}, now))
	}
	p.notes = nil
}

// words gives what a line's status says of its renewal. The caller holds mu.
func (c *clock) renewalStatus(n uint32, s *LineStatus) {
	if st, ok := c.renewalOf(n); ok {
		s.Words, s.Compared, s.Renewed = st.Words, false, true
		s.Trouble = "One of the two vaults was put back to an older copy. Compare these words again; until both have, nothing passes."
	}
}

// endRenewal puts a renewal in the place of its line, or forgets it: the line
// then stays as it was.
func (c *clock) endRenewal(ctx context.Context, st line.Status, same bool) error {
	o := change{Kind: changeForget, Slot: st.Slot, Line: st.Line, Of: wordsHash(st)}
	if same {
		o.Kind = changeAdopt
	}
	_, err := c.change(ctx, o)
	return err
}

func (p *post) standOn(n lineID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stand(n)
}
