package view

import (
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func (a *asker) approach([]string) error {
	for _, ap := range a.v.Approaches() {
		a.fact("asker", "", "", string(ap.Asker), ap.Entry)
		a.fact("asked-for", "", "", string(ap.To), ap.Entry)
		a.fact("through", "", "", join(ap.Through), ap.Entry)
		a.fact("when", "", "", span(ap.When.Said), ap.Entry)
		a.fact("logged-by", "", "", string(ap.By), ap.Entry)
	}
	return nil
}

func (a *asker) direct(args []string) error {
	d := a.v.Direct(record.Name(args[0]), record.Name(args[1]), a.q.Lines)
	recorded := None
	if len(d.Recorded) > 0 {
		recorded = strconv.Itoa(len(d.Recorded))
	}
	a.fact("recorded", "", "", recorded, d.Recorded...)
	line := None
	switch {
	case len(d.Lines) > 0:
		line = join(d.Lines)
	case !d.Own:
		line = "none-known" // nobody sees the lines of two other desks
	}
	a.fact("line", "", "", line)
	return nil
}

func (a *asker) messages(args []string) error {
	var from, to record.Instant
	var axes []string
	for len(args) > 0 {
		word := args[0]
		switch {
		case (word == "from" || word == "to") && len(args) > 1:
			at, err := a.instant(args[1], word == "to")
			if err != nil {
				return err
			}
			if word == "from" {
				from = at
			} else {
				to = at
			}
			args = args[2:]
			continue
		case word == "by" && len(args) > 1:
			axes, args = args[1:], nil
		default:
			return fault.New(fault.Malformed, "view.words", "write: messages from DATE to DATE by form side path", "%q is not expected here", word)
		}
	}
	for _, x := range axes {
		if x != "form" && x != "side" && x != "path" {
			return fault.New(fault.Malformed, "view.axis", "use form, side or path, after the dates", "%q is not a way to count", x)
		}
	}
	t := a.v.Traffic(from, to)
	a.fact("messages", "", "", strconv.Itoa(t.Total), t.Entries...)
	if len(axes) > 0 {
		for _, c := range t.By(axes...) {
			a.fact("count", axis(c, axes), "", strconv.Itoa(c.N), c.Entries...)
		}
	}
	rate := func(r Rate) string { return strconv.Itoa(r.Messages) + " in " + strconv.Itoa(r.Days) + " days" }
	a.fact("rate-before", "", "", rate(t.Tempo.Before))
	a.fact("rate-within", "", "", rate(t.Tempo.Within), t.Entries...)
	a.fact("tempo", "", "", string(t.Tempo.Pace), t.Entries...)
	return nil
}

func axis(c Count, axes []string) string {
	parts := make([]string, len(axes))
	for i, x := range axes {
		value := map[string]string{"form": string(c.Form), "side": string(c.Side), "path": string(c.Path)}[x]
		if value == "" {
			value = None
		}
		parts[i] = value
	}
	return strings.Join(parts, " ")
}

func (a *asker) path(args []string) error {
	for _, it := range a.v.p.InOrder() {
		ref, labelled := a.q.Labels[args[0]]
		if labelled && ref.Entry == it.ID || !labelled && len(args[0]) >= 4 && strings.HasPrefix(it.ID.String(), args[0]) {
			p, _ := a.v.Path(it.ID)
			a.pathFacts(p)
		}
	}
	return nil
}

func (a *asker) paths([]string) error {
	for _, p := range a.v.Paths() {
		a.pathFacts(p)
	}
	return nil
}

func (a *asker) pathFacts(p Path) {
	on := a.entryLabel(p.Entry)
	for i, h := range p.Hops {
		n := on + " " + strconv.Itoa(i+1)
		a.fact("hop", n, "", string(h.From)+" > "+string(h.To), h.Entry)
		a.fact("step", n, "", string(h.Step), h.Entry)
		if h.Form != "" {
			a.fact("form", n, "", string(h.Form), h.Entry)
		}
		if h.Fidelity != "" {
			a.fact("fidelity", n, "", string(h.Fidelity), h.Entry)
		}
		a.fact("reported", n, "", yesNo(h.Reported), h.Entry)
		a.fact("said-at", n, "", span(h.When.Said), h.Entry)
		a.fact("known-at", n, "", h.When.Known.String(), h.Entry)
	}
	a.fact("fidelity", on, "", string(p.Fidelity), p.Entry)
	if n := len(p.Hops); n > 0 {
		last := p.Hops[n-1]
		value := string(last.Step)
		if last.Reported {
			value += "-as-reported"
		}
		a.fact("furthest", on, last.To, value, last.Entry)
	}
	for _, r := range p.ReadBacks {
		value := "ok"
		if !r.OK {
			value = "corrected"
		}
		a.fact("read-back", on, r.By, value, r.Entry)
	}
}

func (a *asker) passed(args []string) error {
	return a.passings(a.v.Passed(record.Name(args[0]), record.Name(args[1])))
}

func (a *asker) told(args []string) error {
	switch {
	case len(args) == 1:
		return a.passings(a.v.Passed(record.Name(args[0]), ""))
	case len(args) == 3 && args[1] == "by":
		list := a.v.Passed(record.Name(args[0]), record.Name(args[2]))
		return a.passings(slices.DeleteFunc(list, func(p Passing) bool { return !a.v.isOf(p.To, record.Name(args[0])) }))
	}
	return fault.New(fault.Malformed, "view.words", "write: told WHO by WHO", "%q is not a question", a.q.Text)
}

func (a *asker) passings(list []Passing) error {
	for _, p := range list {
		a.fact("passed", string(p.From)+" > "+string(p.To), "", string(p.Kind), p.Entry)
		a.fact("said-at", string(p.From)+" > "+string(p.To), "", span(p.When.Said), p.Entry)
	}
	return nil
}

func (a *asker) alarms(args []string) error {
	found := false
	for _, al := range a.v.Alarms() {
		if len(args) == 1 && string(al.Kind) != args[0] {
			continue
		}
		found = true
		a.alarmFacts(al)
	}
	if !found {
		a.fact("alarm", "", "", None)
	}
	return nil
}

func (a *asker) alarmFacts(al Alarm) {
	on := ""
	if !al.On.IsZero() {
		on = a.label(al.On)
	}
	who := al.Party
	if who == "" {
		who = al.By
	}
	a.fact("alarm", on, who, string(al.Kind), al.Entries...)
	if al.By != "" && al.By != who {
		a.fact("alarm-by", on, who, string(al.By), al.Entries...)
	}
	if al.Other != "" {
		a.fact("alarm-other", on, who, string(al.Other), al.Entries...)
	}
	if !al.Rival.IsZero() {
		a.fact("alarm-beside", on, who, a.label(al.Rival), al.Entries...)
	}
	if al.First > 0 {
		a.fact("alarm-numbers", on, who, strconv.FormatUint(al.First, 10)+"-"+strconv.FormatUint(al.Last, 10), al.Entries...)
	}
	a.fact("alarm-since", on, who, al.Since.String(), al.Entries...)
}

// since gives the moment at which the first alarm of a kind could be raised
// here, and the entry that came last to raise it.
func (a *asker) since(args []string) error {
	for _, al := range a.v.Alarms() {
		if string(al.Kind) != args[0] {
			continue
		}
		var last keys.ID
		for _, id := range al.Entries {
			if a.v.item(id).Known == al.Since {
				last = id
			}
		}
		a.fact("since", a.alarmOn(al), al.Party, al.Since.String(), al.Entries...)
		a.fact("raised-by", a.alarmOn(al), al.Party, a.entryLabel(last), last)
	}
	return nil
}

func (a *asker) alarmOn(al Alarm) string {
	if al.On.IsZero() {
		return ""
	}
	return a.label(al.On)
}

func (a *asker) turns([]string) error {
	for _, t := range a.v.Turns() {
		on := a.entryLabel(t.Entry)
		if !t.On.IsZero() {
			on = a.label(t.On)
		}
		a.fact("turn", on, t.Who, string(t.Does), t.Entry)
	}
	return nil
}
