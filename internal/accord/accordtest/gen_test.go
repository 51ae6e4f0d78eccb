package accordtest

import (
	"bytes"
	"reflect"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

const seed = 7

func encoded(t testing.TB, items []record.Item) []byte {
	var out bytes.Buffer
	for _, it := range items {
		b, err := circle.Codec().EncodeItem(it)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	return out.Bytes()
}

func TestASeedMakesOneRecord(t *testing.T) {
	a, b := New(seed, Options{}), New(seed, Options{})
	if !bytes.Equal(encoded(t, a.Items(3000)), encoded(t, b.Items(3000))) {
		t.Fatal("one seed made two records")
	}
	if bytes.Equal(encoded(t, a.Items(100)), encoded(t, New(seed+1, Options{}).Items(100))) {
		t.Fatal("two seeds made one record")
	}
}

// Every entry is one that a desk takes in, comes back from the codec as it
// was, and comes later than those before it; numbers of lines run from 1.
func TestEveryEntryIsWellFormed(t *testing.T) {
	for _, keeper := range []record.Name{"go-between", "envoy"} {
		g, r, codec := New(seed, Options{Keeper: keeper, Critical: true}), record.New(keeper), circle.Codec()
		numbers, before := map[record.Name]uint64{}, record.Instant(0)
		for range 20_000 {
			it := g.Next()
			if fresh, err := r.Add(codec, it); err != nil || !fresh {
				t.Fatalf("%s: %v\n%+v", it.Body.Kind(), err, it)
			}
			raw, err := codec.EncodeItem(it)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := codec.DecodeItem(raw); err != nil || !reflect.DeepEqual(back, it) {
				t.Fatalf("%v\n%+v\n%+v", err, it, back)
			}
			if it.Known < before || it.Known > g.Now() {
				t.Fatal("it came before the one before it")
			}
			before = it.Known
			if peer := it.Came.Over(); peer != "" {
				numbers[peer]++
				if it.Came.Number() != numbers[peer] || it.By != peer {
					t.Fatalf("number %d of %s, want %d", it.Came.Number(), peer, numbers[peer])
				}
			} else if it.By != keeper {
				t.Fatalf("%s typed at the desk of %s", it.By, keeper)
			}
		}
		if len(numbers) != len(g.Lines()) {
			t.Errorf("%s: came over %d lines", keeper, len(numbers))
		}
	}
}

// TestEveryFieldIsFilled: what is never filled is never tested. A new kind that
// no row makes shows here by its fields, as soon as the codec knows it.
func TestEveryFieldIsFilled(t *testing.T) {
	filled, all := map[string]bool{}, map[string]bool{}
	g := New(seed, Options{})
	for _, k := range circle.Codec().Kinds() {
		all["kind "+string(k)] = true
	}
	for range 20_000 {
		it := g.Next()
		filled["kind "+string(it.Body.Kind())] = true
		fields(reflect.ValueOf(it.Entry), "entry", filled, all)
		fields(reflect.ValueOf(it.Body), string(it.Body.Kind()), filled, all)
	}
	for _, k := range []record.Kind{accord.KindAct, accord.KindPerformance, accord.KindSounding, accord.KindCriticism, accord.KindTranslation, accord.KindConfirmation} {
		delete(all, string(k)+" On Entry") // they are on texts
	}
	delete(all, "notification-plan Text Entry") // so is it
	delete(all, "correction Back")              // what is taken back had not left, and takeback_test.go is about it
	delete(all, "correction From")
	for name := range all {
		if !filled[name] {
			t.Errorf("nothing is ever in %s", name)
		}
	}
}

func fields(v reflect.Value, name string, filled, all map[string]bool) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		f, at := v.Field(i), name+" "+v.Type().Field(i).Name
		all[at] = true
		if !f.IsZero() {
			filled[at] = true
		}
		if f.Type() != reflect.TypeFor[keys.ID]() {
			fields(f, at, filled, all)
		}
	}
}

// Something is agreed, something is agreed as reported only, and terms reach
// most states of performance: else the properties that are tried on these
// records would hold of nothing.
func TestRecordsAreWorthTrying(t *testing.T) {
	g, r := New(seed, Options{}), record.New("go-between")
	for range 8000 {
		if _, err := r.Add(circle.Codec(), g.Next()); err != nil {
			t.Fatal(err)
		}
	}
	l := accord.Read(r.For(g.Keeper(), record.AsOf{}), g.Now())
	verdicts, states := map[accord.Verdict]int{}, map[accord.State]int{}
	for _, p := range l.Packages() {
		verdicts[l.Agreement(p.Hash).Verdict]++
	}
	for _, c := range l.Performances() {
		states[c.State]++
	}
	t.Log(verdicts, states)
	if verdicts[accord.Agreed] < 5 || verdicts[accord.AsReported] < 5 || len(states) < 12 {
		t.Errorf("too little happens: %v %v", verdicts, states)
	}
}

// However long the record, few entries are about one thing.
func TestSubjectsStaySmall(t *testing.T) {
	g := New(seed, Options{})
	acts, names, told, setup := map[keys.Hash]int{}, map[record.Name]int{}, map[string]int{}, map[record.Kind]int{}
	for range 100_000 {
		switch b := g.Next().Body.(type) {
		case accord.Act:
			acts[b.On.Hash]++
		case accord.Performance:
			acts[b.On.Hash]++
		case accord.Term:
			names[b.Name]++
		case accord.Package:
			names[b.Name]++
		case accord.Event:
			told[b.What]++
		case record.Person, record.Party, record.Role, record.Credential, record.Instruction, record.Rule, record.Approach, accord.NothingOwed:
			setup[b.Kind()]++
		}
	}
	most := func(what string, n, limit int) {
		if n > limit {
			t.Errorf("%d %s, at most %d meant", n, what, limit)
		}
	}
	for _, n := range acts {
		most("acts on a version", n, 2*maxActs)
	}
	for _, n := range names {
		most("versions of a name", n, 2*maxVersions)
	}
	for _, n := range told {
		most("statements on an event", n, 2*maxUses)
	}
	for k, n := range setup {
		most(string(k), n, 300)
	}
}

func BenchmarkNext(b *testing.B) {
	g := New(seed, Options{})
	b.ReportAllocs()
	for b.Loop() {
		g.Next()
	}
}
