package accord

import (
	"crypto/sha256"
	"encoding/binary"

	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// The labels keep the inputs of the hashes apart (RFC 6962, section 2.1, keeps
// leaves and nodes apart for the same reason: a node must not pass for a leaf).
const (
	labelTerm    = "backchannel term v1"
	labelPackage = "backchannel package v1"
	labelLeaf    = "backchannel leaf v1"
	labelPad     = "backchannel pad v1"
	labelNode    = "backchannel node v1"
)

// minLeaves is the least number of leaves of a package's tree, so that the
// depth of a proof does not tell how few terms there are.
const minLeaves = 16

// Hash gives the content hash of the term: over every field and the
// authoritative text, with the term's own salt inside, so that somebody who
// knows all but the salt cannot test a guess.
func (t Term) Hash() keys.Hash { return sum(labelTerm, wire.MustEncode(t)) }

// Hash gives the content hash of the package: of its header and of the root of
// a tree over the hashes of its terms, padded with leaves that only the salt
// tells from terms.
func (p Package) Hash() keys.Hash {
	root := p.tree()
	head := p
	head.Terms = nil
	return sum(labelPackage, wire.MustEncode(head), root[:])
}

func (p Package) tree() keys.Hash {
	n := minLeaves
	for n < len(p.Terms) {
		n *= 2
	}
	level := make([]keys.Hash, n)
	for i := range level {
		if i < len(p.Terms) {
			// Under a label of its own, so that nobody who knows the salt can pass a
			// pad for a term; with the name, so that a term cannot be called otherwise.
			level[i] = sum(labelLeaf, wire.MustEncode(p.Terms[i]))
			continue
		}
		level[i] = sum(labelPad, p.Salt[:], binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = sum(labelNode, level[2*i][:], level[2*i+1][:])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// sum hashes label and parts, each preceded by its length, so that no two
// different lists give the same bytes.
func sum(label string, parts ...[]byte) keys.Hash {
	h := sha256.New()
	write := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	write([]byte(label))
	for _, p := range parts {
		write(p)
	}
	return keys.Hash(h.Sum(nil))
}
