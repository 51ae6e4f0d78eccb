package line

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// go test ./internal/line -run TestVectors -update writes the files anew.
var update = flag.Bool("update", false, "write spec/vectors/line")

const vectorDir = "../../spec/vectors/line"

// wantVectors is how many files of each kind there are. A folder that lost its
// files would otherwise pass.
var wantVectors = map[string]int{"cell": 9, "chain": 4, "epoch": 6, "frame": 5, "handshake": 9, "invite": 16, "plaintext": 17, "typed": 9}

// vector is one file: one case, one expected outcome word.
type vector struct {
	Kind   string            `json:"kind"`
	Name   string            `json:"name"`
	Must   []string          `json:"must,omitempty"` // rules that the case is about
	Expect string            `json:"expect"`         // "ok", or the reason of refusal
	In     map[string]string `json:"in"`             // bytes in hex, numbers in decimal, texts as they are
	Out    map[string]string `json:"out,omitempty"`
}

func (v *vector) b(k string) []byte {
	s, ok := v.In[k]
	if !ok {
		panic(v.Kind + "/" + v.Name + " has no input " + k)
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
func (v *vector) k(k string) [32]byte { return [32]byte(v.b(k)) }
func (v *vector) n(k string) uint64 {
	n, err := strconv.ParseUint(v.In[k], 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// TestVectors runs every file in spec/vectors/line.
func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	count := map[string]int{}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*", "*.json"))
	must(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		must(t, err)
		var v vector
		must(t, json.Unmarshal(raw, &v))
		if filepath.Base(filepath.Dir(f)) != v.Kind || filepath.Base(f) != v.Name+".json" {
			t.Fatalf("%s says that it is %s/%s", f, v.Kind, v.Name)
		}
		count[v.Kind]++
		t.Run(v.Kind+"/"+v.Name, func(t *testing.T) {
			expect, out := runVector(&v)
			if expect != v.Expect {
				t.Fatalf("%v: got %q, want %q", v.Must, expect, v.Expect)
			}
			for k, want := range v.Out {
				if out[k] != want {
					t.Errorf("%s: got %s, want %s", k, out[k], want)
				}
			}
		})
	}
	for k, n := range wantVectors {
		if count[k] != n {
			t.Errorf("%d vectors of kind %s, want %d", count[k], k, n)
		}
	}
}

func runVector(v *vector) (expect string, out map[string]string) {
	switch v.Kind {
	case "chain":
		return runChain(v)
	case "cell":
		return runCell(v)
	case "plaintext":
		return runPlaintext(v)
	case "frame":
		return runFrame(v)
	case "epoch":
		return runEpoch(v)
	case "handshake":
		return runHandshake(v)
	case "invite":
		return runInvite(v)
	case "typed":
		return runTyped(v)
	}
	panic("no such kind: " + v.Kind)
}

func x(b []byte) string { return hex.EncodeToString(b) }

func runChain(v *vector) (string, map[string]string) {
	w := &Work{}
	relay := Relay{Pin: v.b("pin"), Cohort: v.In["cohort"]}.ID()
	c := newChain(v.k("seed"), relay, byte(v.n("direction")), v.n("base"))
	c.walk(v.n("tick")-v.n("base"), v.n("tick"), w)
	tag, key := c.tickKeys(w)
	return "ok", map[string]string{"relay_id": x(relay[:]), "chain_key": x(c.Key[:]), "tick_key": x(key[:]), "tag": x(tag[:])}
}

func runCell(v *vector) (string, map[string]string) {
	w := &Work{}
	c := chain{Key: v.k("chain_key"), Pos: v.n("tick"), On: true}
	b := box{tick: v.n("tick"), roster: v.k("roster"), dir: byte(v.n("direction"))}
	b.tag, b.key = c.tickKeys(w)
	cell := v.b("cell")
	if len(cell) != CellSize {
		return "size", nil
	}
	if !bytes.Equal(cell[:TagSize], b.tag[:]) {
		return "no-tag", nil
	}
	p, ok := b.open(cell, w)
	if !ok {
		return "unopened", nil
	}
	if again := b.seal(p, [SaltSize]byte(cell[TagSize:]), w); !bytes.Equal(again[:], cell) {
		return "seals otherwise", nil
	}
	return "ok", map[string]string{"plaintext": x(p[:])}
}

func runPlaintext(v *vector) (string, map[string]string) {
	p := plain(v.b("plaintext"))
	h, body, ok := p.parse()
	if !ok {
		return "broken", nil
	}
	out := map[string]string{"run": fmt.Sprint(h.Run), "ack_run": fmt.Sprint(h.AckRun)}
	for i, a := range h.Acks {
		out[fmt.Sprintf("ack_%d", i)] = fmt.Sprintf("%d %x", a.Next, a.More)
	}
	var again plain
	switch h.Kind {
	case bodySegment:
		s, ok := parseSegment(body)
		if !ok {
			return "broken", nil
		}
		out["class"], out["first"], out["number"], out["bytes"] = fmt.Sprint(s.Class), fmt.Sprint(s.First), fmt.Sprint(s.Number), x(s.Bytes)
		s.put(&again)
	case bodyFragment:
		f, ok := parseFragment(body)
		if !ok {
			return "broken", nil
		}
		out["message"], out["index"], out["epoch"], out["id"], out["bytes"] = fmt.Sprint(f.Message), fmt.Sprint(f.Index), fmt.Sprint(f.Epoch), fmt.Sprint(f.ID), x(f.Bytes)
		f.put(&again)
	}
	if h.put(&again); again != p {
		return "encodes otherwise", nil
	}
	return "ok", out
}

// runFrame feeds the listed segments ("first number hex") to an assembler.
func runFrame(v *vector) (string, map[string]string) {
	a := NewAssembler()
	var got []string
	bad := 0
	for _, line := range strings.Fields(v.In["segments"]) {
		part := strings.Split(line, ":")
		n, _ := strconv.Atoi(part[1])
		b, _ := hex.DecodeString(part[2])
		fs, _, w := a.Add(Row{Real: true, Run: 1, First: part[0] == "1", Number: uint32(n), Bytes: b})
		bad += w
		for _, f := range fs {
			h := sha256.Sum256(f.Bytes)
			got = append(got, fmt.Sprintf("%d:%d:%x", f.Number, len(f.Bytes), h))
		}
	}
	if bad > 0 {
		return "bad", map[string]string{"frames": strings.Join(got, " ")}
	}
	return "ok", map[string]string{"frames": strings.Join(got, " ")}
}

func runEpoch(v *vector) (string, map[string]string) {
	kem := keys.XWing()
	ek, err := kem.Public(v.k("key_seed"))
	if err != nil {
		return "key", nil
	}
	s := slot{Phase: PhaseOpen, Epoch: uint32(v.n("epoch")) - 1, Root: v.k("root"), Asked: true,
		AskedAt: v.n("asked_at"), InTick: v.n("heard_at"), InKind: msgReply, InFull: true, EkHash: hash("epoch key", ek)}
	s.Inviter = v.n("epoch")%2 == 0
	copy(s.inBuf(), v.b("reply"))
	d := &Deck{relay: Relay{Pin: []byte("pin"), Cohort: "c1"}.ID()}
	d.slots[0] = s
	ss, err := kem.Decapsulate(v.k("key_seed"), v.b("reply")[replyHead:])
	d.replied(0, ss, err)
	if r := d.slots[0]; r.SendNext.On {
		return "ok", map[string]string{"key": x(ek), "secret": x(ss), "next_root": x(r.RootNext[:]),
			"send_chain_key": x(r.SendNext.Key[:]), "receive_chain_key": x(r.RecvNext.Key[:]), "base": fmt.Sprint(r.SendNext.Pos)}
	}
	return "ignored", nil
}

// runHandshake is both sides over the listed messages; each checks what it
// would check.
func runHandshake(v *vector) (string, map[string]string) {
	inv, err := ParseInvite(v.In["invite"])
	if err != nil {
		return "invite", nil
	}
	kem := keys.XWing()
	if binary.BigEndian.Uint16(v.b("hello")) != Suite {
		return "suite", nil
	}
	ks, ans, con := v.b("keys"), v.b("answer"), v.b("confirm")
	if keyHash(Suite, ks[:keys.KEMPublic], ks[keys.KEMPublic:]) != inv.KeyHash {
		return "keys", nil
	}
	t := begin(inv)
	t.say(msgHello, v.b("hello"))
	t.say(msgKeys, ks)
	open := func(seed string, ct []byte) {
		ss, err := kem.Decapsulate(v.k(seed), ct)
		if err == nil {
			t.mix(ss)
		}
	}
	const ct = keys.KEMCiphertext
	open("inviter_static_seed", ans[:ct])
	open("inviter_once_seed", ans[ct:2*ct])
	t.say(msgAnswer, ans[:2*ct])
	plain, err := t.box().Open(nil, make([]byte, 12), ans[2*ct:], t.TH[:])
	if err != nil {
		return "box", nil
	}
	for i, name := range []string{"joiner_static_seed", "joiner_ephemeral_seed"} {
		if ek, _ := kem.Public(v.k(name)); !bytes.Equal(ek, plain[i*keys.KEMPublic:(i+1)*keys.KEMPublic]) {
			return "joiner keys", nil
		}
	}
	t.say(msgAnswer, ans[2*ct:])
	open("joiner_static_seed", con[8:8+ct])
	open("joiner_ephemeral_seed", con[8+ct:8+2*ct])
	end := confirmSize - 32
	t.say(msgConfirm, con[:end])
	if want := t.confirmation("inviter confirms"); !bytes.Equal(want[:], con[end:]) {
		return "confirmation", nil
	}
	t.say(msgConfirm, con[end:])
	if want := t.confirmation("joiner confirms"); !bytes.Equal(want[:], v.b("done")) {
		return "confirmation", nil
	}
	root, seed, sas := t.finish()
	return "ok", map[string]string{"transcript": x(t.TH[:]), "chaining_key": x(t.CK[:]), "root": x(root[:]), "chain_seed": x(seed[:]),
		"compare": x(sas[:]), "words": strings.Join(keys.Words(sas[:], CompareWords), " ")}
}

func runInvite(v *vector) (string, map[string]string) {
	inv, err := ParseInvite(v.In["text"])
	if err == nil {
		err = inv.Check(v.n("tick"))
	}
	if err != nil {
		return string(fault.KindOf(err)), nil
	}
	if inv.Text() != strings.Join(strings.Fields(v.In["text"]), "") {
		return "encodes otherwise", nil
	}
	id := inv.Relay().ID()
	return "ok", map[string]string{"address": inv.Addr, "cohort": inv.Cohort, "label": inv.Label, "secret": x(inv.Secret[:]),
		"key_hash": x(inv.KeyHash[:]), "base": fmt.Sprint(inv.Base), "expires": fmt.Sprint(inv.Expires), "relay_id": x(id[:])}
}
