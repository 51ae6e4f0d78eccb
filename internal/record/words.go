package record

import (
	"encoding/binary"
	"slices"
)

// words keeps one copy of each name, and of each list of names, that a record
// has met: there are few of them, and they stand in every entry. It only saves
// memory.
type words struct {
	one  map[string]string
	many map[string][]Name
}

// maxWords bounds what is kept: somebody at the other end of a line can make
// up names without end.
const maxWords = 1 << 14

func (w *words) word(b []byte) string {
	s, ok := w.one[string(b)]
	if !ok {
		s = w.keep(string(b))
	}
	return s
}

func (w *words) keep(s string) string {
	if w.one == nil {
		w.one = map[string]string{}
	}
	if len(w.one) < maxWords {
		w.one[s] = s
	}
	return s
}

// name gives the one copy of n.
func name[T ~string](w *words, n *T) {
	if *n == "" {
		return
	}
	s, ok := w.one[string(*n)]
	if !ok {
		s = w.keep(string(*n))
	}
	*n = T(s)
}

// list gives the one copy of l. It has no room behind it, so nobody can write
// into it by appending.
func (w *words) list(l []Name) []Name {
	if len(l) == 0 {
		return l
	}
	var buf [256]byte
	key := buf[:0]
	for _, n := range l {
		key = append(binary.AppendUvarint(key, uint64(len(n))), n...)
	}
	if same, ok := w.many[string(key)]; ok {
		return same
	}
	own := make([]Name, len(l))
	for i, n := range l {
		name(w, &n)
		own[i] = n
	}
	if w.many == nil {
		w.many = map[string][]Name{}
	}
	if len(w.many) < maxWords {
		w.many[string(key)] = own
	}
	return slices.Clip(own)
}

// item makes it share its names with those of the record.
func (w *words) item(it *Item) {
	name(w, &it.By)
	name(w, &it.SaidBy)
	name(w, &it.HeardFrom)
	name(w, &it.Came.over)
	name(w, &it.Said.Zone)
	it.Audience = w.list(it.Audience)
	switch b := it.Body.(type) {
	case Message:
		name(w, &b.From)
		name(w, &b.To)
		name(w, &b.Form)
		name(w, &b.Fidelity)
		name(w, &b.Attribution)
		name(w, &b.SpeechAct)
		name(w, &b.Lang)
		name(w, &b.SourceLang)
		name(w, &b.Translator)
		b.Via = w.list(b.Via)
		it.Body = b
	case Conveyance:
		name(w, &b.To)
		name(w, &b.Step)
		name(w, &b.Fidelity)
		name(w, &b.Form)
		it.Body = b
	}
}
