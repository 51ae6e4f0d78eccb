package relay

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"backchannel/internal/fault"
)

// TestRelay24_RFC9474 runs the RFC's own vector for the variant that tickets
// use (appendix A.1), through the library that makes them.
func TestRelay24_RFC9474(t *testing.T) {
	raw, err := os.ReadFile("testdata/rfc9474.json")
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if v["name"] != blindVariant.String() {
		t.Fatalf("the vector is for %v, tickets are %v", v["name"], blindVariant)
	}
	b := func(name string) []byte {
		s := strings.TrimPrefix(v[name].(string), "0x")
		if len(s)%2 != 0 {
			s = "0" + s
		}
		out, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	n := func(name string) *big.Int { return new(big.Int).SetBytes(b(name)) }
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n("n"), E: int(n("e").Int64())}, D: n("d"), Primes: []*big.Int{n("p"), n("q")}}
	c, err := blindrsa.NewClient(blindVariant, &key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	input, err := c.Prepare(bytes.NewReader(b("msg_prefix")), b("msg"))
	if err != nil || !bytes.Equal(input, b("input_msg")) {
		t.Fatalf("prepared %x, %v", input, err)
	}
	r := new(big.Int).ModInverse(n("inv"), key.N).FillBytes(make([]byte, len(b("n"))))
	blinded, state, err := c.Blind(bytes.NewReader(append(b("salt"), r...)), input)
	if err != nil || !bytes.Equal(blinded, b("blinded_msg")) {
		t.Fatalf("blinded %x, %v", blinded, err)
	}
	signed, err := blindrsa.NewSigner(key).BlindSign(blinded)
	if err != nil || !bytes.Equal(signed, b("blind_sig")) {
		t.Fatalf("signed %x, %v", signed, err)
	}
	sig, err := c.Finalize(state, signed)
	if err != nil || !bytes.Equal(sig, b("sig")) {
		t.Fatalf("finalized %x, %v", sig, err)
	}
	if err := c.Verify(input, sig); err != nil {
		t.Fatal(err)
	}
	sig[5] ^= 1
	if c.Verify(input, sig) == nil {
		t.Fatal("an altered signature verifies")
	}
}

func TestRelay28_TicketKeysFollowFromTheSeed(t *testing.T) {
	again := &ticketKeys{seed: bytes.Clone(vectorKeys.seed)}
	k := again.of("vector", 0)
	if k.N.Cmp(vectorKeys.of("vector", 0).N) != 0 {
		t.Error("another key from the same seed")
	}
	if k.N.BitLen() != 8*TicketKeySize || k.E != ticketKeyExp || k.Validate() != nil {
		t.Errorf("not a key of 2,048 bits: %d, %v", k.N.BitLen(), k.Validate())
	}
	if k.N.Cmp(vectorKeys.of("vector", 1).N) == 0 {
		t.Error("two ticket epochs have one key")
	}
}

func TestRelay28_OnlyTheCharterKeySigns(t *testing.T) {
	key := TicketKey{modulus: vectorModulus(0)}
	b, err := NewBatch([32]byte{1}, key, 2)
	if err != nil {
		t.Fatal(err)
	}
	same, _ := NewBatch([32]byte{1}, key, 2)
	other, _ := NewBatch([32]byte{2}, key, 2)
	e := b.Errand()
	if !slices.EqualFunc(e.Batch, same.Errand().Batch, bytes.Equal) {
		t.Error("the batch of a seed changes: a desk that crashed would get none")
	}
	if bytes.Equal(e.Batch[0], e.Batch[1]) || bytes.Equal(e.Batch[0], other.Errand().Batch[0]) {
		t.Error("two tickets are blinded alike")
	}
	wrong, _ := sign(blindrsa.NewSigner(vectorKeys.of("vector", 1)), e.Batch)
	if _, err := b.Finish(wrong); !fault.Is(err, fault.Unauthentic) {
		t.Errorf("signed with another key: %v", err)
	}
	if _, err := b.Finish(Receipt{Status: ReceiptRefused}); !fault.Is(err, fault.Refused) {
		t.Errorf("refused: %v", err)
	}
	good, _ := sign(blindrsa.NewSigner(vectorKeys.of("vector", 0)), e.Batch)
	ts, err := b.Finish(good)
	if err != nil || len(ts) != 2 || !ts[0].verifyBlind(key) || ts[0].verifyBlind(TicketKey{modulus: vectorModulus(1)}) {
		t.Errorf("%v %v", ts, err)
	}
	// What the relay saw is not in the ticket.
	for _, seen := range slices.Concat(e.Batch, good.Signed) {
		for _, k := range ts {
			if bytes.Equal(k.sig[:], seen) {
				t.Error("the ticket holds what the relay saw")
			}
		}
	}
	if _, err := NewBatch([32]byte{1}, TicketKey{modulus: make([]byte, TicketKeySize)}, 1); !fault.Is(err, fault.Malformed) {
		t.Errorf("a key of zeros: %v", err)
	}
}

// ticketTimetable is testTimetable with tickets: a ticket epoch is two join
// epochs.
func ticketTimetable() Timetable {
	t := testTimetable()
	t.TicketEvery, t.Tickets = 8, 1
	return t
}

func blindItem(i int, epoch uint64) item {
	k, tok := Hash{3, byte(i)}, Hash{4, byte(i)}
	return item{Kind: itemEnrol, Cohort: "c", TimeMS: 2, Ticket: k[:], Token: tok[:], ID: bytes.Repeat([]byte{byte(i + 9)}, 16), Epoch: epoch + 1, Revoke: make([]byte, 32)}
}

func leaveItem(c *cohort, slot int) item {
	id := c.members[slot].ID
	return item{Kind: itemLeave, Cohort: "c", Slot: slot, ID: id[:]}
}

func batchItem(c *cohort, slot int, epoch uint64, tag byte) item {
	id := c.members[slot].ID
	h := Hash{7, tag}
	return item{Kind: itemBatch, Cohort: "c", Slot: slot, ID: id[:], From: epoch + 1, Ticket: h[:]}
}

// closeTo closes ticks one by one.
func (b *bench) closeTo(t *testing.T, tick uint64) {
	t.Helper()
	for c := b.cohorts["c"]; c.open <= tick; {
		b.put(t, closeItem(c.open, c.open))
	}
}

func TestRelay25_SpentUntilTheKeyIsGone(t *testing.T) {
	b := foundedWith(t, ticketTimetable(), 0)
	if o := b.put(t, blindItem(1, 0))[0]; o.refusal != Welcomed || o.slot != 0 {
		t.Fatalf("first use: %+v", o)
	}
	if o := b.put(t, blindItem(1, 0))[0]; o.refusal != Welcomed || o.slot != 0 {
		t.Errorf("the same ticket and token again: %+v", o)
	}
	again := blindItem(1, 0)
	again.Token = bytes.Repeat([]byte{9}, 32)
	if o := b.put(t, again)[0]; o.refusal != TicketSpent {
		t.Errorf("the same ticket, another token: %+v", o)
	}
	b.closeTo(t, 14) // still in ticket epoch 1
	b = newBench(t, b.mem.Reopen())
	c := b.cohorts["c"]
	if o := b.put(t, again)[0]; o.refusal != TicketSpent {
		t.Errorf("in the next ticket epoch, after a restart: %+v", o)
	}
	if o := b.put(t, blindItem(2, 0))[0]; o.refusal != Welcomed {
		t.Errorf("a ticket of the last epoch: %+v", o)
	}
	b.closeTo(t, 15) // ticket epoch 2 begins
	if len(c.spent) != 0 {
		t.Errorf("%d used tickets are kept though their key is gone", len(c.spent))
	}
	if o := b.put(t, again)[0]; o.refusal != TicketExpired {
		t.Errorf("a ticket of the last epoch but one: %+v", o)
	}
}

func TestRelay25_TheListIsBounded(t *testing.T) {
	b := foundedWith(t, ticketTimetable(), 0)
	c := b.cohorts["c"]
	for i := range MaxSpent - 1 {
		c.spent[Hash{9, byte(i), byte(i >> 8)}] = snapSpent{}
	}
	if o := b.put(t, blindItem(1, 0))[0]; o.refusal != Welcomed {
		t.Errorf("at the bound: %+v", o)
	}
	if o := b.put(t, blindItem(2, 0))[0]; o.refusal != CohortFull {
		t.Errorf("above it: %+v", o)
	}
}

func TestRelay27_OneBatchAnEpoch(t *testing.T) {
	b := foundedWith(t, ticketTimetable(), 1)
	c := b.cohorts["c"]
	for _, s := range []struct {
		epoch uint64
		tag   byte
		want  Refusal
	}{{0, 1, Welcomed}, {0, 1, Welcomed}, {0, 2, TicketSpent}, {1, 2, Welcomed}, {0, 1, NotAdmitted}, {1, 1, TicketSpent}} {
		if o := b.put(t, batchItem(c, 0, s.epoch, s.tag))[0]; o.refusal != s.want {
			t.Errorf("epoch %d, batch %d: %v, want %v", s.epoch, s.tag, o.refusal, s.want)
		}
	}
	it := batchItem(c, 0, 1, 2)
	it.ID = bytes.Repeat([]byte{0xee}, 16)
	if o := b.put(t, it)[0]; o.refusal != NotAdmitted {
		t.Errorf("in somebody else's name: %+v", o)
	}
}

func TestRelay30_LeavesTakeEffectAtEpochs(t *testing.T) {
	b := founded(t, 2)
	c := b.cohorts["c"]
	b.closeTo(t, 4)
	o := b.put(t, leaveItem(c, 0))[0]
	if o.refusal != Welcomed || o.tick != 8 {
		t.Fatalf("%+v, want tick 8", o)
	}
	b.closeTo(t, 5)
	r := c.charters.Newest().Charter().Roster
	if r.FromTick != 8 || r.Has(0) || !r.Has(1) || r.Enrolled() != 1 {
		t.Fatalf("got %+v", r)
	}
	if o := b.put(t, leaveItem(c, 0))[0]; o.tick != 8 {
		t.Errorf("asked again: %+v", o)
	}
	b.closeTo(t, 6)
	outs := b.put(t, cellItem(0, 7, 'a'), cellItem(0, 8, 'b'), cellItem(1, 8, 'c'))
	for i, want := range []Verdict{Accepted, NotInForce, Accepted} {
		if outs[i].verdict != want {
			t.Errorf("cell %d: %v, want %v", i, outs[i].verdict, want)
		}
	}
	b.closeTo(t, 8)
	for _, cached := range []bool{true, false} {
		if !cached {
			c.cache = slateCache{}
		}
		got, err := b.slates(context.Background(), "c", 7)
		if err != nil || len(got.Slates) != 2 || !got.Slates[0].Present[0] || got.Slates[1].Present[0] || !got.Slates[1].Present[1] {
			t.Errorf("slates of 7 and 8: %+v %v", got.Slates, err)
		}
	}
}

func TestRelay31_AVacantSlotIsTakenAgain(t *testing.T) {
	b := founded(t, 2)
	c := b.cohorts["c"]
	old := c.members[0].Token
	b.put(t, leaveItem(c, 0))
	b.closeTo(t, 5)
	// Decided, but still in force: the newcomer gets a slot of his own.
	if o := b.put(t, enrolItem(2))[0]; o.slot != 2 {
		t.Fatalf("slot %d", o.slot)
	}
	b.closeTo(t, 8)
	b.put(t, item{Kind: itemTickets, Cohort: "c", TimeMS: 1, ExpiryMS: 1e12, Tickets: []Hash{{1, 3}}})
	if o := b.put(t, enrolItem(3))[0]; o.refusal != Welcomed || o.slot != 0 {
		t.Fatalf("%+v", o)
	}
	if _, there := c.byToken[old]; there {
		t.Error("who has left is still known by his token")
	}
	if b.holds("c", 0, old, 7) || !b.holds("c", 1, c.members[1].Token, 99) {
		t.Error("a slot answers to another token than its member's")
	}
	b.closeTo(t, 12)
	again := newBench(t, b.mem.Reopen())
	for _, x := range []*cohort{c, again.cohorts["c"]} {
		if r := x.charters.Newest().Charter().Roster; r.FromTick != 12 || r.Enrolled() != 3 {
			t.Errorf("%+v", r)
		}
	}
}

// TestRelay30_NotBeforeACellThatStands: when ticks are closed late and
// together, nobody's cell is taken out of a slate again.
func TestRelay30_NotBeforeACellThatStands(t *testing.T) {
	b := founded(t, 1)
	c := b.cohorts["c"]
	b.put(t, leaveItem(c, 0))
	b.put(t, cellItem(0, 21, 'a')) // submitted by a clock that the closes lag behind
	b.put(t, closeItem(2, 20))
	if o := b.put(t, closeItem(21, 21)); o[0].err != nil {
		t.Fatal(o)
	}
	r, err := b.slates(context.Background(), "c", 21)
	if err != nil || len(r.Slates) != 1 || !r.Slates[0].Present[0] {
		t.Fatalf("%+v %v", r, err)
	}
	b.closeTo(t, 30)
	if v := c.charters.Newest().Charter().Roster; v.FromTick <= 21 || v.Has(0) {
		t.Errorf("%+v", v)
	}
}

func TestRelay33_ChartersAreBounded(t *testing.T) {
	b := founded(t, 1)
	c := b.cohorts["c"]
	for i := range MaxCharters + 5 {
		it := item{Kind: itemTickets, Cohort: "c", TimeMS: 1, ExpiryMS: 1e12, Tickets: []Hash{{2, byte(i), byte(i >> 8)}}}
		tok := Hash{5, byte(i), byte(i >> 8)}
		b.put(t, it, item{Kind: itemEnrol, Cohort: "c", TimeMS: 2, Ticket: it.Tickets[0][:], Token: tok[:], ID: append([]byte{8, byte(i), byte(i >> 8)}, make([]byte, 13)...), Revoke: make([]byte, 32)})
		b.closeTo(t, c.open+4)
		b.put(t, leaveItem(c, c.byToken[tok]))
	}
	if c.charters.Len() != MaxCharters {
		t.Fatalf("%d charters", c.charters.Len())
	}
	if oldest := c.charters.all[0].Charter().Roster.FromTick; c.resume(0) < oldest {
		t.Errorf("slates from %d, charters from %d", c.resume(0), oldest)
	}
	again := newBench(t, b.mem.Reopen())
	if again.cohorts["c"].charters.Len() != MaxCharters {
		t.Error("after a restart there are others")
	}
}

func TestRelay29_TheTicketKeyChangesWithTheEpoch(t *testing.T) {
	b := foundedWith(t, ticketTimetable(), 1)
	c := b.cohorts["c"]
	b.closeTo(t, 20)
	seen := map[uint64]string{}
	for _, v := range c.charters.All() {
		k, ok := v.TicketKey()
		if !ok || k.Epoch != c.tt.TicketEpoch(v.Charter().Roster.FromTick) {
			t.Fatalf("charter %d: %+v", v.Charter().Roster.Version, k)
		}
		if m, have := seen[k.Epoch]; have && m != string(k.modulus) {
			t.Errorf("two keys in ticket epoch %d", k.Epoch)
		}
		seen[k.Epoch] = string(k.modulus)
	}
	if len(seen) != 3 {
		t.Errorf("%d ticket epochs had a charter of their own, want 3", len(seen))
	}
}
