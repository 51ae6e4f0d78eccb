package line

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/keys/kemtest"
	"backchannel/internal/wire"
)

// maker writes vectors. What a good case gives is computed; what a bad case
// must give is stated by hand, so that the generator cannot excuse the code.
type maker struct{ t *testing.T }

func writeVectors(t *testing.T) {
	must(t, os.RemoveAll(vectorDir))
	m := &maker{t}
	m.chains()
	m.cells()
	m.plaintexts()
	m.frames()
	m.epochs()
	m.handshakes()
	m.invites()
	m.typed()
}

func (m *maker) put(kind, name, expect string, in map[string]string, rules ...string) {
	v := vector{Kind: kind, Name: name, Must: rules, Expect: expect, In: in}
	got, out := runVector(&v)
	if got != expect {
		m.t.Errorf("%s/%s: the code says %q, the case %q", kind, name, got, expect)
	}
	if expect == "ok" {
		v.Out = out
	}
	dir := filepath.Join(vectorDir, kind)
	must(m.t, os.MkdirAll(dir, 0o755))
	b, err := json.MarshalIndent(v, "", " ")
	must(m.t, err)
	must(m.t, os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644))
}

func with(in map[string]string, kv ...string) map[string]string {
	out := map[string]string{}
	for k, v := range in {
		out[k] = v
	}
	for i := 0; i < len(kv); i += 2 {
		out[kv[i]] = kv[i+1]
	}
	return out
}

func fill(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 1
	return c
}

func (m *maker) chains() {
	in := map[string]string{"seed": x(fill(1, 32)), "pin": x([]byte("pin")), "cohort": "c1", "direction": "1", "base": "1000", "tick": "1000"}
	m.put("chain", "base", "ok", in)
	m.put("chain", "hundred-later", "ok", with(in, "tick", "1100"))
	m.put("chain", "other-direction", "ok", with(in, "direction", "2"))
	m.put("chain", "other-cohort", "ok", with(in, "cohort", "c2"))
}

func (m *maker) cells() {
	c := chain{Key: [32]byte(fill(2, 32)), Pos: 7, On: true}
	b := box{tick: 7, roster: [32]byte(fill(3, 32)), dir: fromInviter}
	b.tag, b.key = c.tickKeys(&Work{})
	var p plain
	(&head{Kind: bodySegment, Run: 1}).put(&p)
	(&segment{Class: Text, First: true, Bytes: []byte("hello")}).put(&p)
	cell := b.seal(&p, [SaltSize]byte(fill(4, SaltSize)), &Work{})
	in := map[string]string{"chain_key": x(c.Key[:]), "tick": "7", "direction": "1", "roster": x(b.roster[:]), "cell": x(cell[:])}
	m.put("cell", "good", "ok", in)
	m.put("cell", "short", "size", with(in, "cell", x(cell[:CellSize-1])), "CELL-1")
	m.put("cell", "long", "size", with(in, "cell", x(append(cell[:], 0))), "CELL-1")
	m.put("cell", "other-tick", "unopened", with(in, "tick", "8"), "CELL-2")
	m.put("cell", "altered-tag", "no-tag", with(in, "cell", x(flip(cell[:], 3))), "CELL-2")
	m.put("cell", "altered-salt", "unopened", with(in, "cell", x(flip(cell[:], 17))), "CELL-3")
	m.put("cell", "altered-box", "unopened", with(in, "cell", x(flip(cell[:], 1023))), "CELL-3")
	m.put("cell", "other-roster", "unopened", with(in, "roster", x(fill(5, 32))), "CELL-4")
	m.put("cell", "other-direction", "unopened", with(in, "direction", "2"), "CELL-5")
}

func (m *maker) plaintexts() {
	h := head{Run: 3, AckRun: 2}
	h.Acks[1] = ack{Next: 9, More: 5}
	plaintext := func(kind byte, put func(*plain)) plain {
		var p plain
		h.Kind = kind
		h.put(&p)
		put(&p)
		return p
	}
	nothing := plaintext(bodyNone, func(*plain) {})
	seg := plaintext(bodySegment, (&segment{Class: File, First: true, Number: 77, Bytes: []byte("abc")}).put)
	full := plaintext(bodySegment, (&segment{Class: Text, Number: 78, Bytes: fill('x', SegmentSize)}).put)
	frag := plaintext(bodyFragment, (&fragment{Message: msgAsk, Index: 1, Count: 2, Epoch: 4, ID: 99, Bytes: fill('k', keys.KEMPublic-fragmentSize)}).put)
	in := func(p plain, at int, v ...byte) map[string]string {
		copy(p[at:], v)
		return map[string]string{"plaintext": x(p[:])}
	}
	m.put("plaintext", "nothing", "ok", in(nothing, 0))
	m.put("plaintext", "segment", "ok", in(seg, 0))
	m.put("plaintext", "segment-full", "ok", in(full, 0))
	m.put("plaintext", "fragment", "ok", in(frag, 0))
	for name, v := range map[string]map[string]string{
		"version": in(nothing, 0, 2), "unknown-body": in(nothing, 1, 3), "reserved-not-zero": in(nothing, 63, 1), "nothing-but-bytes": in(nothing, 900, 1),
	} {
		m.put("plaintext", name, "broken", v, "CELL-9")
	}
	for name, v := range map[string]map[string]string{
		"segment-class": in(seg, 64, 4), "segment-first": in(seg, 65, 2), "segment-empty": in(seg, 70, 0, 0), "segment-long": in(full, 70, 3, 0x89), "segment-tail": in(seg, 975, 1),
	} {
		m.put("plaintext", name, "broken", v, "CELL-10")
	}
	for name, v := range map[string]map[string]string{
		"fragment-message": in(frag, 64, 8), "fragment-index": in(frag, 65, 2), "fragment-count": in(frag, 66, 3), "fragment-length": in(frag, 76, 1, 0x3d),
	} {
		m.put("plaintext", name, "broken", v, "CELL-11")
	}
}

func (m *maker) frames() {
	list := func(f frame, from uint32, drop int) (out []string) {
		for k := range f.segs {
			if int(k) != drop {
				out = append(out, fmt.Sprintf("%d:%d:%x", number(k == 0), from+k, f.segment(k)))
			}
		}
		return out
	}
	join := func(parts ...[]string) map[string]string {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return map[string]string{"segments": strings.Join(all, " ")}
	}
	a, b := newFrame(10, []byte("short")), newFrame(12, fill('y', 2000))
	m.put("frame", "two", "ok", join(list(a, 0, -1), list(b, 1, -1)), "LINE-16")
	m.put("frame", "out-of-order-and-twice", "ok", join(list(b, 1, -1), list(b, 1, -1), list(a, 0, -1), list(a, 0, -1)), "LINE-14", "LINE-16")
	m.put("frame", "a-segment-missing", "ok", join(list(a, 0, -1), list(b, 1, 1)), "LINE-16")
	m.put("frame", "number-not-above", "ok", join(list(b, 0, -1), list(a, 3, -1)), "LINE-16")
	bad := newFrame(10, []byte("short"))
	bad.check[0] ^= 1
	m.put("frame", "check", "bad", join(list(bad, 0, -1)), "LINE-16")
}

func number(v bool) int { return int(bit(v)) }

func (m *maker) epochs() {
	seed := [32]byte(fill(9, 32))
	ek, err := keys.XWing().Public(seed)
	must(m.t, err)
	ct, _, err := kemtest.New("vector").Encapsulate(ek)
	must(m.t, err)
	id := hash("epoch key", ek)
	reply := append(append(binary.BigEndian.AppendUint64(nil, 105), id[:8]...), ct...)
	in := map[string]string{"root": x(fill(8, 32)), "epoch": "2", "key_seed": x(seed[:]), "asked_at": "100", "heard_at": "110",
		"reply": x(reply)}
	m.put("epoch", "inviter-asks", "ok", in)
	m.put("epoch", "joiner-asks", "ok", with(in, "epoch", "3"))
	m.put("epoch", "base-at-bounds", "ok", with(in, "asked_at", "105", "heard_at", "105"), "LINE-5")
	m.put("epoch", "base-before-asking", "ignored", with(in, "asked_at", "106"), "LINE-5")
	m.put("epoch", "base-after-hearing", "ignored", with(in, "heard_at", "104"), "LINE-5")
	m.put("epoch", "other-key", "ignored", with(in, "reply", x(flip(reply, 8))), "LINE-6")
}

// handshakes records the messages of a real one.
func (m *maker) handshakes() {
	w := newWorld(m.t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	inv := a.invite()
	b.accept(inv)
	in := map[string]string{"invite": inv.Text(),
		"inviter_static_seed": x(a.d.slots[0].Seeds[0][:]), "inviter_once_seed": x(a.d.slots[0].Seeds[1][:]),
		"joiner_static_seed": x(b.d.slots[0].Seeds[0][:]), "joiner_ephemeral_seed": x(b.d.slots[0].Seeds[1][:])}
	name := map[byte]string{msgHello: "hello", msgKeys: "keys", msgAnswer: "answer", msgConfirm: "confirm", msgDone: "done"}
	for len(in) < 10 {
		for _, p := range w.desks {
			s := &p.d.slots[0]
			if n, ok := name[s.OutKind]; ok {
				in[n] = x(s.outBuf()[:messageSize(s.OutKind)])
			}
		}
		w.run(1)
	}
	m.put("handshake", "good", "ok", in)
	alter := func(k string, at int) map[string]string {
		v := vector{In: in}
		return with(in, k, x(flip(v.b(k), at)))
	}
	m.put("handshake", "other-suite", "suite", alter("hello", 1), "LINE-9")
	m.put("handshake", "altered-nonce", "box", alter("hello", 9), "LINE-9")
	m.put("handshake", "altered-keys", "keys", alter("keys", 2000), "LINE-8")
	m.put("handshake", "altered-encapsulation", "box", alter("answer", 5), "LINE-9")
	m.put("handshake", "altered-box", "box", alter("answer", 4000), "LINE-9")
	m.put("handshake", "altered-base", "confirmation", alter("confirm", 7), "LINE-9")
	m.put("handshake", "altered-confirmation", "confirmation", alter("confirm", confirmSize-1), "LINE-9")
	m.put("handshake", "altered-done", "confirmation", alter("done", 0), "LINE-9")
}

func (m *maker) invites() {
	good := Invite{Suite: Suite, Addr: "relay.example:443", Pin: fill(1, 32), Cohort: "c1", Tickets: [][]byte{fill(2, 16)}, Secret: [32]byte(fill(3, 32)),
		Base: 1000, Expires: 2000, Until: 1893456000, KeyHash: [32]byte(fill(4, 32)), Label: "Ann"}
	in := func(v Invite) map[string]string { return map[string]string{"text": v.Text(), "tick": "1500"} }
	raw := func(b []byte) map[string]string {
		sum := hash("invite checksum", b)
		return map[string]string{"text": InvitePrefix + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(b), sum[:checksumSize]...)), "tick": "1500"}
	}
	change := func(f func(*Invite)) map[string]string {
		v := good
		f(&v)
		return in(v)
	}
	txt := good.Text()
	m.put("invite", "good", "ok", in(good))
	m.put("invite", "wrapped", "ok", map[string]string{"text": " " + txt[:40] + "\n\t" + txt[40:90] + "\r\n" + txt[90:] + "\n", "tick": "1999"})
	m.put("invite", "no-tickets-no-label", "ok", change(func(v *Invite) { v.Tickets, v.Label = [][]byte{}, "" }))
	m.put("invite", "foreign", "unauthentic", map[string]string{"text": "https://example.org/join", "tick": "1500"}, "INVITE-1")
	m.put("invite", "cut", "malformed", map[string]string{"text": txt[:len(txt)-7], "tick": "1500"}, "INVITE-2")
	m.put("invite", "altered", "malformed", map[string]string{"text": strings.Replace(txt, "Y", "Z", 1), "tick": "1500"}, "INVITE-2")
	m.put("invite", "not-base64", "malformed", map[string]string{"text": InvitePrefix + "a+/=", "tick": "1500"}, "INVITE-2")
	m.put("invite", "trailing-byte", "malformed", raw(append(good.Encode(), 0)), "INVITE-3")
	m.put("invite", "other-encoding", "malformed", raw(append([]byte{0xbf}, append(good.Encode()[1:], 0xff)...)), "INVITE-3")
	m.put("invite", "key-missing", "malformed", raw(wire.MustEncode(map[int]int{1: 1})), "INVITE-3")
	m.put("invite", "no-address", "malformed", change(func(v *Invite) { v.Addr = "" }), "INVITE-3")
	m.put("invite", "long-label", "malformed", change(func(v *Invite) { v.Label = strings.Repeat("a", wire.MaxName+1) }), "INVITE-3")
	m.put("invite", "long-life", "malformed", change(func(v *Invite) { v.Expires = v.Base + MaxInviteLife + 1 }), "INVITE-3")
	m.put("invite", "too-long", "limit", change(func(v *Invite) { v.Tickets = [][]byte{fill(1, wire.MaxInvite)} }), "INVITE-3")
	m.put("invite", "other-suite", "refused", change(func(v *Invite) { v.Suite = 2 }), "INVITE-4")
	m.put("invite", "expired", "expired", with(in(good), "tick", "2000"), "INVITE-5")
}
