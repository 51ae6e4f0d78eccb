package viewtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Asked is one thing asked of a view and what it said.
type Asked struct {
	What   string // the method or the question, with its arguments
	Answer string
}

// Names is what the methods of a view are asked about, besides what the view
// itself shows: what only another desk or another reader knows, to see that it
// is not there.
type Names struct {
	Items []record.Item
	Lines []record.Name // who is at the other end of the desk's lines
	Limit int           // how many sets of arguments for one method, at most; 0: 40
}

// Everything asks v all that there is to ask. The same record gives the same
// list.
func Everything(v *view.View, n Names) []Asked { return everything(v, n).out }

// Values gives values of every type that v shows, some of each.
func Values(v *view.View, n Names) map[reflect.Type][]reflect.Value { return everything(v, n).shown }

func everything(v *view.View, n Names) *asker {
	a := &asker{
		v: v, n: n, rng: rand.New(rand.NewPCG(1, 2)), seen: map[any]bool{},
		other: map[reflect.Type][]reflect.Value{}, shown: map[reflect.Type][]reflect.Value{},
	}
	if a.n.Limit == 0 {
		a.n.Limit = 40
	}
	for _, it := range v.Projection().Items() {
		a.take(reflect.ValueOf(it.Item))
		a.show(reflect.ValueOf(it), 0)
		a.say("item "+it.ID.String(), Dump(it))
	}
	for _, it := range n.Items {
		a.take(reflect.ValueOf(it))
		got, ok := v.Projection().Get(it.ID)
		a.say("get "+it.ID.String(), Dump(got), ok)
	}
	a.strings = append(a.strings, "truce", "2025-02-01", "2025-02-02T10:00:00Z", "from", "to", "by", "form", "side", "path", "nobody", "", "rival-texts")
	a.methods("view", reflect.ValueOf(v))
	a.methods("ledger", reflect.ValueOf(v.Ledger()))
	a.questions()
	slices.SortFunc(a.out, func(x, y Asked) int { return cmp.Compare(x.What, y.What) })
	a.out = slices.Compact(a.out)
	return a
}

// Differ gives the first thing that two lists say differently, or "". Where
// they say different items, it gives those, since the rest follows.
func Differ(a, b []Asked) string {
	other := map[string]string{}
	for _, x := range b {
		other[x.What] = x.Answer
	}
	best := ""
	for _, x := range a {
		y, both := other[x.What]
		delete(other, x.What)
		switch {
		case both && y == x.Answer || best != "" && !strings.HasPrefix(x.What, "item "):
		case !both:
			best = "only the first says: " + x.What + "\n" + x.Answer
		default:
			l, r := from(x.Answer, y)
			best = fmt.Sprintf("%s\n… %s\n… %s", x.What, l, r)
		}
		if strings.HasPrefix(x.What, "item ") && best != "" {
			return best
		}
	}
	for _, x := range b {
		if _, only := other[x.What]; only && (best == "" || strings.HasPrefix(x.What, "item ")) {
			return "only the second says: " + x.What + "\n" + x.Answer
		}
	}
	return best
}

// from gives two texts from a little before where they differ.
func from(a, b string) (string, string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	i = max(0, i-200)
	return a[i:min(len(a), i+600)], b[i:min(len(b), i+600)]
}

type asker struct {
	v    *view.View
	n    Names
	rng  *rand.Rand
	out  []Asked
	seen map[any]bool

	ids     []keys.ID
	hashes  []keys.Hash
	names   []record.Name
	times   []record.Instant
	refs    []record.Ref
	entries []record.Entry
	strings []string
	shown   map[reflect.Type][]reflect.Value
	other   map[reflect.Type][]reflect.Value // whatever else is in what it names
}

func (a *asker) say(what string, answer ...any) {
	a.out = append(a.out, Asked{what, fmt.Sprint(answer...)})
}

// take gathers what a value names.
func (a *asker) take(v reflect.Value) {
	if !v.IsValid() {
		return
	}
	if v.CanInterface() {
		if list := a.other[v.Type()]; len(list) < 64 && v.Comparable() && !v.IsZero() {
			a.other[v.Type()] = append(list, v)
		}
		switch x := v.Interface().(type) {
		case record.Item:
			if !a.seen[x.ID] {
				a.entries = append(a.entries, x.Entry)
			}
		case accord.Term:
			keep(a, &a.hashes, x.Hash())
			keep(a, &a.refs, x.Ref().Ref())
		case accord.Package:
			keep(a, &a.hashes, x.Hash())
			keep(a, &a.refs, x.Ref())
		case keys.ID:
			keep(a, &a.ids, x)
			return
		case keys.Hash:
			keep(a, &a.hashes, x)
			return
		case record.Name:
			keep(a, &a.names, x)
			return
		case record.Instant:
			keep(a, &a.times, x)
			return
		case record.Ref:
			keep(a, &a.refs, x)
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		a.take(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			a.take(v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			a.take(v.Index(i))
		}
	}
}

// show keeps some of each type that the view gives.
func (a *asker) show(v reflect.Value, depth int) {
	if !v.IsValid() || v.IsZero() || !v.CanInterface() || slices.Contains(whole, v.Type()) || depth > 12 {
		return
	}
	if list := a.shown[v.Type()]; len(list) < 200 {
		a.shown[v.Type()] = append(list, v)
	} else if i := a.rng.IntN(8 * len(list)); i < len(list) {
		list[i] = v
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		a.show(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			a.show(v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			a.show(v.Index(i), depth+1)
		}
	}
}

func keep[T comparable](a *asker, list *[]T, x T) {
	var zero T
	if x != zero && !a.seen[x] {
		a.seen[x] = true
		*list = append(*list, x)
	}
}

// methods calls every method of v with what there is of each type. A method
// with an argument of another type is refused, so that whoever adds one says
// here what to ask.
func (a *asker) methods(of string, v reflect.Value) {
	for i := range v.NumMethod() {
		m := v.Type().Method(i)
		if skipped[of+" "+m.Name] {
			continue
		}
		for _, args := range a.arguments(of+" "+m.Name, v.Method(i).Type()) {
			what := of + " " + m.Name
			for _, arg := range args {
				what += " " + Dump(arg.Interface())
			}
			var said []any
			for _, r := range v.Method(i).Call(args) {
				a.show(r, 0)
				said = append(said, " ", Dump(r.Interface()))
			}
			a.say(what, said...)
		}
	}
}

// skipped are methods that answer nothing.
var skipped = map[string]bool{"view Projection": true, "view Ledger": true, "ledger Projection": true, "ledger Update": true, "view Next": true}

func (a *asker) arguments(what string, m reflect.Type) [][]reflect.Value {
	sets := make([][]reflect.Value, m.NumIn())
	total := 1
	for i := range sets {
		sets[i] = a.values(what, m.In(i))
		total = min(total*len(sets[i]), 1<<20)
	}
	if m.IsVariadic() {
		panic("viewtest: " + what + " takes any number: say in skipped, or in arguments, what to ask")
	}
	var out [][]reflect.Value
	if total <= a.n.Limit {
		for n := range total {
			var args []reflect.Value
			for _, set := range sets {
				args = append(args, set[n%len(set)])
				n /= len(set)
			}
			out = append(out, args)
		}
		return out
	}
	for range a.n.Limit {
		var args []reflect.Value
		for _, set := range sets {
			args = append(args, set[a.rng.IntN(len(set))])
		}
		out = append(out, args)
	}
	return out
}

// values gives what there is to ask of type t.
func (a *asker) values(what string, t reflect.Type) []reflect.Value {
	switch t {
	case reflect.TypeFor[keys.ID]():
		return values(append(a.ids, keys.ID{}))
	case reflect.TypeFor[keys.Hash]():
		return values(append(a.hashes, keys.Hash{}))
	case reflect.TypeFor[record.Name]():
		return values(append(a.names, "", "nobody"))
	case reflect.TypeFor[record.Instant]():
		return values(append(a.times, 0))
	case reflect.TypeFor[record.Ref]():
		return values(append(a.refs, record.Ref{}))
	case reflect.TypeFor[[]record.Ref]():
		return values([][]record.Ref{nil, a.refs[:min(2, len(a.refs))]})
	case reflect.TypeFor[record.Entry]():
		return values(append(a.entries, record.Entry{}))
	case reflect.TypeFor[[]record.Entry]():
		return values([][]record.Entry{nil, a.entries[:min(2, len(a.entries))]})
	case reflect.TypeFor[record.Seen]():
		return values(append(slices.Clone(a.v.Projection().Items()), record.Seen{}))
	case reflect.TypeFor[accord.Package]():
		var out []accord.Package
		for _, e := range a.entries {
			if p, ok := e.Body.(accord.Package); ok {
				out = append(out, p)
			}
		}
		return values(append(out, accord.Package{}))
	case reflect.TypeFor[[]record.Name]():
		return values([][]record.Name{nil, a.n.Lines})
	case reflect.TypeFor[string]():
		return values(a.words())
	case reflect.TypeFor[int]():
		return values([]int{0, 1, 7})
	case reflect.TypeFor[bool]():
		return values([]bool{false, true})
	case reflect.TypeFor[circle.Phrases]():
		return values([]circle.Phrases{nil, {circle.HintAgreed: {"the"}, circle.HintBefore: {"a", "of"}, circle.HintChannel: {"days"}}})
	}
	if list := a.other[t]; len(list) > 0 {
		return list
	}
	panic(fmt.Sprintf("viewtest: %s takes a %s: say in values what to ask, or in skipped that it answers nothing", what, t))
}

func values[T any](list []T) []reflect.Value {
	out := make([]reflect.Value, len(list))
	for i, x := range list {
		out[i] = reflect.ValueOf(&x).Elem()
	}
	return out
}

// words gives what may stand in a question: names, ids, versions, dates.
func (a *asker) words() []string {
	out := slices.Clone(a.strings)
	for _, n := range a.names {
		out = append(out, string(n))
	}
	for i, id := range a.ids {
		out = append(out, []string{id.String(), id.Short()}[i%2])
	}
	for i, r := range a.refs {
		if r.Name != "" {
			out = append(out, []string{string(r.Name), fmt.Sprintf("%s@%d", r.Name, r.Version), fmt.Sprintf("%s@%d#%s", r.Name, r.Version, r.Hash.String()[:min(8, len(r.Hash.String()))])}[i%3])
		}
	}
	return out
}

// questions asks Ask everything. Which questions there are it says itself, when
// it is asked one that there is not.
func (a *asker) questions() {
	_, err := view.Ask(a.v, view.Query{Text: "no-such-question"})
	hint := strings.NewReplacer(",", " ", " or ", " ").Replace(strings.TrimPrefix(fault.HintOf(err), "use "))
	verbs := strings.Fields(hint)
	if len(verbs) < 10 {
		panic("viewtest: view.Ask no longer says which questions there are")
	}
	words := a.words()
	for _, verb := range verbs {
		for n := range 4 {
			for range min(1+n*a.n.Limit, a.n.Limit) {
				text := verb
				for range n {
					text += " " + words[a.rng.IntN(len(words))]
				}
				answer, err := view.Ask(a.v, view.Query{Text: text, Lines: a.n.Lines})
				a.show(reflect.ValueOf(answer), 0)
				a.say("ask "+text, Dump(answer), err)
			}
		}
	}
}
