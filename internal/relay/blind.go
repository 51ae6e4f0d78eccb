package relay

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha3"
	"encoding/binary"
	"math/big"
	"sync"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"backchannel/internal/fault"
)

// A cohort's members get tickets for those whom they invite. The relay signs
// them without seeing them (RFC 9474, RSABSSA-SHA384-PSS-Randomized), the same
// number for every member, so that a ticket that is used says nothing of whom
// it came from. One key signs for one ticket epoch; it is derived from the
// relay's identity key, so that nothing of it is stored and every front end of
// a relay has the same one.

const (
	// TicketKeySize is the length of a ticket key's modulus. [RELAY-28]
	TicketKeySize = 256

	blindLabel    = "backchannel/relay/blind-ticket/v1"
	keyIDLabel    = "backchannel/relay/ticket-key-id/v1"
	keySeedLabel  = "backchannel/relay/ticket-key/v1"
	batchLabel    = "backchannel/relay/batch/v1"
	ticketKeyExp  = 65537
	blindVariant  = blindrsa.SHA384PSSRandomized
	ticketKeyHalf = TicketKeySize / 2
)

// KeyID names a ticket key within a ticket.
type KeyID [8]byte

// TicketKey is the key that signs a cohort's tickets in one epoch, as a
// charter shows it.
type TicketKey struct {
	Epoch   uint64
	modulus []byte
}

// ID names the key.
func (k TicketKey) ID() KeyID { return keyID(k.modulus) }

func keyID(modulus []byte) KeyID {
	h := labelled(keyIDLabel, modulus)
	return KeyID(h[:])
}

func (k TicketKey) public() *rsa.PublicKey { return publicOf(k.modulus) }

func publicOf(modulus []byte) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: ticketKeyExp}
}

// checkModulus refuses what is no modulus of 2,048 bits. [RELAY-28]
func checkModulus(m []byte) error {
	if len(m) != TicketKeySize || m[0]&0x80 == 0 || m[len(m)-1]&1 == 0 {
		return fault.New(fault.Malformed, "relay.ticket-key", "", "a ticket key that is no key of 2,048 bits")
	}
	return nil
}

// TicketKey gives the key that signs tickets while the charter is in force;
// false when the cohort has none.
func (v Verified) TicketKey() (TicketKey, bool) {
	c := v.charter
	if c.Timetable.Tickets == 0 {
		return TicketKey{}, false
	}
	return TicketKey{Epoch: c.Timetable.TicketEpoch(c.Roster.FromTick), modulus: c.TicketKey}, true
}

// prepared is what is signed of a ticket: its secret is the random prefix that
// RFC 9474 asks for.
func prepared(secret [32]byte, key KeyID) []byte {
	return append(append(bytes.Clone(secret[:]), blindLabel+"\x00"...), key[:]...)
}

// verifyBlind checks a ticket's signature. [RELAY-24]
func (t Ticket) verifyBlind(k TicketKey) bool {
	v, err := blindrsa.NewVerifier(blindVariant, k.public())
	return err == nil && t.key == k.ID() && v.Verify(prepared(t.secret, t.key), t.sig[:]) == nil
}

// Batch is the tickets that a member asks for in one ticket epoch, blinded.
type Batch struct {
	key     TicketKey
	client  blindrsa.Client
	secrets [][32]byte
	states  []blindrsa.State
	blinded [][]byte
}

// NewBatch makes the batch of an epoch. It follows from the seed, a secret of
// the member's, so that it is the same after a crash: the relay signs one.
func NewBatch(seed [32]byte, key TicketKey, n int) (*Batch, error) {
	if err := checkModulus(key.modulus); err != nil {
		return nil, err
	}
	c, err := blindrsa.NewClient(blindVariant, key.public())
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "relay.batch", "", "cannot blind")
	}
	b := &Batch{key: key, client: c}
	id := key.ID()
	for i := range n {
		r := sha3.NewSHAKE256()
		r.Write([]byte(batchLabel + "\x00"))
		r.Write(seed[:])
		r.Write(id[:])
		r.Write([]byte{byte(i)})
		var secret [32]byte
		r.Read(secret[:])
		blinded, state, err := c.Blind(r, prepared(secret, id))
		if err != nil {
			return nil, fault.Wrap(err, fault.Unauthentic, "relay.batch", "do not use this relay; ask its operator", "the relay's ticket key is no honest key")
		}
		b.secrets, b.states, b.blinded = append(b.secrets, secret), append(b.states, state), append(b.blinded, blinded)
	}
	return b, nil
}

// Errand gives what asks the relay to sign the batch.
func (b *Batch) Errand() Errand { return Errand{Epoch: b.key.Epoch + 1, Batch: b.blinded} }

// Finish makes tickets of the relay's answer. [RELAY-28]
func (b *Batch) Finish(r Receipt) ([]Ticket, error) {
	if r.Status != ReceiptSigned || len(r.Signed) != len(b.states) {
		return nil, fault.New(fault.Refused, "relay.batch-refused", "wait for the next tickets", "the relay has not signed this desk's tickets")
	}
	var out []Ticket
	for i, s := range b.states {
		sig, err := b.client.Finalize(s, r.Signed[i])
		if err != nil {
			return nil, fault.Wrap(err, fault.Unauthentic, "relay.batch-signature", "do not use this relay; ask its operator", "the relay signs tickets with another key than it shows")
		}
		out = append(out, Ticket{secret: b.secrets[i], key: b.key.ID(), sig: [TicketKeySize]byte(sig)})
	}
	return out, nil
}

// ticketKeys makes the ticket keys of a relay, and keeps them.
type ticketKeys struct {
	seed []byte
	give func(cohort string, epoch uint64) *rsa.PrivateKey // for tests; nil: derive

	mu   sync.Mutex // guards made, and is held while a key is made
	made map[ticketKeyName]*rsa.PrivateKey
}

type ticketKeyName struct {
	cohort string
	epoch  uint64
}

// of gives a key. It takes a fraction of a second the first time.
func (k *ticketKeys) of(cohort string, epoch uint64) *rsa.PrivateKey {
	if k.give != nil {
		return k.give(cohort, epoch)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	name := ticketKeyName{cohort, epoch}
	if k.made[name] == nil {
		if k.made == nil {
			k.made = map[ticketKeyName]*rsa.PrivateKey{}
		}
		for n := range k.made {
			if n.cohort == cohort && n.epoch+2 < epoch {
				delete(k.made, n)
			}
		}
		k.made[name] = deriveTicketKey(k.seed, cohort, epoch)
	}
	return k.made[name]
}

// deriveTicketKey makes an RSA key from a seed: the first two fitting primes of
// a stream that follows from it.
func deriveTicketKey(seed []byte, cohort string, epoch uint64) *rsa.PrivateKey {
	r := sha3.NewSHAKE256()
	r.Write([]byte(keySeedLabel + "\x00" + cohort + "\x00"))
	r.Write(binary.BigEndian.AppendUint64(nil, epoch))
	r.Write(seed)
	one, e := big.NewInt(1), big.NewInt(ticketKeyExp)
	prime := func() (p, less *big.Int) {
		var b [ticketKeyHalf]byte
		for {
			r.Read(b[:])
			b[0] |= 0xc0 // so that the product has all its bits
			b[len(b)-1] |= 1
			p = new(big.Int).SetBytes(b[:])
			less = new(big.Int).Sub(p, one)
			if new(big.Int).Mod(less, e).Sign() != 0 && p.ProbablyPrime(20) {
				return p, less
			}
		}
	}
	for {
		p, p1 := prime()
		q, q1 := prime()
		key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: ticketKeyExp}, Primes: []*big.Int{p, q}}
		key.D = new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1))
		if key.Validate() == nil { // always, but for p = q
			key.Precompute()
			return key
		}
	}
}

// signedCache keeps what was signed last, since a desk asks again at every
// join tick with the same bytes.
type signedCache struct {
	mu  sync.Mutex // guards what follows; not held while signing
	got map[Hash]Receipt
	old map[Hash]Receipt
}

// maxSigned is how many receipts each half of the cache holds.
const maxSigned = 1024

func (c *signedCache) of(h Hash, sign func() (Receipt, bool)) Receipt {
	c.mu.Lock()
	r, ok := c.got[h]
	if !ok {
		r, ok = c.old[h]
	}
	c.mu.Unlock()
	if !ok {
		if r, ok = sign(); !ok {
			return r
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got == nil || len(c.got) >= maxSigned {
		c.got, c.old = map[Hash]Receipt{}, c.got
	}
	c.got[h] = r
	return r
}
