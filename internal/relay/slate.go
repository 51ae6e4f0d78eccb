package relay

import (
	"bytes"
	"context"
	"slices"
)

func sortTickets(ts []snapTicket) {
	slices.SortFunc(ts, func(a, b snapTicket) int { return bytes.Compare(a.Hash[:], b.Hash[:]) })
}

// slate gives the slate of a tick from the cells that stand in it. The result
// is not changed afterwards: it is read without a lock.
func (c *cohort) slate(tick uint64, cells [][]byte) Slate {
	v, _ := c.charters.At(tick)
	s := Slate{Tick: tick, Version: v.charter.Roster.Version, Present: make([]bool, c.tt.Capacity), Cells: make([][]byte, c.tt.Capacity)}
	for i, cell := range cells {
		s.Present[i] = cell != nil
		s.Cells[i] = cell
	}
	return s
}

// slateCache keeps the slates closed last, up to slateCacheBytes. Older ones
// are read from the log.
type slateCache struct {
	slates map[uint64]Slate
	order  []uint64
}

func (k *slateCache) put(s Slate, t Timetable) {
	if k.slates == nil {
		k.slates = map[uint64]Slate{}
	}
	k.slates[s.Tick] = s
	k.order = append(k.order, s.Tick)
	for room := max(2*t.CatchUp, slateCacheBytes/t.SlateSize()); len(k.order) > room; k.order = k.order[1:] {
		delete(k.slates, k.order[0])
	}
}

// slateWanted is a slate to be read from the log.
type slateWanted struct {
	tick  uint64
	where span
	in    Roster // in force
	slate Slate
	have  bool
}

// wanted gives the slates for a reply: from resume on, at most CatchUp, up to
// the first dark tick, or one whose charter is not decided.
func (c *cohort) wanted(resume uint64) []slateWanted {
	var out []slateWanted
	for t := resume; t < c.open && len(out) < c.tt.CatchUp; t++ {
		s := c.index[t-c.base]
		if s.dark {
			break
		}
		v, _ := c.charters.At(t)
		w := slateWanted{tick: t, where: s, in: v.charter.Roster}
		if w.slate, w.have = c.cache.slates[t]; !w.have && s.first == 0 {
			w.slate, w.have = c.slate(t, nil), true
		}
		out = append(out, w)
	}
	return out
}

// cellsOf reads the cells that stand in a closed tick back from the log, by
// the same rule as applyCell: the first of each slot before the close, of a
// member in force. in is the roster in force at the tick: a slot that it has
// changes its member only after the tick is closed.
func cellsOf(ctx context.Context, log Log, t Timetable, in Roster, tick uint64, where span) ([][]byte, error) {
	cells := make([][]byte, t.Capacity)
	closed := false
	err := log.Scan(ctx, where.first, where.last, func(_ uint64, raw []byte) error {
		b, err := decodeBundle(raw)
		if err != nil {
			return err
		}
		for i := range b.Items {
			it := &b.Items[i]
			if closed || it.Cohort != t.Cohort {
				continue
			}
			switch it.Kind {
			case itemClose:
				closed = it.From <= tick && tick <= it.To
			case itemCell:
				if it.From == tick && in.Has(it.Slot) && len(it.Cell) == t.CellSize && cells[it.Slot] == nil {
					cells[it.Slot] = it.Cell
				}
			}
		}
		return nil
	})
	return cells, err
}
