package exchange

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// tagLen is how much of an id says to which import it belongs.
const tagLen = 4

// ids gives the ids of one import. An id comes from the label, the keeper and
// what the file says, and from which of several equal messages it is, so it
// does not change when the export begins earlier or grows. Nobody is sent
// these ids: an imported entry has no audience, and what is carried is an
// entry of its own.
type ids struct {
	label  string
	keeper string
	seen   map[[32]byte]int
}

func newIDs(label, keeper record.Name) *ids {
	return &ids{string(label), string(keeper), map[[32]byte]int{}}
}

func (s *ids) of(what ...string) keys.ID {
	h := sha256.Sum256(wire.MustEncode(append([]string{"backchannel import 1", s.label, s.keeper}, valid(what)...)))
	s.seen[h]++
	h = sha256.Sum256(wire.MustEncode([]any{h[:], s.seen[h]}))
	id := keys.ID(h[:16])
	copy(id[:tagLen], importTag(s.label, s.keeper))
	return id
}

// valid replaces what is not UTF-8, which has no encoding.
func valid(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToValidUTF8(s, "\ufffd")
	}
	return out
}

func importTag(label, keeper string) []byte {
	h := sha256.Sum256(wire.MustEncode([]string{"backchannel import tag 1", label, keeper}))
	return h[:tagLen]
}

// undoOf gives the id of the correction that takes back the entry id.
func undoOf(id keys.ID) keys.ID {
	h := sha256.Sum256(append([]byte("backchannel import undo 1 "), id[:]...))
	return keys.ID(h[:16])
}

// importNote is what the evidence of an imported entry says.
func importNote(what string, label record.Name, n int) string {
	return fmt.Sprintf("%s, import %s, line %d", what, label, n)
}

// imported reports whether the keeper's entry came by the import of that
// label: by its id and by what its evidence says.
func imported(e record.Entry, label, keeper record.Name) bool {
	if e.By != keeper || string(e.ID[:tagLen]) != string(importTag(string(label), string(keeper))) {
		return false
	}
	for _, v := range e.Evidence {
		if strings.Contains(v.Note, ", import "+string(label)+", line ") {
			return true
		}
	}
	return false
}
