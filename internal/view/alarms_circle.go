package view

import (
	"cmp"
	"slices"
	"time"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The alarms about who is told, and what is done after a mishap. On is the
// incident, the plan, the request or the answer.
const (
	IncidentOpen   AlarmKind = "incident-open"  // First steps about the incident On, a What, are to be done
	HeldUp         AlarmKind = "held-up"        // the plan On waits for Party: What is "tell", by By, or "acknowledge", and Other waits behind
	NotReachable   AlarmKind = "not-reached"    // By could not reach Party, First times, as the plan On has it
	RequestOpen    AlarmKind = "request-open"   // Party asked By, in On, and nothing was answered, nor that nothing is
	SaidOtherwise  AlarmKind = "said-otherwise" // By answered Party, in On, other than was planned: What
	heldTooLong              = time.Hour        // how long a plan may stand before somebody ought to look
	heldForTooLong           = record.Instant(heldTooLong / time.Millisecond)
)

// circle looks for what is open about one entry of who knows and who is told.
func (a *alarms) circle(it record.Seen) {
	if record.IsPrivate(it.Body) && it.By != a.v.p.Keeper() {
		return
	}
	switch it.Body.(type) {
	case circle.Incident:
		a.openSteps(it)
	case circle.Plan:
		a.heldUp(it)
	case circle.Request:
		a.request(it)
	}
}

func (a *alarms) openSteps(it record.Seen) {
	b, steps, ok := a.v.ring().Steps(it.ID)
	if !ok {
		return
	}
	al := Alarm{Kind: IncidentOpen, On: record.Ref{Entry: it.ID}, What: string(b.Sort)}
	for _, s := range steps {
		if !s.Done {
			al.First++
		}
	}
	if al.First > 0 {
		a.raise(al, it.ID)
	}
}

// heldUp looks for whom a plan waits: it was tried to tell him and he was not
// reached, or nothing has moved for too long.
func (a *alarms) heldUp(it record.Seen) {
	f, ok := a.v.ring().Following(it.ID, a.v.l)
	if !ok || !f.Begun {
		return
	}
	i := slices.IndexFunc(f.Steps, func(t circle.Telling) bool {
		behind := func(o circle.Telling) bool { return o.HeldBy == t.Who }
		return t.Turn == circle.Next || t.Turn == circle.WasTold && slices.ContainsFunc(f.Steps, behind)
	})
	if i < 0 {
		return
	}
	t := f.Steps[i]
	al := Alarm{Party: t.Who, By: cmp.Or(t.By, a.v.p.Keeper()), On: record.Ref{Entry: it.ID}}
	if t.Turn == circle.Next && t.Attempts > 0 {
		al.Kind, al.First = NotReachable, uint64(t.Attempts)
		ids := []keys.ID{it.ID}
		for _, n := range f.Notes {
			if n.Who == t.Who && n.Reach == circle.NotReached {
				ids = append(ids, n.Entry)
			}
		}
		a.raise(al, ids...)
		return
	}
	moved, since := a.moved(f)
	if due := since + heldForTooLong; a.v.now < due {
		a.v.book.Until(int64(due))
		return
	}
	al.Kind, al.Since, al.What = HeldUp, since+heldForTooLong, "tell"
	if t.Turn == circle.WasTold {
		al.What = "acknowledge"
	}
	if j := slices.IndexFunc(f.Steps, func(o circle.Telling) bool { return o.HeldBy == t.Who }); j >= 0 {
		al.Other = f.Steps[j].Who
	}
	a.raise(al, append([]keys.ID{it.ID}, moved...)...)
}

// moved gives what last brought a plan on, and when that was.
func (a *alarms) moved(f circle.Following) (last []keys.ID, at record.Instant) {
	see := func(id keys.ID) {
		it := a.v.item(id)
		if when := it.When(); when > at || len(last) == 0 {
			last, at = []keys.ID{id}, when
		}
	}
	for _, id := range f.On {
		see(id)
	}
	for _, n := range f.Notes {
		if n.Reach != circle.NotReached {
			see(n.Entry)
		}
	}
	return last, at
}

// request looks whether somebody asked whoever keeps this desk, or somebody
// whose answers he logs, and has no answer; and for answers other than planned.
func (a *alarms) request(it record.Seen) {
	r, ok := a.v.ring().Asked(it.ID)
	if !ok {
		return
	}
	keeper := a.v.p.Keeper()
	if mine := r.Request.Of == keeper || it.By == keeper && r.Request.By != keeper; mine && len(r.Answers) == 0 {
		a.raise(Alarm{Kind: RequestOpen, Party: r.Request.By, By: r.Request.Of, On: record.Ref{Entry: it.ID}}, it.ID)
	}
	for _, x := range r.Answers {
		if x.Else {
			a.raise(Alarm{Kind: SaidOtherwise, Party: r.Request.By, By: x.By, On: record.Ref{Entry: x.Entry}, What: string(x.As)}, it.ID, r.Line, x.Entry)
		}
	}
}
