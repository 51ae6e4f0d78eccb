package compare

import (
	"bytes"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// place is one page of one direction.
type place struct {
	sheet int // 0 what the asker sent, 1 what the asked sent
	page  int
}

// differing gives the pages whose digests differ, in order.
func differing(s Scope, a, b []byte) []place {
	var out []place
	i := 0
	for k, n := range []record.Numbers{s.Asker, s.Asked} {
		for p := range pagesOf(n) {
			if !bytes.Equal(a[i:i+digestSize], b[i:i+digestSize]) {
				out = append(out, place{k, p})
			}
			i += digestSize
		}
	}
	return out
}

// leavesOf gives the digests in the pages that are opened, joined.
func leavesOf(sheets [2]*sheet, open []place) []byte {
	var out []byte
	for _, p := range open[:min(len(open), MaxOpened)] {
		out = append(out, join(sheets[p.sheet].page(p.page))...)
	}
	return out
}

// findings is what differs, by this desk's directions.
type findings struct {
	list []record.Finding
	more uint64
	ids  int
}

// Bounds on one entry of the record.
const (
	maxFindings = 256
	maxFound    = 4096 // ids in all findings together
)

// add enters one number, with the runs of equal ones joined.
func (f *findings) add(sent bool, number uint64, how record.Match, id keys.ID) {
	var ids []keys.ID
	if !id.IsZero() && f.ids < maxFound {
		ids = []keys.ID{id}
		f.ids++
	}
	if n := len(f.list); n > 0 {
		last := &f.list[n-1]
		if last.Sent == sent && last.How == how && last.Numbers.Last+1 == number {
			last.Numbers.Last = number
			last.Entries = append(last.Entries, ids...)
			return
		}
	}
	if len(f.list) == maxFindings {
		f.more++
		return
	}
	f.list = append(f.list, record.Finding{Sent: sent, Numbers: record.Numbers{First: number, Last: number}, How: how, Entries: ids})
}

// judge compares, number by number, the pages that were opened. It is false if
// the other's digests are not those that his pages stand for.
func (r Run) judge(sheets [2]*sheet, open []place, own, pages, leaves []byte) (findings, bool) {
	theirs := [2]map[uint64]keys.Hash{{}, {}}
	shown := open[:min(len(open), MaxOpened)]
	for _, p := range shown {
		s := sheets[p.sheet]
		n := len(s.page(p.page)) * digestSize
		if len(leaves) < n || pageDigest(r.key(), s.way, p.page, leaves[:n]) != r.pageOf(pages, p) {
			return findings{}, false
		}
		for i := range n / digestSize {
			theirs[p.sheet][s.numbers.First+uint64(p.page*PageSize+i)] = keys.Hash(leaves[i*digestSize:])
		}
		leaves = leaves[n:]
	}
	if len(leaves) > 0 {
		return findings{}, false
	}
	var f findings
	// What went out comes first.
	for _, sent := range []bool{true, false} {
		k := r.index(sent)
		r.judgeSheet(&f, sent, k, sheets[k], open, shown, theirs[k])
	}
	return f, true
}

func (r Run) pageOf(pages []byte, p place) keys.Hash {
	i := p.page
	if p.sheet == 1 {
		i += pagesOf(r.Scope.Asker)
	}
	return keys.Hash(pages[i*digestSize:])
}

// judgeSheet compares one direction. An entry that the other has under another
// number is moved: otherwise one entry taken out would make all behind it
// differ.
func (r Run) judgeSheet(f *findings, sent bool, k int, s *sheet, open, shown []place, theirs map[uint64]keys.Hash) {
	here, there := map[keys.Hash]bool{}, map[keys.Hash]bool{}
	for n, l := range theirs {
		there[l] = true
		here[s.leaves[n-s.numbers.First]] = true
	}
	var missing []uint64 // here, of those that are there
	s.each(k, open, func(p place, number uint64, mine keys.Hash, id keys.ID) {
		other := theirs[number]
		if !slices.Contains(shown, p) || s.gone[number] {
			f.add(sent, number, record.NotComparable, id)
			return
		}
		if mine == other {
			return
		}
		lone := !other.IsZero() && !here[other]
		switch {
		case mine.IsZero():
		case there[mine]:
			f.add(sent, number, record.Moved, id)
		case lone:
			f.add(sent, number, record.Differs, id)
			return
		default:
			f.add(sent, number, record.OnlyHere, id)
		}
		if lone {
			missing = append(missing, number)
		}
	})
	for _, number := range missing {
		f.add(sent, number, record.OnlyThere, keys.ID{})
	}
}

// each goes through the numbers of the pages of a sheet that are opened.
func (s *sheet) each(k int, open []place, fn func(p place, number uint64, leaf keys.Hash, id keys.ID)) {
	for _, p := range open {
		if p.sheet != k {
			continue
		}
		for i, leaf := range s.page(p.page) {
			at := p.page*PageSize + i
			fn(p, s.numbers.First+uint64(at), leaf, s.ids[at])
		}
	}
}

// untold gives what is known to differ before it was shown which numbers do.
func (r Run) untold(sheets [2]*sheet, open []place) (f findings) {
	for _, sent := range []bool{true, false} {
		k := r.index(sent)
		sheets[k].each(k, open, func(_ place, number uint64, _ keys.Hash, id keys.ID) {
			f.add(sent, number, record.NotComparable, id)
		})
	}
	return f
}

// result gives the entry for the keeper's record.
func (r Run) result(peer record.Name, how record.CompareOutcome, f findings) *record.Comparison {
	c := &record.Comparison{Peer: peer, Run: r.ID, Outcome: how, Sent: r.Scope.Asked, Came: r.Scope.Asker, Findings: f.list, More: f.more, Asked: r.Asker}
	if r.Asker {
		c.Sent, c.Came = r.Scope.Asker, r.Scope.Asked
	}
	return c
}
