package relay

import (
	"context"
	"net/url"
	"time"

	"backchannel/internal/fault"
)

// Member is one of a cohort as its operator sees it: what every member sees in
// the roster, and since when.
type Member struct {
	ID    string    `json:"id"`
	Slot  int       `json:"slot"`
	From  time.Time `json:"from,omitzero"`  // zero while undecided
	Until time.Time `json:"until,omitzero"` // zero while no end is decided
}

type memberList struct {
	Members []Member `json:"members"`
}

type removeRequest struct {
	Cohort string `json:"cohort"`
	ID     string `json:"id"`
}

type removeReply struct {
	Until time.Time `json:"until"`
}

// Members lists those of a cohort who are members, or will be.
func (s *Server) Members(cohort string) ([]Member, error) {
	sh := s.shardOf(cohort)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	c := sh.cohorts[cohort]
	if c == nil {
		return nil, fault.New(fault.NotFound, "relay.cohort", "", "no cohort %q", cohort)
	}
	out := []Member{}
	for i, m := range c.members {
		if m.Until != 0 && m.Until <= c.open {
			continue
		}
		one := Member{ID: m.ID.String(), Slot: i}
		if m.From > 0 {
			one.From = c.tt.TickStart(m.From)
		}
		switch {
		case m.Until > 0:
			one.Until = c.tt.TickStart(m.Until)
		case m.Leave:
			one.Until = c.tt.TickStart(c.nextEpoch())
		}
		out = append(out, one)
	}
	return out, nil
}

// AskMembers asks the relay that runs on a data folder for its members.
func AskMembers(ctx context.Context, dir, cohort string) ([]Member, error) {
	var out memberList
	err := ask(ctx, dir, "GET", "/members?cohort="+url.QueryEscape(cohort), nil, &out)
	return out.Members, err
}

// AskRemove asks it to take a member off, and gives when that takes effect.
func AskRemove(ctx context.Context, dir, cohort, id string) (time.Time, error) {
	var out removeReply
	err := ask(ctx, dir, "POST", "/remove", removeRequest{cohort, id}, &out)
	return out.Until, err
}
