package line

import (
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// state is what of a Deck is stored. The numbers are those of version 1, which
// was CBOR and is still read; what came later has none.
type state struct {
	Version uint8                `cbor:"1,keyasint"`
	Relay   [32]byte             `cbor:"2,keyasint"`
	Tick    uint64               `cbor:"3,keyasint"`
	Cursor  uint64               `cbor:"4,keyasint"`
	Batch   uint64               `cbor:"5,keyasint"`
	Lines   uint32               `cbor:"6,keyasint"`
	Dummy   dummy                `cbor:"7,keyasint"`
	Filler  chain                `cbor:"8,keyasint"`
	Used    [usedInvites][8]byte `cbor:"9,keyasint"`
	Slots   [Slots]slot          `cbor:"10,keyasint"`
	Gaps    [2]gap               `cbor:"-"`
}

// gap is a run of ticks that the desk passed over: above From, below To.
type gap struct{ From, To uint64 }

const stateVersion = 2

// coder writes the fields of a state one behind the other, or reads them from
// there: one list of fields serves both. Every field has a fixed length and
// place, so the state is as long, and as much work, whatever is in it.
type coder struct {
	b   []byte
	at  int
	put bool
	bad bool // a byte that no desk writes
}

func (c *coder) next(n int) []byte {
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *coder) u8(v *uint8) {
	if b := c.next(1); c.put {
		b[0] = *v
	} else {
		*v = b[0]
	}
}

func (c *coder) bool(v *bool) {
	n := bit(*v)
	c.u8(&n)
	c.bad = c.bad || n > 1
	*v = n == 1
}

func (c *coder) u32(v *uint32) {
	if b := c.next(4); c.put {
		binary.BigEndian.PutUint32(b, *v)
	} else {
		*v = binary.BigEndian.Uint32(b)
	}
}

func (c *coder) u64(v *uint64) {
	if b := c.next(8); c.put {
		binary.BigEndian.PutUint64(b, *v)
	} else {
		*v = binary.BigEndian.Uint64(b)
	}
}

func (c *coder) bytes(v []byte) {
	if b := c.next(len(v)); c.put {
		copy(b, v)
	} else {
		copy(v, b)
	}
}

func (c *coder) chain(v *chain) {
	c.bytes(v.Key[:])
	c.u64(&v.Pos)
	c.bool(&v.On)
}

func (st *state) code(c *coder) {
	c.u8(&st.Version)
	c.bytes(st.Relay[:])
	c.u64(&st.Tick)
	c.u64(&st.Cursor)
	c.u64(&st.Batch)
	c.u32(&st.Lines)
	c.bytes(st.Dummy.Seed[:])
	c.bytes(st.Dummy.Ek[:])
	c.bytes(st.Dummy.Ct[:])
	c.chain(&st.Filler)
	for i := range st.Used {
		c.bytes(st.Used[i][:])
	}
	for i := range st.Slots {
		st.Slots[i].code(c)
	}
	for i := range st.Gaps {
		c.u64(&st.Gaps[i].From)
		c.u64(&st.Gaps[i].To)
	}
}

func (s *slot) code(c *coder) {
	c.u32(&s.Line)
	c.u8((*uint8)(&s.Phase))
	c.u8((*uint8)(&s.Reason))
	c.bool(&s.Inviter)
	c.u64(&s.Made)
	c.u64(&s.Expires)
	c.u64(&s.Heard)
	c.u64(&s.Served)
	s.codeEpochs(c)
	s.codeMessages(c)
	c.u32(&s.Run)
	c.u32(&s.PeerRun)
	for i := range s.Out {
		o := &s.Out[i]
		c.u32(&o.Next)
		c.u32(&o.Cum)
		c.u64(&o.More)
		c.u32(&o.Head)
		c.u64(&o.Done)
		c.bytes(o.Sent[:])
	}
	for i := range s.In {
		c.u32(&s.In[i].Next)
		c.u64(&s.In[i].More)
	}
	c.u64(&s.Owed)
	c.u32(&s.Replaces)
	s.Aid.code(c)
	c.u32(&s.Renews)
	c.u64(&s.Again)
}

func (s *slot) codeEpochs(c *coder) {
	c.u32(&s.Epoch)
	c.u32(&s.NextEpoch)
	c.bytes(s.Root[:])
	c.bytes(s.RootNext[:])
	for _, ch := range []*chain{&s.Send, &s.SendNext, &s.Recv, &s.RecvNext, &s.Old} {
		c.chain(ch)
	}
	c.bool(&s.Lead)
	c.u64(&s.Since)
	c.bytes(s.Seed[:])
	c.bool(&s.Asked)
	c.u64(&s.AskedAt)
	c.bytes(s.EkHash[:])
}

func (s *slot) codeMessages(c *coder) {
	c.u8(&s.OutKind)
	c.u8(&s.OutNext)
	c.u32(&s.OutID)
	c.u32(&s.OutEpoch)
	c.u64(&s.OutAt)
	c.u8(&s.InKind)
	c.u8(&s.InHave)
	c.u32(&s.InID)
	c.u64(&s.InTick)
	c.bool(&s.InFull)
	c.bytes(s.Arena[:])
	c.u8(&s.Stage)
	c.bytes(s.T.CK[:])
	c.bytes(s.T.TH[:])
	for i := range s.Seeds {
		c.bytes(s.Seeds[i][:])
	}
	c.bytes(s.KeyHash[:])
	c.u32(&s.HelloID)
	c.u32(&s.AnswerID)
	c.bytes(s.SAS[:])
}

func (d *Deck) stored() state {
	return state{stateVersion, d.relay, d.tick, d.cursor, d.batch, d.lines, d.dummy, d.filler, d.used, d.slots, d.gaps}
}

// State gives what must be stored: StateSize bytes, whatever is in it.
func (d *Deck) State() []byte {
	c := coder{b: make([]byte, StateSize), put: true}
	st := d.stored()
	st.code(&c)
	return c.b
}

// decodeState reads a stored state.
func decodeState(b []byte) (*state, error) {
	if len(b) != StateSize {
		return nil, fault.New(fault.Corrupt, "line.state", "restore the vault from a backup", "a line state of %d bytes", len(b))
	}
	st := &state{}
	if b[0] == 0 { // version 1 begins with its length
		n := int(binary.BigEndian.Uint32(b))
		if n > StateSize-4 {
			return nil, fault.New(fault.Corrupt, "line.state", "restore the vault from a backup", "the line state does not decode")
		}
		if err := wire.DecodeOwn(b[4:4+n], st); err != nil {
			return nil, err
		}
		if st.Version != 1 {
			return nil, fault.New(fault.Corrupt, "line.state", "restore the vault from a backup", "the line state does not decode")
		}
		return st, nil
	}
	if b[0] != stateVersion {
		return nil, fault.New(fault.Corrupt, "line.state-version", "use the program that wrote this vault, or a later one",
			"line state of version %d", b[0])
	}
	c := coder{b: b}
	st.code(&c)
	if c.bad || !zero(b[c.at:]) {
		return nil, fault.New(fault.Corrupt, "line.state", "restore the vault from a backup", "the line state does not decode")
	}
	return st, nil
}
