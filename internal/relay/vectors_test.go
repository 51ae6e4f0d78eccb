package relay

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

var update = flag.Bool("update", false, "write spec/vectors/relay anew")

const vectorDir = "../../spec/vectors/relay"

// vector is one file: one input, one expected outcome, one reason.
type vector struct {
	Name   string `json:"-"`
	What   string `json:"what"`   // address, ticket, revocation, hello, welcome, errand, receipt, charter, request, reply, bundle, charters
	Expect string `json:"expect"` // ok, or a kind of fault
	Rule   string `json:"rule,omitempty"`
	Note   string `json:"note"`
	Text   string `json:"text,omitempty"` // the input, as text
	Hex    string `json:"hex,omitempty"`  // the input, as bytes
	// What follows from an input that is ok, or is needed to read it.
	Key   string   `json:"key,omitempty"`   // the relay's public key
	Hash  string   `json:"hash,omitempty"`  // of a charter, ticket
	Chain []string `json:"chain,omitempty"` // charters, in order
	// The key under which a ticket is signed.
	Modulus string `json:"modulus,omitempty"`
}

func vectorTimetable() Timetable {
	t := testTimetable()
	t.Cohort, t.Capacity, t.CatchUp = "vector", 9, 2
	t.TicketEvery, t.Tickets = 8, 1
	return t
}

// vectorKeys are the ticket keys of the vectors.
var vectorKeys = &ticketKeys{seed: bytes.Repeat([]byte{6}, 32)}

func vectorModulus(epoch uint64) []byte {
	return vectorKeys.of("vector", epoch).N.FillBytes(make([]byte, TicketKeySize))
}

func mustSign(c Charter, key ed25519.PrivateKey) Signed {
	s, err := c.Sign(key)
	if err != nil {
		panic(err)
	}
	return s
}

// signAnything signs bytes as if they were a charter's body.
func signAnything(body []byte) Signed {
	out := append([]byte{0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	return append(out, ed25519.Sign(testKey, charterMessage(body))...)
}

func vectorCharter(version uint32, from uint64, members ...byte) Charter {
	r := Roster{Version: version, FromTick: from, Members: []MemberID{}}
	for _, m := range members {
		r.Members = append(r.Members, MemberID(bytes.Repeat([]byte{m}, 16)))
	}
	for i, m := range members {
		if m == 0 {
			r.Members[i] = MemberID{} // vacant
		}
	}
	t := vectorTimetable()
	return Charter{Timetable: t, Roster: r, TicketKey: vectorModulus(t.TicketEpoch(from))}
}

func vectorReply(slates int) Reply {
	t := vectorTimetable()
	r := Reply{Verdict: Accepted, Tick: 12, Time: time.UnixMilli(13500), Head: 12, Resume: 10, Charter: mustSign(vectorCharter(2, 4, 1, 2), testKey)}
	for i := range slates {
		s := Slate{Tick: 10 + uint64(i), Version: 2, Present: make([]bool, t.Capacity), Cells: make([][]byte, t.Capacity)}
		s.Present[1], s.Cells[1] = true, bytes.Repeat([]byte{0xaa, byte(i)}, t.CellSize/2)
		r.Slates = append(r.Slates, s)
	}
	r.Receipt = Receipt{Status: ReceiptSigned, Signed: [][]byte{bytes.Repeat([]byte{0x5a}, TicketKeySize)}}
	return r
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func edit(b []byte, at int, v ...byte) []byte {
	b = slices.Clone(b)
	copy(b[at:], v)
	return b
}

func vectors() []vector {
	var vs []vector
	add := func(name, what, expect, rule, note, hx string) *vector {
		vs = append(vs, vector{Name: name, What: what, Expect: expect, Rule: rule, Note: note, Hex: hx})
		return &vs[len(vs)-1]
	}
	text := func(name, what, expect, rule, note, s string) {
		vs = append(vs, vector{Name: name, What: what, Expect: expect, Rule: rule, Note: note, Text: s})
	}
	pin, _ := PinOf(testKey.Public().(ed25519.PublicKey))
	a := Address{HostPort: "relay.example:7443", Pin: pin}.String()
	text("address-name", "address", "ok", "RELAY-2", "a name and a port", a)
	text("address-ip6", "address", "ok", "RELAY-2", "an IPv6 address in brackets", Address{HostPort: "[2001:db8::1]:443", Pin: pin}.String())
	text("address-scheme", "address", "malformed", "RELAY-2", "another scheme", strings.Replace(a, "backchannel-relay:", "https://", 1))
	text("address-no-pin", "address", "malformed", "RELAY-2", "no pin", a[:strings.Index(a, "#")])
	text("address-short-pin", "address", "malformed", "RELAY-2", "a pin cut short", a[:len(a)-1])
	text("address-port-zero", "address", "malformed", "RELAY-2", "port with leading zero", strings.Replace(a, ":7443", ":07443", 1))
	text("address-upper", "address", "malformed", "RELAY-2", "host in upper case", strings.Replace(a, "relay.example", "Relay.Example", 1))
	text("address-slack-bits", "address", "malformed", "RELAY-2", "unused bits of the pin's last character set", a[:len(a)-1]+string(nextBase64(a[len(a)-1])))
	text("address-newline", "address", "malformed", "RELAY-2", "a line break within", a[:40]+"\n"+a[40:])
	text("address-long", "address", "malformed", "RELAY-2", "301 bytes", strings.Replace(a, "relay.example", strings.Repeat("a", 301-len(a)+len("relay.example")), 1))

	k := Ticket{secret: [32]byte(bytes.Repeat([]byte{9}, 32))}
	vs = append(vs, vector{Name: "ticket", What: "ticket", Expect: "ok", Rule: "RELAY-8", Note: "32 bytes of 09, and the hash that the relay stores",
		Text: k.Text(), Hash: hexOf(func() []byte { h := k.Hash(); return h[:] }())})
	text("ticket-short", "ticket", "malformed", "RELAY-8", "cut short", k.Text()[:46])
	text("ticket-other-prefix", "ticket", "malformed", "RELAY-8", "another prefix", "bct2"+k.Text()[4:])

	tok := Token{secret: [32]byte(bytes.Repeat([]byte{8}, 32))}
	code := Revocation{secret: [32]byte(bytes.Repeat([]byte{5}, 32))}
	vs = append(vs, vector{Name: "revocation", What: "revocation", Expect: "ok", Rule: "RELAY-32", Note: "32 bytes of 05, and the hash that the relay stores",
		Text: code.Text(), Hash: hexOf(func() []byte { h := code.Hash(); return h[:] }())})
	text("revocation-short", "revocation", "malformed", "RELAY-32", "cut short", code.Text()[:46])
	text("revocation-slack", "revocation", "malformed", "RELAY-32", "unused bits set", code.Text()[:46]+string(nextBase64(code.Text()[46])))
	at, en, rv := AttachHello(tok, 3).Encode(), EnrolHello(k, tok, code).Encode(), RevokeHello(code).Encode()
	add("hello-attach", "hello", "ok", "RELAY-7", "a member who holds charter 3", hexOf(at))
	add("hello-enrol", "hello", "ok", "RELAY-7", "an operator's ticket, and the hashes of a token and a revocation code", hexOf(en))
	add("hello-enrol-signed", "hello", "ok", "RELAY-7", "a ticket that a member handed on", hexOf(EnrolHello(vectorTicket(), tok, code).Encode()))
	add("hello-enrol-short", "hello", "malformed", "RELAY-7", "361 bytes", hexOf(en[:361]))
	add("hello-enrol-signature", "hello", "malformed", "RELAY-7", "a signature and no key", hexOf(edit(en, 200, 1)))
	add("hello-revoke", "hello", "ok", "RELAY-7", "a revocation code", hexOf(rv))
	add("hello-revoke-known", "hello", "malformed", "RELAY-7", "a revocation with a known version", hexOf(edit(rv, 69, 1)))
	add("hello-short", "hello", "malformed", "RELAY-7", "69 bytes", hexOf(at[:69]))
	add("hello-long", "hello", "malformed", "RELAY-7", "71 bytes", hexOf(append(slices.Clone(at), 0)))
	add("hello-version", "hello", "malformed", "RELAY-7", "protocol version 2", hexOf(edit(at, 1, 2)))
	add("hello-type", "hello", "malformed", "RELAY-7", "type 3", hexOf(edit(at, 0, 3)))
	add("hello-attach-second", "hello", "malformed", "RELAY-7", "attach with something in the second field", hexOf(edit(at, 40, 1)))

	vs = append(vs, ticketVectors()...)
	vs = append(vs, charterVectors()...)
	vs = append(vs, exchangeVectors()...)
	return vs
}

// vectorTicket is a ticket as a member makes it of the relay's blind signature.
func vectorTicket() Ticket {
	k := TicketKey{Epoch: 0, modulus: vectorModulus(0)}
	b, err := NewBatch([32]byte(bytes.Repeat([]byte{4}, 32)), k, 1)
	if err != nil {
		panic(err)
	}
	r, _ := sign(blindrsa.NewSigner(vectorKeys.of("vector", 0)), b.Errand().Batch)
	ts, err := b.Finish(r)
	if err != nil {
		panic(err)
	}
	return ts[0]
}

func ticketVectors() (vs []vector) {
	k := vectorTicket()
	h := k.Hash()
	add := func(name, expect, note, s, hash string) {
		vs = append(vs, vector{Name: "ticket-" + name, What: "ticket", Expect: expect, Rule: "RELAY-24", Note: note, Text: s, Hash: hash, Modulus: hexOf(vectorModulus(0))})
	}
	add("signed", "ok", "a ticket that a member handed on: key id, secret, signature; its hash, and the key", k.Text(), hexOf(h[:]))
	add("signed-short", "malformed", "cut short", k.Text()[:len(k.Text())-1], "")
	forged := k
	forged.sig[100] ^= 1
	add("signed-forged", "unauthentic", "a bit of the signature changed", forged.Text(), "")
	forged = k
	forged.secret[0] ^= 1
	add("signed-secret", "unauthentic", "a bit of the secret changed", forged.Text(), "")
	return vs
}

// nextBase64 gives the next character of the alphabet: it sets an unused bit.
func nextBase64(c byte) byte {
	const abc = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return abc[strings.IndexByte(abc, c)+1]
}

func charterVectors() (vs []vector) {
	key := hexOf(testKey.Public().(ed25519.PublicKey))
	add := func(name, expect, rule, note string, s Signed, hash string) {
		vs = append(vs, vector{Name: "charter-" + name, What: "charter", Expect: expect, Rule: rule, Note: note, Hex: hexOf(s), Key: key, Hash: hash})
	}
	good := vectorCharter(2, 4, 1, 2)
	s := mustSign(good, testKey)
	v, _ := s.Verify(testKey.Public().(ed25519.PublicKey))
	h := v.Hash()
	add("two-members", "ok", "RELAY-11", "version 2, from tick 4", s, hexOf(h[:]))
	add("signature", "unauthentic", "RELAY-11", "a bit of the signature changed", edit(s, len(s)-1, s[len(s)-1]^1), "")
	add("body", "unauthentic", "RELAY-11", "a bit of the body changed", edit(s, 30, s[30]^1), "")
	add("other-key", "unauthentic", "RELAY-11", "signed by somebody else", mustSign(good, ed25519.NewKeyFromSeed(make([]byte, 32))), "")
	add("cut", "malformed", "RELAY-11", "cut short", s[:len(s)-1], "")
	add("trailing", "malformed", "RELAY-11", "a byte behind", append(slices.Clone(s), 0), "")
	twice := good
	twice.Roster.Members = []MemberID{{1}, {1}}
	add("member-twice", "malformed", "RELAY-11", "a member id stands twice", signAnything(wire.MustEncode(twice)), "")
	many := good
	for i := range 8 {
		many.Roster.Members = append(many.Roster.Members, MemberID{0xf0, byte(i)})
	}
	add("too-many", "malformed", "RELAY-11", "ten members where nine fit", signAnything(wire.MustEncode(many)), "")
	short := bytes.Replace(wire.MustEncode(good), append([]byte{0x50}, bytes.Repeat([]byte{2}, 16)...), append([]byte{0x4f}, bytes.Repeat([]byte{2}, 15)...), 1)
	add("short-id", "malformed", "RELAY-11", "a member id of 15 bytes", signAnything(short), "")
	period := good
	period.Timetable.PeriodMS = 19
	add("period", "malformed", "RELAY-11", "a period of 19 ms", signAnything(wire.MustEncode(period)), "")
	add("not-canonical", "malformed", "RELAY-1", "an integer in a longer form", signAnything(bytes.Replace(wire.MustEncode(good), []byte{0x06, 0x02}, []byte{0x06, 0x18, 0x02}, 1)), "")
	add("unknown-field", "malformed", "RELAY-1", "an unknown key", signAnything(append([]byte{0xa4}, append(wire.MustEncode(good)[1:], 4, 0)...)), "")
	left := vectorCharter(4, 12, 0, 0, 3)
	add("vacant", "ok", "RELAY-31", "two slots are vacant", mustSign(left, testKey), func() string {
		v, _ := mustSign(left, testKey).Verify(testKey.Public().(ed25519.PublicKey))
		h := v.Hash()
		return hexOf(h[:])
	}())
	even := good
	even.TicketKey = edit(good.TicketKey, TicketKeySize-1, good.TicketKey[TicketKeySize-1]&^1)
	add("ticket-key-even", "malformed", "RELAY-28", "a ticket key that is even", signAnything(wire.MustEncode(even)), "")
	even.TicketKey = good.TicketKey[1:]
	add("ticket-key-short", "malformed", "RELAY-28", "a ticket key of 2,040 bits", signAnything(wire.MustEncode(even)), "")
	every := good
	every.Timetable.TicketEvery = 9
	add("ticket-epoch", "malformed", "RELAY-11", "a ticket epoch that is no multiple of join every", signAnything(wire.MustEncode(every)), "")

	first := vectorCharter(1, 0)
	chain := func(name, expect, rule, note string, cs ...Charter) {
		v := vector{Name: "charters-" + name, What: "charters", Expect: expect, Rule: rule, Note: note, Key: key}
		for _, c := range cs {
			v.Chain = append(v.Chain, hexOf(mustSign(c, testKey)))
		}
		vs = append(vs, v)
	}
	other := vectorCharter(3, 8, 1, 2, 3)
	other.Timetable.CatchUp = 1
	chain("chain", "ok", "RELAY-12", "three in a row, the last shown twice", first, good, vectorCharter(3, 8, 1, 2, 3), vectorCharter(3, 8, 1, 2, 3))
	chain("gap", "refused", "RELAY-12", "version 2 is missing: fetch it", first, vectorCharter(3, 8, 1, 2, 3))
	chain("first-not-empty", "malformed", "RELAY-12", "version 1 has a member", vectorCharter(1, 0, 1))
	chain("same-tick", "unauthentic", "RELAY-12", "version 3 from the tick of version 2", first, good, vectorCharter(3, 4, 1, 2, 3))
	chain("off-epoch", "unauthentic", "RELAY-12", "from a tick that is no join epoch", first, good, vectorCharter(3, 9, 1, 2, 3))
	chain("member-lost", "unauthentic", "RELAY-12", "an earlier member's slot is gone", first, good, vectorCharter(3, 8, 1))
	chain("member-leaves", "ok", "RELAY-31", "a member leaves, and another has the slot after that", first, good, vectorCharter(3, 8, 0, 2), vectorCharter(4, 12, 3, 2))
	chain("member-replaced", "unauthentic", "RELAY-31", "another member in a slot that was not vacant before", first, good, vectorCharter(3, 8, 3, 2))
	chain("member-to-vacant", "unauthentic", "RELAY-31", "a member moves to a vacant slot", first, good, vectorCharter(3, 8, 0, 2), vectorCharter(4, 12, 2, 0))
	key2 := vectorCharter(3, 12, 1, 2)
	key2.TicketKey = vectorModulus(0)
	chain("ticket-key", "unauthentic", "RELAY-29", "another ticket key within the ticket epoch", first, good, vectorCharter(3, 8, 1, 2), func() Charter { c := key2; c.Roster.Version = 4; return c }())
	chain("member-moved", "unauthentic", "RELAY-12", "an earlier member in another slot", first, good, vectorCharter(3, 8, 2, 1, 3))
	chain("timetable", "unauthentic", "RELAY-12", "another timetable", first, good, other)
	chain("two-rosters", "unauthentic", "RELAY-13", "two charters of version 2", first, good, vectorCharter(2, 4, 1, 3))
	return vs
}

func exchangeVectors() (vs []vector) {
	t := vectorTimetable()
	add := func(what, name, expect, rule, note string, b []byte) {
		vs = append(vs, vector{Name: what + "-" + name, What: what, Expect: expect, Rule: rule, Note: note, Hex: hexOf(b)})
	}
	req := Request{Tick: 13, Cursor: 10, Cell: bytes.Repeat([]byte{0xcc}, t.CellSize)}.Encode()
	add("request", "plain", "ok", "RELAY-15", "tick 13, cursor 10", req)
	ask := Errand{Leave: true, Epoch: 2, Batch: [][]byte{bytes.Repeat([]byte{0x11}, TicketKeySize)}}.Encode(t)
	add("request", "errand", "ok", "RELAY-26", "tick 12 is a join tick: an errand rides along", Request{Tick: 12, Cursor: 10, Cell: bytes.Repeat([]byte{0xcc}, t.CellSize), Errand: ask}.Encode())
	add("request", "no-errand", "malformed", "RELAY-26", "tick 12 without an errand", edit(req, 8, 12))
	add("errand", "none", "ok", "RELAY-26", "nothing is asked", Errand{}.Encode(t))
	add("errand", "leave", "ok", "RELAY-26", "the member leaves", Errand{Leave: true}.Encode(t))
	add("errand", "batch", "ok", "RELAY-26", "a batch of ticket epoch 1, and the member leaves", ask)
	add("errand", "unknown", "malformed", "RELAY-26", "an unknown bit", edit(ask, 0, 7))
	add("errand", "stray", "malformed", "RELAY-60", "bytes where no batch is", edit(ask, 0, 1))
	add("errand", "no-epoch", "malformed", "RELAY-26", "a batch of no epoch", edit(ask, 8, 0))
	add("errand", "short", "malformed", "RELAY-26", "a byte too few", ask[:len(ask)-1])
	rec := vectorReply(0).Receipt.Encode(t)
	add("receipt", "signed", "ok", "RELAY-26", "one signature", rec)
	add("receipt", "none", "ok", "RELAY-26", "nothing", Receipt{}.Encode(t))
	add("receipt", "refused", "ok", "RELAY-27", "another batch stands", Receipt{Status: ReceiptRefused}.Encode(t))
	add("receipt", "unknown", "malformed", "RELAY-26", "status 3", edit(rec, 0, 3))
	add("receipt", "stray", "malformed", "RELAY-26", "bytes where no signature is", edit(rec, 0, 0))
	add("request", "short", "malformed", "RELAY-18", "a byte too few", req[:len(req)-1])
	add("request", "type", "malformed", "RELAY-18", "type 4", edit(req, 0, 4))

	two := vectorReply(2).Encode(t)
	slate := replyHead + CharterRoom(t.Capacity)
	add("reply", "two-slates", "ok", "RELAY-15", "slates 10 and 11", two)
	add("reply", "no-slate", "ok", "RELAY-15", "no slate", vectorReply(0).Encode(t))
	add("reply", "short", "malformed", "RELAY-15", "a byte too few", two[:len(two)-1])
	add("reply", "long", "malformed", "RELAY-15", "a byte too many", append(slices.Clone(two), 0))
	add("reply", "count", "malformed", "RELAY-15", "n says one, there are two", edit(two, 34, 1))
	add("reply", "too-many", "malformed", "RELAY-16", "three slates where catch-up is two", func() []byte {
		r := vectorReply(3)
		r.Head = 20
		return r.Encode(t)
	}())
	add("reply", "verdict-zero", "malformed", "RELAY-15", "verdict 0", edit(two, 1, 0))
	add("reply", "verdict-seven", "malformed", "RELAY-15", "verdict 7", edit(two, 1, 7))
	add("reply", "order", "malformed", "RELAY-16", "the second slate is of tick 12", edit(two, slate+t.SlateSize()+7, 12))
	add("reply", "beyond-head", "malformed", "RELAY-16", "a slate of a tick that is not closed", edit(two, 25, 11))
	add("reply", "beyond-capacity", "malformed", "RELAY-16", "a bit beyond the capacity", edit(two, slate+13, 0x40))
	add("reply", "ghost", "malformed", "RELAY-16", "a cell where nobody is present", edit(two, slate+12, 0))
	add("reply", "room", "malformed", "RELAY-15", "something behind the charter in its room", edit(two, slate-1, 1))
	add("reply", "room-length", "malformed", "RELAY-15", "a charter longer than its room", edit(two, replyHead, 0xff, 0xff, 0xff, 0xff))

	tt := t
	items := []item{
		{Kind: itemCohort, Cohort: t.Cohort, Timetable: &tt},
		{Kind: itemTickets, Cohort: t.Cohort, TimeMS: 5, ExpiryMS: 9, Tickets: []Hash{{1}}},
		{Kind: itemCell, Cohort: t.Cohort, From: 3, Slot: 1, Cell: bytes.Repeat([]byte{1}, t.CellSize)},
		{Kind: itemClose, Cohort: t.Cohort, From: 3, To: 3},
		{Kind: itemEnrol, Cohort: t.Cohort, TimeMS: 6, Ticket: bytes.Repeat([]byte{2}, 32), Token: bytes.Repeat([]byte{3}, 32), ID: bytes.Repeat([]byte{1}, 16), Epoch: 1, Revoke: bytes.Repeat([]byte{4}, 32)},
		{Kind: itemBatch, Cohort: t.Cohort, Slot: 1, ID: bytes.Repeat([]byte{1}, 16), From: 1, Ticket: bytes.Repeat([]byte{5}, 32)},
		{Kind: itemLeave, Cohort: t.Cohort, Slot: 1, ID: bytes.Repeat([]byte{1}, 16)},
	}
	good, err := encodeBundle([16]byte{5}, items)
	if err != nil {
		panic(err)
	}
	add("bundle", "items", "ok", "RELAY-1", "a cohort, a ticket, a cell, a close, an enrolment, a batch, a leave", good)
	add("bundle", "cut", "corrupt", "RELAY-1", "cut short", good[:len(good)-3])
	add("bundle", "kind", "corrupt", "RELAY-1", "an item of kind 9", wire.MustEncode(bundle{Version: 1, Items: []item{{Kind: 9}}}))
	add("bundle", "close-backwards", "corrupt", "RELAY-1", "a close that ends before it begins", wire.MustEncode(bundle{Version: 1, Items: []item{{Kind: itemClose, From: 5, To: 4}}}))
	add("bundle", "version", "corrupt", "RELAY-1", "version 2", wire.MustEncode(bundle{Version: 2, Items: []item{}}))

	w := Welcome{Slot: 1, FromTick: 4, Charters: []Signed{mustSign(vectorCharter(1, 0), testKey)}, Known: []byte{}, TimeMS: 1, Head: 2}
	add("welcome", "plain", "ok", "RELAY-1", "slot 1", wire.MustEncode(w))
	add("welcome", "trailing", "malformed", "RELAY-1", "a byte behind", append(wire.MustEncode(w), 0))
	return vs
}

// read does what a receiver does with the input of a vector.
func (v vector) read() (again []byte, hash string, err error) {
	in, err := hex.DecodeString(v.Hex)
	if err != nil {
		return nil, "", err
	}
	key, err := hex.DecodeString(v.Key)
	if err != nil {
		return nil, "", err
	}
	t := vectorTimetable()
	switch v.What {
	case "address":
		a, err := ParseAddress(v.Text)
		return []byte(a.String()), "", err
	case "ticket":
		k, err := ParseTicket(v.Text)
		if m, _ := hex.DecodeString(v.Modulus); err == nil && len(m) > 0 && !k.verifyBlind(TicketKey{modulus: m}) {
			err = TicketUnknown.Err()
		}
		h := k.Hash()
		return []byte(k.Text()), hexOf(h[:]), err
	case "revocation":
		k, err := ParseRevocation(v.Text)
		h := k.Hash()
		return []byte(k.Text()), hexOf(h[:]), err
	case "errand":
		e, err := DecodeErrand(t, in)
		return e.Encode(t), "", err
	case "receipt":
		r, err := DecodeReceipt(t, in)
		return r.Encode(t), "", err
	case "hello":
		h, err := DecodeHello(in)
		return h.Encode(), "", err
	case "welcome":
		w, err := DecodeWelcome(in)
		return wire.MustEncode(w), "", err
	case "charter":
		c, err := Signed(in).Verify(key)
		h := c.Hash()
		return c.Signed(), hexOf(h[:]), err
	case "charters":
		var cs Charters
		for _, c := range v.Chain {
			b, _ := hex.DecodeString(c)
			sc, err := Signed(b).Verify(key)
			if err == nil {
				err = cs.Add(sc)
			}
			if err != nil {
				return nil, "", err
			}
		}
		return nil, "", nil
	case "request":
		r, err := DecodeRequest(t, in)
		return r.Encode(), "", err
	case "reply":
		r, err := DecodeReply(t, in)
		if err != nil {
			return nil, "", err
		}
		return r.Encode(t), "", nil
	case "bundle":
		b, err := decodeBundle(in)
		return wire.MustEncode(b), "", err
	}
	return nil, "", fault.New(fault.Internal, "", "", "unknown kind of vector %q", v.What)
}

func TestVectors(t *testing.T) {
	want := vectors()
	if *update {
		old, _ := filepath.Glob(vectorDir + "/*.json")
		for _, f := range old {
			os.Remove(f)
		}
		for _, v := range want {
			b, _ := json.MarshalIndent(v, "", " ")
			if err := os.WriteFile(filepath.Join(vectorDir, v.Name+".json"), append(b, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, _ := filepath.Glob(vectorDir + "/*.json")
	if len(files) != len(want) || len(files) < 50 {
		t.Fatalf("%d files for %d vectors; run with -update", len(files), len(want))
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(want, func(w vector) bool { return w.Name == strings.TrimSuffix(filepath.Base(f), ".json") })
			if i < 0 || want[i].Hex != v.Hex || want[i].Text != v.Text || want[i].Expect != v.Expect || want[i].Hash != v.Hash {
				t.Error("the file is not what the generator gives; run with -update if the format was meant to change")
			}
			again, hash, err := v.read()
			if got := string(fault.KindOf(err)); got != v.Expect && (got != "" || v.Expect != "ok") {
				t.Fatalf("%s: got %q (%v), want %s", v.Note, got, err, v.Expect)
			}
			if v.Expect != "ok" || v.What == "charters" {
				return
			}
			if in := v.Text; in != "" && string(again) != in || in == "" && hexOf(again) != v.Hex {
				t.Error("decoded and encoded again it differs")
			}
			if v.Hash != "" && hash != v.Hash {
				t.Errorf("hash %s, want %s", hash, v.Hash)
			}
		})
	}
}

// seeds gives the vectors of a kind as seeds for fuzzing.
func seeds(f *testing.F, what string) {
	n := 0
	for _, v := range vectors() {
		if v.What != what {
			continue
		}
		n++
		if v.Text != "" {
			f.Add([]byte(v.Text))
			continue
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	if n == 0 {
		f.Fatalf("no seeds of %s", what)
	}
}

// fuzzDecoder checks that what a decoder accepts it encodes to the same bytes.
func fuzzDecoder(f *testing.F, what string) {
	seeds(f, what)
	key := hexOf(testKey.Public().(ed25519.PublicKey))
	f.Fuzz(func(t *testing.T, b []byte) {
		v := vector{What: what, Hex: hexOf(b), Key: key}
		if what == "address" || what == "ticket" || what == "revocation" {
			v.Text = string(b)
		}
		if again, _, err := v.read(); err == nil && !bytes.Equal(again, b) {
			t.Fatalf("accepted %x, which encodes as %x", b, again)
		}
	})
}

func FuzzAddress(f *testing.F)    { fuzzDecoder(f, "address") }
func FuzzTicket(f *testing.F)     { fuzzDecoder(f, "ticket") }
func FuzzRevocation(f *testing.F) { fuzzDecoder(f, "revocation") }
func FuzzErrand(f *testing.F)     { fuzzDecoder(f, "errand") }
func FuzzReceipt(f *testing.F)    { fuzzDecoder(f, "receipt") }
func FuzzHello(f *testing.F)      { fuzzDecoder(f, "hello") }
func FuzzWelcome(f *testing.F)    { fuzzDecoder(f, "welcome") }
func FuzzCharter(f *testing.F)    { fuzzDecoder(f, "charter") }
func FuzzRequest(f *testing.F)    { fuzzDecoder(f, "request") }
func FuzzReply(f *testing.F)      { fuzzDecoder(f, "reply") }
func FuzzBundle(f *testing.F)     { fuzzDecoder(f, "bundle") }
