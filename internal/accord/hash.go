package accord

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// The labels keep the inputs of the hashes apart (RFC 6962, section 2.1, keeps
// leaves and nodes apart for the same reason: a node must not pass for a leaf).
const (
	labelTerm    = "backchannel term v1"
	labelPackage = "backchannel package v2"
	labelHead    = "backchannel head v2"
	labelSlot    = "backchannel slot v2"
	labelBlind   = "backchannel blind v2"
	labelLeaf    = "backchannel leaf v2"
	labelPad     = "backchannel pad v2"
	labelNode    = "backchannel node v2"
)

// Every package has a tree of the same depth, and its terms are in slots drawn
// by its salt: neither the length of a path nor a slot says how many terms
// there are. maxTerms of them leave room.
const (
	treeDepth = 12
	treeSlots = 1 << treeDepth
)

// Hash gives the content hash of the term: over every field and the
// authoritative text, with the term's own salt inside, so that somebody who
// knows all but the salt cannot test a guess.
func (t Term) Hash() keys.Hash { return sum(labelTerm, wire.MustEncode(t)) }

// Hash gives the content hash of the package: of the hash of its header and of
// the root of a tree over its terms. Apart, so that a term can be shown with
// neither the header nor the salt.
func (p Package) Hash() keys.Hash {
	return packageHash(p.headHash(), p.node(p.leaves(), treeDepth, 0))
}

func packageHash(head, root keys.Hash) keys.Hash { return sum(labelPackage, head[:], root[:]) }

func (p Package) headHash() keys.Hash {
	head := p
	head.Terms = nil
	if len(p.Terms) > treeSlots { // Check refuses it; nothing goes unhashed all the same
		head.Terms = p.Terms[treeSlots:]
	}
	return sum(labelHead, wire.MustEncode(head))
}

// slotted is a term in its slot.
type slotted struct {
	slot int
	hash keys.Hash
}

// leaves gives the terms by slot.
func (p Package) leaves() []slotted {
	out := make([]slotted, 0, len(p.Terms))
	for i, slot := range p.slots() {
		out = append(out, slotted{slot, leafHash(p.blind(slot), p.Terms[i])})
	}
	slices.SortFunc(out, func(a, b slotted) int { return a.slot - b.slot })
	return out
}

// slots gives the slot of each term: drawn one after the other, what is taken
// drawn again, so that each choice of slots is as likely as any other.
func (p Package) slots() []int {
	out, taken := make([]int, 0, len(p.Terms)), make(map[int]bool, len(p.Terms))
	for draw := uint32(0); len(out) < min(len(p.Terms), treeSlots); draw++ {
		h := sum(labelSlot, p.Salt[:], binary.BigEndian.AppendUint32(nil, draw))
		slot := int(binary.BigEndian.Uint16(h[:])) % treeSlots
		if !taken[slot] {
			taken[slot] = true
			out = append(out, slot)
		}
	}
	return out
}

// blind gives what hides the leaf in a slot, so that who knows a term cannot
// tell whether it is in a package of which he was shown another one.
func (p Package) blind(slot int) keys.Hash {
	return sum(labelBlind, p.Salt[:], binary.BigEndian.AppendUint16(nil, uint16(slot)))
}

// leafHash is under a label of its own, so that nobody who knows the salt can
// pass a pad for a term; with the name, so that a term cannot be called otherwise.
func leafHash(blind keys.Hash, t TermRef) keys.Hash {
	return sum(labelLeaf, blind[:], wire.MustEncode(t))
}

func nodeHash(left, right keys.Hash) keys.Hash { return sum(labelNode, left[:], right[:]) }

// node gives the node at that height and place, over those leaves. One over
// nothing is a pad, which only the salt tells from others.
func (p Package) node(leaves []slotted, height, place int) keys.Hash {
	switch {
	case len(leaves) == 0:
		return sum(labelPad, p.Salt[:], []byte{byte(height)}, binary.BigEndian.AppendUint16(nil, uint16(place)))
	case height == 0:
		return leaves[0].hash
	}
	left, right := halves(leaves, height, place)
	return nodeHash(p.node(left, height-1, 2*place), p.node(right, height-1, 2*place+1))
}

// halves parts the leaves under a node.
func halves(leaves []slotted, height, place int) (left, right []slotted) {
	middle := (2*place + 1) << (height - 1)
	cut, _ := slices.BinarySearchFunc(leaves, middle, func(l slotted, slot int) int { return l.slot - slot })
	return leaves[:cut], leaves[cut:]
}

// path gives the neighbours of a slot's leaf and of every node above it, from
// the leaf upwards.
func (p Package) path(slot int) [treeDepth]keys.Hash {
	var out [treeDepth]keys.Hash
	leaves, place := p.leaves(), 0
	for height := treeDepth; height > 0; height-- {
		left, right := halves(leaves, height, place)
		if place *= 2; slot>>(height-1)&1 == 0 {
			leaves, out[height-1] = left, p.node(right, height-1, place+1)
		} else {
			leaves, out[height-1] = right, p.node(left, height-1, place)
			place++
		}
	}
	return out
}

// sum hashes label and parts, each preceded by its length, so that no two
// different lists give the same bytes.
func sum(label string, parts ...[]byte) keys.Hash {
	return sha256.Sum256(keys.Frame(append([][]byte{[]byte(label)}, parts...)...))
}
