package web

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// room is a few desks in memory whose lines deliver at once. Everything in it
// goes through convey, as on a real desk.
type room struct {
	desks map[record.Name]*fake
	drawn uint64
}

// fake is a desk in memory.
type fake struct {
	pouch      func(desk.PouchOrder) (desk.PouchAnswer, error)
	departures []desk.Departure
	takeBack   func(keys.ID) (desk.Departure, error)
	prove      func(desk.ProofOrder) (desk.ProofAnswer, error)

	room   *room
	keeper record.Name
	codec  record.Codec

	mu       sync.Mutex
	record   *record.Record
	clock    record.Instant
	lines    []desk.LineStatus
	relay    desk.RelayStatus
	subs     []chan struct{}
	commits  int
	enrolls  []string
	joins    []string
	compares []string
	backups  []desk.Backup
	frozen   *record.Record // given as it is, where a benchmark does not want copies
}

func newRoom(names ...record.Name) *room {
	r := &room{desks: map[record.Name]*fake{}}
	for _, n := range names {
		r.desks[n] = &fake{
			room: r, keeper: n, codec: circle.Codec(), record: record.New(n), clock: at("2025-05-26T09:00:00Z"),
			relay: desk.RelayStatus{
				Address: "relay.example:7443", Cohort: "spring", Online: true, Tick: 412, Period: 30 * time.Second,
				Enrolled: 29, Capacity: 32, Vouched: 3, BytesUp: 421_888, BytesDown: 13_500_416, DayBytes: 94_000_000,
			},
		}
	}
	return r
}

// join opens a line between two desks.
func (r *room) join(a, b record.Name) {
	for _, p := range [][2]record.Name{{a, b}, {b, a}} {
		r.desks[p[0]].lines = append(r.desks[p[0]].lines, lineTo(p[1]))
	}
}

// lineTo is an open line.
func lineTo(peer record.Name) desk.LineStatus {
	return desk.LineStatus{Peer: peer, Phase: desk.Opened, Words: keys.Words([]byte("the same words at both ends of it"), 12), Epoch: 3, Heard: at("2025-05-26T08:59:30Z")}
}

func at(s string) record.Instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return record.At(t)
}

func (r *room) id() keys.ID {
	r.drawn++
	var id keys.ID
	id[0] = 0xee
	binary.BigEndian.PutUint64(id[8:], r.drawn)
	return id
}

func (f *fake) Keeper() record.Name { return f.keeper }

func (f *fake) Clock(context.Context) (record.Instant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock, nil
}

func (f *fake) SetClock(_ context.Context, i record.Instant) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = i
	return nil
}

func (f *fake) Record(context.Context) (*record.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen != nil {
		return f.frozen, nil
	}
	c := record.New(f.keeper)
	for _, it := range f.record.Known() {
		if _, err := c.Add(f.codec, it); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (f *fake) Write(_ context.Context, m desk.Mode, drafts ...record.Entry) (convey.Plan, error) {
	return f.plan(m, func(c convey.Context) (convey.Plan, error) { return convey.Write(c, drafts...) })
}

func (f *fake) Carry(_ context.Context, m desk.Mode, o convey.Order) (convey.Plan, error) {
	return f.plan(m, func(c convey.Context) (convey.Plan, error) { return convey.Carry(c, o) })
}

func (f *fake) plan(m desk.Mode, make func(convey.Context) (convey.Plan, error)) (convey.Plan, error) {
	f.mu.Lock()
	p, err := make(convey.Context{Record: f.record, Now: f.clock, NewID: f.room.id, Key: f.key})
	if err == nil {
		for _, parcel := range p.Parcels {
			if !slices.ContainsFunc(f.lines, func(l desk.LineStatus) bool { return l.Peer == parcel.To && l.Phase == desk.Opened }) {
				err = fault.New(fault.NotFound, "desk.no-line", "invite them first", "there is no line to %s", parcel.To)
			}
		}
	}
	if err != nil || m == desk.Preview {
		f.mu.Unlock()
		return p, err
	}
	f.commits++
	for _, e := range p.Entries {
		if _, err := f.record.Add(f.codec, record.Item{Entry: e, Known: f.clock, Came: record.ByHand()}); err != nil {
			f.mu.Unlock()
			return p, err
		}
	}
	f.changed()
	f.mu.Unlock()
	for _, parcel := range p.Parcels {
		frame, err := parcel.Encode(f.codec)
		if err != nil {
			return p, err
		}
		if other := f.room.desks[parcel.To]; other != nil {
			if err := other.take(f.keeper, frame); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

func (f *fake) take(peer record.Name, frame []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	got, err := convey.Receive(convey.Context{Record: f.record, Now: f.clock, NewID: f.room.id}, f.codec, peer, frame)
	if err != nil || len(got.Refused) > 0 {
		return fmt.Errorf("%s: %v %v", f.keeper, err, got.Refused)
	}
	for _, it := range got.Items {
		if _, err := f.record.Add(f.codec, it); err != nil {
			return err
		}
	}
	f.changed()
	return nil
}

func (f *fake) changed() {
	for _, c := range f.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *fake) Lines(context.Context) ([]desk.LineStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lines), nil
}

func (f *fake) Relay(context.Context) (desk.RelayStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.relay, nil
}

func (f *fake) Enrol(_ context.Context, address, ticket string) error {
	if ticket == "old" {
		return fault.New(fault.Expired, "relay.ticket", "ask for another", "this ticket has expired")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enrolls = append(f.enrolls, address+" "+ticket)
	f.relay.Address = address
	return nil
}

func (f *fake) AddRelay(context.Context, string, string) error { return nil }

func (f *fake) LeaveRelay(context.Context, string) error { return nil }

func (f *fake) Revocation(context.Context, string) (string, string, error) {
	return f.relay.Address, "bcr1", nil
}

func (f *fake) Invite(_ context.Context, o desk.InviteOrder) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, desk.LineStatus{Peer: o.For, Phase: desk.Invited, Inviter: true, Expires: f.clock + record.Instant(o.Expires.Milliseconds())})
	return "bci1-an-invite-for-" + string(o.For), nil
}

func (f *fake) Join(_ context.Context, invite string, peer record.Name) error {
	if invite == "used" {
		return fault.New(fault.Expired, "line.invite-used", "ask for a new one", "this invite was used already")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.joins = append(f.joins, invite)
	f.lines = append(f.lines, desk.LineStatus{Peer: peer, Phase: desk.Invited})
	return nil
}

func (f *fake) Compared(_ context.Context, peer record.Name, same bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.lines {
		if f.lines[i].Peer == peer {
			f.lines[i].Compared = same
			if !same {
				f.lines[i].Phase, f.lines[i].Trouble = desk.Stopped, "The words differ."
			}
		}
	}
	return nil
}

func (f *fake) CompareLine(_ context.Context, peer record.Name, step desk.CompareStep) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.compares = append(f.compares, string(step)+" "+string(peer))
	return nil
}

func (f *fake) Hangup(_ context.Context, peer record.Name) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = slices.DeleteFunc(f.lines, func(l desk.LineStatus) bool { return l.Peer == peer })
	return nil
}

func (f *fake) Destroy(_ context.Context, m desk.Mode, o desk.DestroyOrder) (desk.Destruction, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out desk.Destruction
	p := f.record.For(f.keeper, record.AsOf{})
	by := map[keys.ID]circle.Doom{}
	for _, x := range circle.Read(p).Dooms(accord.Read(p, max(f.clock, o.At)), circle.Order{Named: o.Named, Only: o.Only, Agreed: o.Agreed, If: o.If, Closed: o.Closed}) {
		if x.Stays != "" {
			out.Stays = append(out.Stays, x)
			continue
		}
		out.Goes = append(out.Goes, x)
		by[x.Entry] = x
	}
	if m == desk.Preview {
		return out, nil
	}
	left := record.New(f.keeper)
	for _, it := range f.record.Known() {
		if x, goes := by[it.ID]; goes {
			it = record.Bury(it, record.Destroyed{On: f.clock, By: x.By})
		}
		if _, err := left.Add(f.codec, it); err != nil {
			return out, err
		}
	}
	f.record = left
	return out, nil
}

func (f *fake) Backup(_ context.Context, file string) (desk.Backup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.backups = append(f.backups, desk.Backup{File: file, Made: f.clock})
	return f.backups[len(f.backups)-1], nil
}

func (f *fake) Backups(context.Context) ([]desk.Backup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.backups), nil
}

func (f *fake) Revoke(ctx context.Context, peer record.Name) error { return f.Hangup(ctx, peer) }

func (f *fake) Rekey(_ context.Context, o desk.RekeyOrder) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.lines {
		if f.lines[i].Peer == o.For {
			f.lines[i].Fresh = &desk.FreshKeys{Made: f.clock, Inviter: o.Take == ""}
		}
	}
	if o.Take != "" {
		return "", nil
	}
	return "bci1-fresh-keys-for-" + string(o.For), nil
}

func (f *fake) Lost(ctx context.Context, peer record.Name) error { return f.Hangup(ctx, peer) }

func (f *fake) Pouch(_ context.Context, o desk.PouchOrder) (desk.PouchAnswer, error) {
	if f.pouch == nil {
		return desk.PouchAnswer{}, nil
	}
	return f.pouch(o)
}

func (f *fake) Departures(context.Context) ([]desk.Departure, error) { return f.departures, nil }

func (f *fake) TakeBack(_ context.Context, entry keys.ID) (desk.Departure, error) {
	if f.takeBack == nil {
		return desk.Departure{}, nil
	}
	return f.takeBack(entry)
}

func (f *fake) Prove(_ context.Context, o desk.ProofOrder) (desk.ProofAnswer, error) {
	if f.prove == nil {
		return desk.ProofAnswer{}, nil
	}
	return f.prove(o)
}

func (f *fake) Changes(ctx context.Context) (<-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := make(chan struct{}, 1)
	f.subs = append(f.subs, c)
	go func() {
		<-ctx.Done()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.subs = slices.DeleteFunc(f.subs, func(o chan struct{}) bool { return o == c })
		close(c)
	}()
	return c, nil
}

// must writes drafts on a desk.
func (f *fake) must(t *testing.T, drafts ...record.Entry) {
	t.Helper()
	if _, err := f.Write(t.Context(), desk.Commit, drafts...); err != nil {
		t.Fatal(err)
	}
}

// find gives the first entry of a desk that match likes.
func (f *fake) find(t *testing.T, match func(record.Item) bool) record.Item {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.record.Known() {
		if match(it) {
			return it
		}
	}
	t.Fatalf("%s: no such entry", f.keeper)
	return record.Item{}
}

// cast is who is in most talks of these tests: two parties, an absent ally, and
// who speaks for whom; with the envoy's title.
func cast(envoy string) []record.Entry {
	return []record.Entry{
		{Body: record.Party{Name: "power", Title: "The power"}},
		{Body: record.Party{Name: "movement", Title: "The movement"}},
		{Body: record.Party{Name: "ally", Title: "The ally", Side: "power", Absent: true}},
		{Body: record.Person{Name: "envoy", Title: envoy, Of: "power"}},
		{Body: record.Person{Name: "official", Title: "The movement's senior official", Of: "movement"}},
		{Body: record.Person{Name: "go-between", Title: "The go-between"}},
		{Body: record.Role{Person: "envoy", Party: "power", As: record.Envoy}},
		{Body: record.Role{Person: "official", Party: "movement", As: record.Principal}},
		{Body: record.Role{Person: "go-between", As: record.GoBetween}},
	}
}

// rivalCase plays two texts under one name: the envoy proposes version A, the
// official accepts B, both through the go-between.
func rivalCase(t *testing.T) *room {
	t.Helper()
	r := newRoom("go-between", "envoy", "official")
	r.join("go-between", "envoy")
	r.join("go-between", "official")
	gb, envoy, official := r.desks["go-between"], r.desks["envoy"], r.desks["official"]
	for _, f := range []*fake{gb, envoy, official} {
		f.must(t, cast("The envoy")...)
	}
	envoy.must(t, record.Entry{
		Audience: []record.Name{"go-between"}, Carrying: record.Carrying{Pass: record.PassMay}, Body: record.Message{
			From: "envoy", To: "official", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Propose,
			Text: "We can speak of a ceasefire of forty-five to sixty days. Let me hear what they say.",
		}})
	propose(t, envoy, "power", accord.Proposed, ceasefire("ceasefire", 45, 60), count("captives", 10, "living captives"), count("bodies", 19, "bodies"))
	gb.must(t, record.Entry{SaidBy: "official", HeardFrom: "official", Said: record.Interval{From: at("2025-04-01T00:00:00Z"), To: at("2025-04-30T23:59:59Z")},
		Body: record.Message{From: "official", To: "go-between", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Ask, Text: "They ask for a channel."}})
	propose(t, official, "movement", accord.Accepted, ceasefire("ceasefire", 70, 70), count("captives", 10, "living captives"), accord.Term{
		Name: "guarantee", Version: 1, Sort: accord.Guarantee, Debtor: "power", Covers: []record.Name{"ceasefire"}, Action: "hostilities do not resume", Salt: keys.ID{4},
	})
	official.must(t, record.Entry{Audience: []record.Name{"go-between"}, Body: record.Message{
		From: "official", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Accept, Lang: "ar",
		Text: "قبلنا المقترح كما هو.",
	}})
	return r
}

func ceasefire(name record.Name, lo, hi int64) accord.Term {
	return accord.Term{Name: name, Version: 1, Sort: accord.Obligation, Action: "hostilities cease", Period: accord.Range{Min: lo, Max: hi, Unit: "days"}, Needs: []record.Name{"ally"}, Salt: keys.ID{byte(lo)}}
}

func count(name record.Name, n int64, unit string) accord.Term {
	return accord.Term{Name: name, Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "are released", Quantity: []accord.Range{{Min: n, Max: n, Unit: unit}}, Salt: keys.ID{byte(n)}}
}

func propose(t *testing.T, f *fake, party record.Name, position accord.Position, terms ...accord.Term) {
	t.Helper()
	pk := accord.Package{Name: "truce", Version: 1, Needs: []record.Name{"power", "movement"}, Salt: keys.ID{byte(len(party))}}
	to := []record.Name{"go-between"}
	var drafts []record.Entry
	for _, term := range terms {
		pk.Terms = append(pk.Terms, term.Ref())
		drafts = append(drafts, record.Entry{Audience: to, Body: term})
	}
	drafts = append(drafts, record.Entry{Audience: to, Body: pk}, record.Entry{Audience: to, Body: accord.Act{Party: party, Position: position, On: pk.Ref()}})
	f.must(t, drafts...)
}
