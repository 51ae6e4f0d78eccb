package line

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// typed writes the vectors of groups.
func (m *maker) typed() {
	r := Relay{Addr: "relay.example:443", Pin: fill(1, 32), Cohort: "c1"}
	good := &Invite{Suite: Suite, Addr: r.Addr, Pin: r.Pin, Cohort: r.Cohort, Tickets: [][]byte{fill(2, 16)}, Secret: [32]byte(fill(3, 32)),
		Base: 1000, Expires: 2000, Until: 1893456000, KeyHash: [32]byte(fill(4, 32)), Label: "Ann"}
	in := func(groups []string) map[string]string {
		return map[string]string{"text": strings.Join(groups, " "), "tick": "1500", "pin": x(r.Pin), "cohort": r.Cohort}
	}
	m.put("typed", "whole", "ok", in(good.Groups()), "INVITE-11")
	good.Tickets = [][]byte{}
	v, err := shorten(good, r, fill(3, shortSecret))
	must(m.t, err)
	m.put("typed", "short", "ok", in(v.Groups()), "INVITE-13")
	m.put("typed", "short-loose", "ok", with(in(v.Groups()), "text", strings.ToLower(strings.ReplaceAll(strings.Join(v.Groups(), ""), "0", "o"))), "INVITE-11")
	m.put("typed", "short-expired", "expired", with(in(v.Groups()), "tick", "2000"), "INVITE-5")
	m.put("typed", "short-elsewhere", "unauthentic", with(in(v.Groups()), "cohort", "c2"), "INVITE-7")
	g := v.Groups()
	g[6] = g[6][:1] + g[6][2:3] + g[6][1:2] + g[6][3:]
	m.put("typed", "wrong-group", "malformed", with(in(g), "group", "7"), "INVITE-12")
	b, err := keys.ParseGroups(strings.Join(v.Groups(), ""))
	must(m.t, err)
	b[1] = 2
	m.put("typed", "other-suite", "refused", in(keys.Groups(b)), "INVITE-4")
	m.put("typed", "other-kind", "malformed", in(keys.Groups(append([]byte{3}, b[1:]...))), "INVITE-3")
	m.put("typed", "cut", "malformed", in(v.Groups()[:12]), "INVITE-12")
}

func runTyped(v *vector) (string, map[string]string) {
	inv, err := ParseInvite(v.In["text"])
	if err == nil {
		inv, err = inv.On(Relay{Pin: v.b("pin"), Cohort: v.In["cohort"]})
	}
	if err == nil {
		err = inv.Check(v.n("tick"))
	}
	var f *fault.Error
	if want, ok := v.In["group"]; ok && errors.As(err, &f) && (len(f.Says.Args) == 0 || fmt.Sprint(f.Says.Args[0]) != want) {
		return "names another group", nil
	}
	if err != nil {
		return string(fault.KindOf(err)), nil
	}
	d := inv.digest()
	return "ok", map[string]string{"secret": x(inv.Secret[:]), "key_hash": x(inv.KeyHash[:]), "base": fmt.Sprint(inv.Base),
		"expires": fmt.Sprint(inv.Expires), "invite": x(inv.Encode()), "invite_hash": x(d[:])}
}

// Two members of one relay open a line with what one of them has typed; an
// attacker who holds the invite and is the relay can put in no keys of his own.
// [INVITE-13]
func TestAShortInviteOpensALineAndBindsTheKeys(t *testing.T) {
	for _, attacked := range []bool{false, true} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		r := InviteRequest{Relay: w.relay, Label: "ann", Life: 150, Short: true, Rand: [96]byte(a.rand(96))}
		next, _, inv, err := a.d.Invite(r, a.kem)
		must(t, err)
		a.d, a.disk.state = next, next.State()
		if n := len(inv.Groups()); n != 21 {
			t.Errorf("%d groups", n)
		}
		got, err := ParseInvite(strings.Join(inv.Groups(), "\n"))
		must(t, err)
		if got.CheckTime(1<<60) != nil || !got.Short() {
			t.Error("a short invite says no time")
		}
		if got, err = got.On(w.relay); err != nil || got.digest() != inv.digest() {
			t.Fatal("both sides do not have the same", err)
		}
		b.accept(got)
		if attacked {
			newMiddle(w, inv).alter = func(_ byte, f fragment) fragment {
				if f.Message == msgKeys {
					return pieces(msgKeys, flip(a.d.slots[0].outBuf()[:keysSize], 2000))[f.Index]
				}
				return f
			}
		}
		w.run(120)
		if open := a.phase(1) == PhaseOpen && b.phase(1) == PhaseOpen; open == attacked {
			t.Errorf("attacked %v: %v, %v", attacked, a.phase(1), b.phase(1))
		}
		if attacked && b.status(1).Reason != ReasonKeys {
			t.Error("the joiner's reason is", b.status(1).Reason)
		}
	}
	w := newWorld(t, "ann")
	a := w.desks[0]
	_, _, _, err := a.d.Invite(InviteRequest{Relay: w.relay, Life: 150, Short: true, Tickets: [][]byte{{1}}}, a.kem)
	if !fault.Is(err, fault.Refused) {
		t.Error("a short invite with a ticket:", err)
	}
}
