package relay

import (
	"bytes"
	"slices"
)

// Who comes, who leaves, and which tickets are used: the part of a cohort that
// becomes its next roster.

func (m *snapMember) inForce(tick uint64) bool {
	return m.From != 0 && m.From <= tick && (m.Until == 0 || tick < m.Until)
}

// changes reports whether the charter from an epoch on is another one.
func (c *cohort) changes(epoch uint64) bool {
	last := c.charters.Newest().charter.Roster.FromTick
	if c.tt.Tickets > 0 && c.tt.TicketEpoch(epoch) != c.tt.TicketEpoch(last) {
		return true
	}
	return slices.ContainsFunc(c.members, func(m snapMember) bool { return m.From == 0 || m.Leave && m.Until == 0 })
}

// seat gives a newcomer the first slot that is free: never had, or left long
// enough ago that a charter shows it vacant. [RELAY-31]
func (c *cohort) seat(it *item) outcome {
	if _, taken := c.byToken[Hash(it.Token)]; taken {
		return outcome{refusal: TicketSpent}
	}
	slot := slices.IndexFunc(c.members, func(m snapMember) bool { return m.Until != 0 && m.Until <= c.open })
	if slot < 0 {
		if len(c.members) >= c.tt.Capacity {
			return outcome{refusal: CohortFull}
		}
		slot = len(c.members)
		c.members = append(c.members, snapMember{})
	} else {
		delete(c.byToken, c.members[slot].Token)
	}
	m := snapMember{ID: MemberID(it.ID), Token: Hash(it.Token), Ticket: Hash(it.Ticket)}
	copy(m.Revoke[:], it.Revoke)
	c.members[slot] = m
	c.byToken[m.Token] = slot
	return outcome{slot: slot}
}

// applyBlindEnrol spends a ticket that a member handed on. Its signature was
// checked before. [RELAY-9] [RELAY-24] [RELAY-25]
func (c *cohort) applyBlindEnrol(it *item) outcome {
	h, epoch := Hash(it.Ticket), it.Epoch-1
	if used, ok := c.spent[h]; ok {
		if slot, in := c.byToken[used.Token]; in && used.Token == Hash(it.Token) {
			return outcome{slot: slot}
		}
		return outcome{refusal: TicketSpent}
	}
	if c.tt.Tickets == 0 || epoch+1 < c.tt.TicketEpoch(c.open) {
		return outcome{refusal: TicketExpired}
	}
	if len(c.spent) >= MaxSpent {
		return outcome{refusal: CohortFull}
	}
	o := c.seat(it)
	if o.refusal == Welcomed {
		c.spent[h] = snapSpent{Hash: h, Epoch: epoch, Token: Hash(it.Token)}
	}
	return o
}

// dropSpent forgets used tickets whose key is not taken any more. [RELAY-25]
func (c *cohort) dropSpent(from uint64) {
	now := c.tt.TicketEpoch(c.open)
	if now == c.tt.TicketEpoch(from) {
		return
	}
	for h, s := range c.spent {
		if s.Epoch+1 < now {
			delete(c.spent, h)
		}
	}
}

func (c *cohort) sortedSpent() []snapSpent {
	out := []snapSpent{}
	for _, s := range c.spent {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b snapSpent) int { return bytes.Compare(a.Hash[:], b.Hash[:]) })
	return out
}

// applyLeave notes that a member goes at the next join epoch. [RELAY-30]
func (c *cohort) applyLeave(it *item) outcome {
	if it.Slot >= len(c.members) || c.members[it.Slot].ID != MemberID(it.ID) {
		return outcome{refusal: NotAdmitted}
	}
	m := &c.members[it.Slot]
	m.Leave = true
	if m.Until != 0 {
		return outcome{slot: it.Slot, tick: m.Until}
	}
	return outcome{slot: it.Slot, tick: c.nextEpoch()}
}

// applyBatch notes which tickets of a member are signed in a ticket epoch: the
// first batch, and no other. [RELAY-27]
func (c *cohort) applyBatch(it *item) outcome {
	if it.Slot >= len(c.members) || c.members[it.Slot].ID != MemberID(it.ID) || it.From < c.members[it.Slot].Epoch {
		return outcome{refusal: NotAdmitted}
	}
	m := &c.members[it.Slot]
	if it.From > m.Epoch {
		m.Epoch, m.Batch = it.From, Hash(it.Ticket)
	}
	if m.Batch != Hash(it.Ticket) {
		return outcome{refusal: TicketSpent}
	}
	return outcome{slot: it.Slot}
}
