package relay

import (
	"context"
	"slices"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"backchannel/internal/fault"
)

// holds reports whether a token's member may still make exchanges of a tick:
// he has not left, and nobody else has his slot. [RELAY-30]
func (s *shard) holds(name string, slot int, token Hash, tick uint64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := s.cohorts[name].members[slot]
	return m.Token == token && (m.Until == 0 || tick < m.Until)
}

// leave takes a member off at the next join epoch, and gives it.
func (s *shard) leave(ctx context.Context, name string, slot int, id MemberID) (uint64, error) {
	o := s.do(ctx, item{Kind: itemLeave, Cohort: name, Slot: slot, ID: id[:]})
	if o.err == nil {
		o.err = o.refusal.Err()
	}
	return o.tick, o.err
}

// revoke takes a member off whose revocation code somebody has. [RELAY-32]
func (s *Server) revoke(ss *session, h Hello) {
	if !ss.begin() {
		return
	}
	sh, name, slot, id := s.findRevocation(Revocation{secret: h.Secret}.Hash())
	if sh == nil {
		s.welcome(ss, Welcome{Refusal: NotAdmitted})
		return
	}
	ctx, cancel := context.WithTimeout(ss.ctx, helloTime)
	defer cancel()
	w := Welcome{}
	var err error
	if w.FromTick, err = sh.leave(ctx, name, slot, id); err != nil {
		w.Refusal = Busy
	} else {
		sh.mu.RLock()
		w.Charters = []Signed{sh.cohorts[name].charters.Newest().signed}
		sh.mu.RUnlock()
	}
	if s.welcome(ss, w) {
		ss.read(helloTime) // the client hangs up
	}
}

func (s *Server) findRevocation(h Hash) (*shard, string, int, MemberID) {
	for _, sh := range s.shards {
		sh.mu.RLock()
		for name, c := range sh.cohorts {
			for slot, m := range c.members {
				if m.Revoke == h && (m.Until == 0 || m.Until > c.open) {
					sh.mu.RUnlock()
					return sh, name, slot, m.ID
				}
			}
		}
		sh.mu.RUnlock()
	}
	return nil, "", 0, MemberID{}
}

// Remove takes a member off the roster at the next join epoch, and gives when
// that is.
func (s *Server) Remove(ctx context.Context, cohort string, id MemberID) (time.Time, error) {
	sh := s.shardOf(cohort)
	sh.mu.RLock()
	c := sh.cohorts[cohort]
	slot := -1
	if c != nil {
		for i, m := range c.members {
			if m.ID == id && (m.Until == 0 || m.Until > c.open) {
				slot = i
			}
		}
	}
	sh.mu.RUnlock()
	if slot < 0 {
		return time.Time{}, fault.New(fault.NotFound, "relay.member", "`backchannel relay members` shows them", "no such member")
	}
	tick, err := sh.leave(ctx, cohort, slot, id)
	return c.tt.TickStart(tick), err
}

// errand runs what a member asks for besides its cell, and gives the receipt.
// [RELAY-26] [RELAY-27]
func (s *Server) errand(ss *session, sh *shard, t Timetable, slot int, req Request) Receipt {
	e, err := DecodeErrand(t, req.Errand)
	if err != nil {
		return Receipt{} // DecodeRequest has seen to it
	}
	sh.mu.RLock()
	c := sh.cohorts[t.Cohort]
	m := c.members[slot]
	v, _ := c.charters.At(req.Tick)
	sh.mu.RUnlock()
	ctx, cancel := context.WithTimeout(ss.ctx, max(5*time.Second, t.Period()))
	defer cancel()
	if e.Leave && !m.Leave {
		if _, err := sh.leave(ctx, t.Cohort, slot, m.ID); err != nil {
			s.slog.Warn("relay: a member cannot leave yet", "err", err)
		}
	}
	key, ok := v.TicketKey()
	if !ok || e.Epoch != key.Epoch+1 {
		return Receipt{}
	}
	h := labelled(batchLabel, slices.Concat([]byte(t.Cohort), req.Errand[1:]))
	if m.Epoch != e.Epoch || m.Batch != h {
		switch o := sh.do(ctx, item{Kind: itemBatch, Cohort: t.Cohort, Slot: slot, ID: m.ID[:], From: e.Epoch, Ticket: h[:]}); {
		case o.err != nil:
			return Receipt{}
		case o.refusal != Welcomed:
			return Receipt{Status: ReceiptRefused}
		}
	}
	return s.signed.of(h, func() (Receipt, bool) { return sign(blindrsa.NewSigner(s.keys.of(t.Cohort, key.Epoch)), e.Batch) })
}

func sign(k blindrsa.Signer, batch [][]byte) (Receipt, bool) {
	r := Receipt{Status: ReceiptSigned}
	for _, b := range batch {
		sig, err := k.BlindSign(b)
		if err != nil {
			return Receipt{Status: ReceiptRefused}, false // no number below the modulus
		}
		r.Signed = append(r.Signed, sig)
	}
	return r, true
}
