package line

import (
	"crypto/subtle"
	"encoding/binary"
)

// Frame is one frame received whole.
type Frame struct {
	Line   uint32
	Class  Class
	Number uint64
	Bytes  []byte
}

// Mark is how far one class of one line is assembled. It is stored with the
// frames that it stands behind, in one transaction: this is what makes
// delivery exactly once.
type Mark struct {
	Line  uint32 `cbor:"1,keyasint"`
	Class Class  `cbor:"2,keyasint"`
	Run   uint32 `cbor:"3,keyasint"`
	Next  uint32 `cbor:"4,keyasint"` // segments of Run below this are done with
	Last  uint64 `cbor:"5,keyasint"` // number of the last frame given out
}

// Assembler puts frames together from ring rows. Adding a row twice, or rows
// in any order, gives the same frames in the same order, each once. It is not
// part of a Deck: the driver feeds it when it has time.
//
// A row may be dropped once a Mark with the same run and a Next above its
// number, or with a later run, is stored. Until then it is kept outside of the
// ring, and added again after a restart, after Restore.
type Assembler struct {
	streams map[streamID]*assembly
}

type streamID struct {
	line  uint32
	class Class
}

type assembly struct {
	mark    Mark
	at      uint32            // next segment to read; mark.Next is where its frame began
	waiting map[uint32][]byte // segments ahead of at, at most Window
	first   map[uint32]bool
	skip    bool // reading past a frame that makes no sense
	number  uint64
	length  int
	check   []byte
	buf     []byte
}

// NewAssembler gives an empty one.
func NewAssembler() *Assembler { return &Assembler{streams: map[streamID]*assembly{}} }

// Restore sets where a stream stands, from its stored mark.
func (a *Assembler) Restore(m Mark) {
	a.streams[streamID{m.Line, m.Class}] = fresh(m)
}

// Forget drops a removed line.
func (a *Assembler) Forget(line uint32) {
	for c := range Class(Classes) {
		delete(a.streams, streamID{line, c})
	}
}

func fresh(m Mark) *assembly {
	return &assembly{mark: m, at: m.Next, waiting: map[uint32][]byte{}, first: map[uint32]bool{}, skip: true}
}

// Add takes one row. It gives the frames that are now whole, in order, where
// the stream stands after them, and the number of frames that did not verify
// and were left out (which only a broken peer or a vault set back can cause).
func (a *Assembler) Add(r Row) (frames []Frame, mark Mark, bad int) {
	if !r.Real {
		return nil, Mark{}, 0
	}
	id := streamID{r.Line, r.Class}
	s := a.streams[id]
	if s == nil {
		s = fresh(Mark{Line: r.Line, Class: r.Class, Run: r.Run})
		a.streams[id] = s
	}
	if r.Run > s.mark.Run {
		s = fresh(Mark{Line: r.Line, Class: r.Class, Run: r.Run, Last: s.mark.Last})
		a.streams[id] = s
	}
	if r.Run < s.mark.Run || r.Number < s.at || r.Number-s.at > Window {
		return nil, s.mark, 0
	}
	s.waiting[r.Number] = append([]byte(nil), r.Bytes...)
	s.first[r.Number] = r.First
	for {
		b, ok := s.waiting[s.at]
		if !ok {
			return frames, s.mark, bad
		}
		first := s.first[s.at]
		delete(s.waiting, s.at)
		delete(s.first, s.at)
		f, whole, wrong := s.read(b, first)
		bad += wrong
		s.at++
		if whole || s.skip {
			s.mark.Next = s.at
		}
		if whole && f.Number > s.mark.Last {
			s.mark.Last = f.Number
			frames = append(frames, f)
		}
	}
}

// read takes the next segment in order.
func (s *assembly) read(b []byte, first bool) (f Frame, whole bool, wrong int) {
	if first {
		if !s.skip {
			wrong++ // the frame before has no end
		}
		s.skip = true
		if len(b) < frameHead || binary.BigEndian.Uint32(b[8:]) > MaxFrame {
			return f, false, wrong + 1
		}
		s.skip = false
		s.mark.Next = s.at
		s.number = binary.BigEndian.Uint64(b)
		s.length = int(binary.BigEndian.Uint32(b[8:]))
		s.check = append([]byte(nil), b[12:frameHead]...)
		s.buf = nil
		b = b[frameHead:]
	}
	if s.skip {
		return f, false, wrong
	}
	if len(s.buf)+len(b) > s.length {
		s.skip, s.buf = true, nil
		return f, false, wrong + 1
	}
	s.buf = append(s.buf, b...)
	if len(s.buf) < s.length {
		return f, false, wrong
	}
	want := newFrame(s.number, s.buf).check
	f = Frame{Line: s.mark.Line, Class: s.mark.Class, Number: s.number, Bytes: s.buf}
	s.skip, s.buf = true, nil
	if subtle.ConstantTimeCompare(want[:], s.check) != 1 {
		return f, false, wrong + 1
	}
	return f, true, wrong
}
