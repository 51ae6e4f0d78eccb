package line

// Directions of a line. They are part of every chain and of every cell's
// associated data, so a cell reflected to its sender opens nothing.
const (
	fromInviter byte = 1
	fromJoiner  byte = 2
)

// A chain gives the tag and key of one direction of one epoch at one tick, and
// moves forward only: from Key the keys of earlier ticks cannot be had. An
// unused chain (On false) is stepped all the same.
type chain struct {
	Key [32]byte `cbor:"1,keyasint"`
	Pos uint64   `cbor:"2,keyasint"` // the tick that Key stands at
	On  bool     `cbor:"3,keyasint"`
}

// newChain starts the chain of one direction over one relay at tick base.
func newChain(seed [32]byte, relay [32]byte, dir byte, base uint64) chain {
	return chain{Key: mac(&seed, "chain", relay[:], []byte{dir}), Pos: base, On: true}
}

// walk does n chain steps, real ones as long as the chain is on and behind
// limit, and the same work in vain for the rest.
func (c *chain) walk(n, limit uint64, w *Work) {
	var idle [32]byte
	for range n {
		if c.On && c.Pos < limit {
			c.Key = mac(&c.Key, "advance")
			c.Pos++
		} else {
			idle = mac(&idle, "advance")
		}
	}
	w.Chains += int(n)
}

// tickKeys gives the tag and the tick key where the chain stands.
func (c *chain) tickKeys(w *Work) (tag [TagSize]byte, key [32]byte) {
	key = mac(&c.Key, "tick")
	t := mac(&key, "tag")
	w.Derives++
	return [TagSize]byte(t[:TagSize]), key
}

// ready reports whether the chain can speak for tick t.
func (c *chain) ready(t uint64) bool { return c.On && c.Pos == t }

// epochKeys mixes a fresh secret into the root and gives the next root and the
// seed of the epoch's chains. The seed is not kept: who has it has every key
// of the epoch. From the next root alone no chain of this epoch follows.
func epochKeys(root [32]byte, fresh []byte, ctx [32]byte) (next, seed [32]byte) {
	out := expand(extract(root, fresh), "epoch keys", ctx, 64)
	return [32]byte(out[:32]), [32]byte(out[32:])
}
