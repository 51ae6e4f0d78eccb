package relay

import "context"

// Put lets a benchmark hand cells to the committer without a network.
func (s *Server) Put(ctx context.Context, cohort string, tick uint64, slot int, cell []byte) Verdict {
	return s.shardOf(cohort).do(ctx, item{Kind: itemCell, Cohort: cohort, From: tick, Slot: slot, Cell: cell}).verdict
}

// CloseTick closes a tick, whatever the clock says.
func (s *Server) CloseTick(ctx context.Context, cohort string, tick uint64) error {
	return s.shardOf(cohort).do(ctx, item{Kind: itemClose, Cohort: cohort, From: tick, To: tick}).err
}
