package desk

import (
	"bytes"
	"strings"
	"testing"

	"backchannel/internal/bonafides"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

// two gives two desks that share no line, each with the other's pouch key from
// one go-between.
func two(t *testing.T) (north, south *Desk) {
	t.Helper()
	north, _ = open(t, "north", Options{Offline: true})
	south, _ = open(t, "south", Options{Offline: true})
	for _, c := range []struct{ to, of *Desk }{{north, south}, {south, north}} {
		key, err := c.of.Pouch(t.Context(), PouchOrder{Step: PouchKey})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.to.Pouch(t.Context(), PouchOrder{Step: PouchLearn, Peer: c.of.Keeper(), By: []record.Name{"between"}, Text: key.Text}); err != nil {
			t.Fatal(err)
		}
	}
	return north, south
}

func proved(t *testing.T, d *Desk, o ProofOrder) ProofAnswer {
	t.Helper()
	r, err := d.Prove(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func refused(t *testing.T, d *Desk, what string, kind fault.Kind, o ProofOrder) {
	t.Helper()
	if r, err := d.Prove(t.Context(), o); !fault.Is(err, kind) {
		t.Errorf("%s: %+v, %v", what, r, err)
	}
}

func take(peer record.Name, text string) ProofOrder {
	return ProofOrder{Step: ProofTake, Peer: peer, Text: text}
}

// A secret both know proves the pouch keys, and each text is good once.
// [BONA-5] [BONA-8] [BONA-9]
func TestBonaFidesProveAKey(t *testing.T) {
	north, south := two(t)
	refused(t, north, "a short secret", fault.Refused, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "  a B "})
	ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: " The  Ｓea at DUSK\n", About: "Where we met"})
	if r := proved(t, south, take("north", ask.Send)); r.Got != ProofNeed || r.About != "Where we met" {
		t.Fatal(r)
	}
	reply := take("north", ask.Send)
	reply.Secret = "the sea at dusk"
	answer := proved(t, south, reply)
	if answer.Got != ProofAnswered || answer.Failed != 1 {
		t.Fatal(answer)
	}
	refused(t, south, "an ask answered twice", fault.Refused, reply)
	end := proved(t, north, take("south", answer.Send))
	if end.Got != ProofSame || end.State != pouch.Compared || len(end.Words) != 12 {
		t.Fatal(end)
	}
	refused(t, north, "an answer taken twice", fault.NotFound, take("south", answer.Send))
	last := proved(t, south, take("north", end.Send))
	if last.Got != ProofSame || last.State != pouch.Compared || last.Failed != 0 {
		t.Fatal(last)
	}
	refused(t, south, "an end taken twice", fault.NotFound, take("north", end.Send))
	for _, d := range []*Desk{north, south} {
		if b, err := d.vault.Meta(metaProofs); err != nil || bytes.Contains(b, []byte("dusk")) {
			t.Error("a secret is kept", err)
		}
		if r := proved(t, d, ProofOrder{Step: ProofList}); len(r.Open) != 0 {
			t.Error(r.Open)
		}
	}
	// The go-between swapped the key: the run shows it.
	between, _ := open(t, "between", Options{Offline: true})
	key, _ := between.Pouch(t.Context(), PouchOrder{Step: PouchKey})
	r, err := north.Pouch(t.Context(), PouchOrder{Step: PouchLearn, Peer: "south", By: []record.Name{"between"}, Text: key.Text})
	if err != nil || r.State != pouch.Conflict {
		t.Error("another key beside the proven one:", r.State, err)
	}
}

// A wrong secret is one guess, counted on both sides, and proves nothing.
// [BONA-6] [BONA-9]
func TestWrongSecretsAreCounted(t *testing.T) {
	north, south := two(t)
	for i := range maxFailed {
		ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "first guess"})
		reply := take("north", ask.Send)
		reply.Secret = "the sea at dusk"
		answer := proved(t, south, reply)
		end := proved(t, north, take("south", answer.Send))
		if end.Got != ProofOther || end.State != pouch.OneWay || end.Failed != i+1 {
			t.Fatal(end)
		}
		if i%2 == 1 {
			continue // an end that never comes counts as well
		}
		if last := proved(t, south, take("north", end.Send)); last.Got != ProofOther || last.State != pouch.OneWay || last.Failed != i+1 {
			t.Fatal(last)
		}
	}
	ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "the sea at dusk"})
	reply := take("north", ask.Send)
	reply.Secret = "the sea at dusk"
	refused(t, south, "after ten", fault.Refused, reply)
	reply.Again = true
	proved(t, south, reply)
	if r := proved(t, south, ProofOrder{Step: ProofForget, Peer: "north"}); r.Failed != 0 {
		t.Error(r)
	}
	refused(t, south, "after all was forgotten", fault.Refused, reply)
}

// An answer that no honest program makes ends the run as well: it is not tried
// again until one fits. [BONA-2] [BONA-5]
func TestAWeakAnswerEndsTheRun(t *testing.T) {
	north, south := two(t)
	ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "the sea at dusk"})
	reply := take("north", ask.Send)
	reply.Secret = "the sea at dusk"
	answer := proved(t, south, reply)
	raw, err := pouch.Dearmour(bonafides.Prefix, answer.Send)
	if err != nil {
		t.Fatal(err)
	}
	weak := bytes.Clone(raw)
	clear(weak[19:51])
	refused(t, north, "a weak point", fault.Unauthentic, take("south", pouch.Armour(bonafides.Prefix, weak)))
	refused(t, north, "the right one after it", fault.NotFound, take("south", answer.Send))
	if r := proved(t, north, ProofOrder{Step: ProofList}); len(r.Open) != 1 || r.Open[0].Failed != 1 {
		t.Error(r.Open)
	}
}

// A sign counts where it was foretold before it was seen, and by whom it was
// foretold. [BONA-10] [BONA-11] [BONA-12]
func TestForetoldSign(t *testing.T) {
	north, south := two(t)
	sign := proved(t, north, ProofOrder{Step: ProofSign, Text: "On Sunday the anchor wears green."})
	after := proved(t, north, ProofOrder{Step: ProofReveal, Text: sign.Send})
	refused(t, south, "opened and never foretold", fault.Unauthentic, take("north", after.Send))
	if r := proved(t, south, take("north", sign.Send)); r.Got != ProofForetold {
		t.Fatal(r)
	}
	refused(t, south, "foretold by somebody else", fault.Unauthentic, take("east", after.Send))
	if r := proved(t, south, take("north", after.Send)); r.Got != ProofOpened || r.State != pouch.OneWay || !strings.Contains(r.Sign, "green") {
		t.Fatal(r)
	}
	noted := proved(t, south, ProofOrder{Step: ProofList}).Open[0].At
	seen := take("north", after.Send)
	seen.Seen = noted
	refused(t, south, "seen when it was noted", fault.Refused, seen)
	seen.Seen = noted + 3_600_000
	refused(t, south, "seen tomorrow", fault.Refused, seen)
	for seen.Seen = noted + 1; south.now() < seen.Seen; {
	}
	if r := proved(t, south, seen); r.Got != ProofSeen || r.State != pouch.Compared {
		t.Fatal(r)
	}
	refused(t, south, "opened twice", fault.Unauthentic, seen)
	refused(t, north, "one's own sign, sent back", fault.Unauthentic, take("south", after.Send))
}

// Who says yes learns whether both did; who says no is shown nothing. It moves
// nothing. [BONA-13] [BONA-14] [BONA-15]
func TestLaw1_ASealedYesMovesNothing(t *testing.T) {
	north, south := two(t)
	yes, no := true, false
	hash, rival := keys.Hash{1}, keys.Hash{2}
	for _, c := range []struct {
		a, b     *bool
		atB      keys.Hash
		gotA, at ProofGot
	}{
		{&yes, &yes, hash, ProofBothYes, ProofBothYes}, {&yes, &no, hash, ProofNotBoth, ProofSilent},
		{&no, &yes, hash, ProofSilent, ProofNotBoth}, {&no, &no, hash, ProofSilent, ProofSilent}, {&yes, &yes, rival, ProofNotBoth, ProofNotBoth},
	} {
		ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Package: hash, About: "truce@1", Yes: c.a})
		if r := proved(t, south, take("north", ask.Send)); r.Got != ProofNeedYes || r.About != "truce@1" {
			t.Fatal(r)
		}
		reply := take("north", ask.Send)
		reply.Package, reply.Yes = c.atB, c.b
		answer := proved(t, south, reply)
		end := proved(t, north, take("south", answer.Send))
		last := proved(t, south, take("north", end.Send))
		if end.Got != c.gotA || last.Got != c.at || end.Failed+last.Failed != 0 {
			t.Errorf("%v, %v: %s and %s", *c.a, *c.b, end.Got, last.Got)
		}
	}
	for _, d := range []*Desk{north, south} {
		if r, err := d.Record(t.Context()); err != nil || r.Len() != 0 {
			t.Error("it is in the record", err)
		}
	}
	refused(t, north, "without a key", fault.NotFound, ProofOrder{Step: ProofAsk, Peer: "east", Package: hash, Yes: &yes})
	// Who carries it knows the package, and has no key of theirs: he cannot play
	// the other side.
	between, _ := open(t, "between", Options{Offline: true})
	key, _ := north.Pouch(t.Context(), PouchOrder{Step: PouchKey})
	if _, err := between.Pouch(t.Context(), PouchOrder{Step: PouchLearn, Peer: "north", By: []record.Name{"north"}, Text: key.Text}); err != nil {
		t.Fatal(err)
	}
	ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Package: hash, Yes: &yes})
	reply := take("north", ask.Send)
	reply.Package, reply.Yes = hash, &yes
	answer := proved(t, between, reply)
	if end := proved(t, north, take("south", answer.Send)); end.Got != ProofNotBoth {
		t.Error("the go-between played the other side:", end.Got)
	}
	other, _ := between.Pouch(t.Context(), PouchOrder{Step: PouchKey})
	if _, err := north.Pouch(t.Context(), PouchOrder{Step: PouchLearn, Peer: "south", By: []record.Name{"between"}, Text: other.Text}); err != nil {
		t.Fatal(err)
	}
	refused(t, north, "with two keys", fault.Unauthentic, ProofOrder{Step: ProofAsk, Peer: "south", Package: hash, Yes: &yes})
}

// The commitments, runs and keys survive a restart, and runs expire.
func TestRunsExpire(t *testing.T) {
	north, south := two(t)
	ask := proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "the sea at dusk"})
	book, err := north.proofs()
	if err != nil || len(book.Runs) != 1 {
		t.Fatal(err)
	}
	book.Runs[0].At -= proofLife + 1000
	if err := north.keepProofs(&prover{book: book}); err != nil {
		t.Fatal(err)
	}
	reply := take("north", ask.Send)
	reply.Secret = "the sea at dusk"
	refused(t, north, "a run from long ago", fault.NotFound, take("south", proved(t, south, reply).Send))
	sign := proved(t, north, ProofOrder{Step: ProofSign, Text: "On Sunday the anchor wears green."})
	proved(t, north, ProofOrder{Step: ProofReveal, Text: sign.Send})
	if book, err = north.proofs(); err != nil || len(book.Own) != 1 || book.Own[0].Opened == 0 {
		t.Fatal(book.Own, err)
	}
	book.Own[0].Opened -= proofLife + 1000
	if err := north.keepProofs(&prover{book: book}); err != nil {
		t.Fatal(err)
	}
	refused(t, north, "a sign opened long ago", fault.NotFound, ProofOrder{Step: ProofReveal, Text: sign.Send})
	for range maxProofs {
		proved(t, north, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "the sea at dusk"})
	}
	refused(t, north, "one run too many", fault.Limit, ProofOrder{Step: ProofAsk, Peer: "south", Secret: "the sea at dusk"})
}
