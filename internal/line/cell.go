package line

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

// plain is the content of a cell before sealing; spec/cell.md has the layout.
type plain [PlainSize]byte

// The kinds of body.
const (
	bodyNone     = 0
	bodySegment  = 1
	bodyFragment = 2
)

// box is what binds a cell to its place: the tick, the roster in force there,
// the direction.
type box struct {
	tick   uint64
	roster [32]byte
	dir    byte
	tag    [TagSize]byte
	key    [32]byte // tick key
}

// aead gives the cipher and the associated data for one salt.
//
// Why a nonce of zero is safe: the cell key is a function of the tick key and
// a fresh 16-byte salt, and seals one box. A tick key belongs to one tick of
// one direction of one epoch; the sender's highest tick is on disk before the
// cell leaves, so it seals once, and where a restored backup makes it seal
// again, the salt differs. 128 bits of salt make a repeat under one tick key
// improbable for as many seals as anybody could cause.
func (b *box) aead(salt []byte) (cipher.AEAD, []byte) {
	key := mac(&b.key, "cell", salt)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has a 16-byte block
	}
	aad := make([]byte, 0, 96)
	aad = append(aad, prefix+"cell\x00"...)
	aad = append(aad, b.dir)
	aad = binary.BigEndian.AppendUint64(aad, b.tick)
	aad = append(aad, b.tag[:]...)
	aad = append(aad, b.roster[:]...)
	return g, aad
}

// seal makes the cell: tag, salt, box.
func (b *box) seal(p *plain, salt [SaltSize]byte, w *Work) (c [CellSize]byte) {
	g, aad := b.aead(salt[:])
	copy(c[:], b.tag[:])
	copy(c[TagSize:], salt[:])
	var nonce [12]byte
	g.Seal(c[:TagSize+SaltSize], nonce[:], p[:], aad)
	w.Seals++
	return c
}

// open gives the content of a cell of exactly CellSize bytes. That its tag is
// b's is for the caller to know; the box says so again, since the tag is in
// the associated data.
func (b *box) open(c []byte, w *Work) (*plain, bool) {
	g, aad := b.aead(c[TagSize : TagSize+SaltSize])
	var nonce [12]byte
	var p plain
	_, err := g.Open(p[:0], nonce[:], c[TagSize+SaltSize:], aad)
	w.Opens++
	return &p, err == nil
}

// head is the fixed part of a plaintext.
type head struct {
	Kind   byte
	Run    uint32 // the sender's run of numbers
	AckRun uint32 // the run that Acks are about
	Acks   [Classes]ack
}

// ack says what a desk has stored of one class: every number below Next, and
// Next+1+i where bit i of More is set.
type ack struct {
	Next uint32
	More uint64
}

func (h *head) put(p *plain) {
	p[0], p[1] = 1, h.Kind
	binary.BigEndian.PutUint32(p[2:], h.Run)
	binary.BigEndian.PutUint32(p[6:], h.AckRun)
	for i, a := range h.Acks {
		binary.BigEndian.PutUint32(p[10+12*i:], a.Next)
		binary.BigEndian.PutUint64(p[14+12*i:], a.More)
	}
}

// parse reads a plaintext. It refuses what no desk of version 1 writes: the
// peer is authentic, but its program may be broken or hostile.
func (p *plain) parse() (h head, body []byte, ok bool) {
	h.Kind = p[1]
	h.Run = binary.BigEndian.Uint32(p[2:])
	h.AckRun = binary.BigEndian.Uint32(p[6:])
	for i := range h.Acks {
		h.Acks[i] = ack{binary.BigEndian.Uint32(p[10+12*i:]), binary.BigEndian.Uint64(p[14+12*i:])}
	}
	body = p[headSize:]
	if p[0] != 1 || h.Kind > bodyFragment || !zero(p[58:headSize]) {
		return h, nil, false
	}
	if h.Kind == bodyNone && !zero(body) {
		return h, nil, false
	}
	return h, body, true
}

// segment is a piece of a frame.
type segment struct {
	Class  Class
	First  bool
	Number uint32
	Bytes  []byte
}

func (s *segment) put(p *plain) {
	b := p[headSize:]
	b[0] = byte(s.Class)
	if s.First {
		b[1] = 1
	}
	binary.BigEndian.PutUint32(b[2:], s.Number)
	binary.BigEndian.PutUint16(b[6:], uint16(len(s.Bytes)))
	copy(b[segmentHead:], s.Bytes)
}

func parseSegment(b []byte) (s segment, ok bool) {
	n := int(binary.BigEndian.Uint16(b[6:]))
	s = segment{Class: Class(b[0]), First: b[1] == 1, Number: binary.BigEndian.Uint32(b[2:])}
	if b[0] >= Classes || b[1] > 1 || n == 0 || n > SegmentSize || !zero(b[segmentHead+n:]) {
		return s, false
	}
	s.Bytes = b[segmentHead : segmentHead+n]
	return s, true
}

// fragment is a piece of a message of the handshake or of an epoch. All but
// the last have fragmentSize bytes.
type fragment struct {
	Message byte
	Index   byte
	Count   byte
	Epoch   uint32
	ID      uint32 // start of the message's hash: pieces of two messages never mix
	Bytes   []byte
}

func (f *fragment) put(p *plain) {
	b := p[headSize:]
	b[0], b[1], b[2] = f.Message, f.Index, f.Count
	binary.BigEndian.PutUint32(b[4:], f.Epoch)
	binary.BigEndian.PutUint32(b[8:], f.ID)
	binary.BigEndian.PutUint16(b[12:], uint16(len(f.Bytes)))
	copy(b[fragmentHead:], f.Bytes)
}

func parseFragment(b []byte) (f fragment, ok bool) {
	n := int(binary.BigEndian.Uint16(b[12:]))
	f = fragment{Message: b[0], Index: b[1], Count: b[2], Epoch: binary.BigEndian.Uint32(b[4:]), ID: binary.BigEndian.Uint32(b[8:])}
	size := messageSize(f.Message)
	if size == 0 || b[3] != 0 {
		return f, false
	}
	count := (size + fragmentSize - 1) / fragmentSize
	want := min(fragmentSize, size-int(f.Index)*fragmentSize)
	if int(f.Count) != count || int(f.Index) >= count || n != want || !zero(b[fragmentHead+n:]) {
		return f, false
	}
	f.Bytes = b[fragmentHead : fragmentHead+n]
	return f, true
}

func zero(b []byte) bool {
	var v byte
	for _, x := range b {
		v |= x
	}
	return v == 0
}
