package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// The labels keep the inputs of the hashes apart.
const (
	labelKey    = "backchannel compare key v1"
	labelLeaf   = "backchannel compare leaf v1"
	labelPage   = "backchannel compare page v1"
	labelCommit = "backchannel compare commit v1"
)

// sum hashes label and parts, each preceded by its length (spec/record.md,
// section 4).
func sum(label string, parts ...[]byte) keys.Hash {
	return sha256.Sum256(keys.Frame(append([][]byte{[]byte(label)}, parts...)...))
}

// keyOf gives the key of all digests of one comparison. It takes a nonce from
// each side, so that no digest of another comparison fits, whoever kept it.
func keyOf(run keys.ID, asker, asked keys.Hash, s Scope) keys.Hash {
	return sum(labelKey, run[:], asker[:], asked[:], wire.MustEncode(s), []byte{form})
}

// way is a direction: what the asker sent, or what the asked sent.
type way byte

const (
	fromAsker way = 1
	fromAsked way = 2
)

// sheet is one direction as one desk has it.
type sheet struct {
	way     way
	numbers record.Numbers
	leaves  []keys.Hash // by number; zero where nothing bears it
	ids     []keys.ID
	gone    map[uint64]bool // numbers whose entry was destroyed at this desk
}

func newSheet(w way, n record.Numbers) *sheet {
	return &sheet{w, n, make([]keys.Hash, n.Count()), make([]keys.ID, n.Count()), map[uint64]bool{}}
}

// put enters what bears a number. Two entries under one number, which no
// honest desk sends, together give a digest that no single one has.
func (s *sheet) put(key keys.Hash, number uint64, id keys.ID, form []byte) {
	if number < s.numbers.First || number > s.numbers.Last || s.numbers.First == 0 {
		return
	}
	i := number - s.numbers.First
	s.gone[number] = s.gone[number] || form == nil
	before := []byte{}
	if old := s.leaves[i]; !old.IsZero() {
		before = old[:]
	}
	s.leaves[i] = sum(labelLeaf, key[:], []byte{byte(s.way)}, before, form)
	s.ids[i] = id
}

// page gives the leaves of page i.
func (s *sheet) page(i int) []keys.Hash {
	return s.leaves[i*PageSize : min((i+1)*PageSize, len(s.leaves))]
}

func pagesOf(n record.Numbers) int { return int((n.Count() + PageSize - 1) / PageSize) }

// pageDigest gives the digest of a page.
func pageDigest(key keys.Hash, w way, i int, leaves []byte) keys.Hash {
	return sum(labelPage, key[:], []byte{byte(w)}, binary.BigEndian.AppendUint32(nil, uint32(i)), leaves)
}

func join(leaves []keys.Hash) []byte {
	out := make([]byte, 0, digestSize*len(leaves))
	for _, l := range leaves {
		out = append(out, l[:]...)
	}
	return out
}

// pages gives the digests of all pages of both directions, joined.
func pages(key keys.Hash, sheets [2]*sheet) []byte {
	var out []byte
	for _, s := range sheets {
		for i := range pagesOf(s.numbers) {
			d := pageDigest(key, s.way, i, join(s.page(i)))
			out = append(out, d[:]...)
		}
	}
	return out
}

func commitment(key, salt keys.Hash, pages []byte) keys.Hash {
	return sum(labelCommit, key[:], salt[:], pages)
}

// Read gives, for both directions of the line to peer, the canonical form of
// every entry with its number, from the first upto items of a record: what the
// keeper sent as his desk sent it, and what came as it came. Both ends of an
// honest line give the same forms under the same numbers. What was destroyed at
// this desk has none.
func Read(r *record.Record, codec record.Codec, peer record.Name, upto int, put func(sent bool, number uint64, id keys.ID, form []byte)) error {
	sent := uint64(0)
	for i, it := range r.Known() {
		if i >= upto {
			break
		}
		number, mine := it.Came.Number(), false
		switch {
		case it.Came.Over() == peer:
		case it.By == r.Keeper() && slices.Contains(it.Audience, peer) && r.GivenTo(it, peer):
			sent = r.NextSent(peer, sent)
			number, mine = sent, true
		default:
			continue
		}
		b, err := canonical(r, codec, peer, it, mine)
		if err != nil {
			return err
		}
		put(mine, number, it.ID, b)
	}
	return nil
}

// canonical gives the form of an entry that both ends can make: as it went
// over the line. What was sent is scrubbed by what the peer had been given
// when it was sent: nothing that he was given later adds a reference to it.
func canonical(r *record.Record, codec record.Codec, peer record.Name, it record.Item, mine bool) ([]byte, error) {
	if _, gone := it.Body.(record.Destroyed); gone {
		return nil, nil // what it said cannot be made again
	}
	e := it.Entry
	if mine {
		e = record.Scrub(e, func(id keys.ID) bool {
			other, ok := r.Get(id)
			return ok && other.Known <= it.Known && r.GivenTo(other, peer)
		})
	}
	e.By, e.Audience = "", nil
	return codec.Encode(e)
}

// Reached gives the highest number that came from peer.
func Reached(r *record.Record, peer record.Name) (n uint64) {
	for _, it := range r.Known() {
		if it.Came.Over() == peer {
			n = max(n, it.Came.Number())
		}
	}
	return n
}
