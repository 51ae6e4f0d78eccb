package words

import (
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// units are the units of time that people write in English in a term, and that
// have words in every language. Any other unit is theirs, as they wrote it.
var units = map[string]string{
	"hour": "unit.hours", "hours": "unit.hours", "day": "unit.days", "days": "unit.days", "week": "unit.weeks", "weeks": "unit.weeks",
	"month": "unit.months", "months": "unit.months", "year": "unit.years", "years": "unit.years",
}

// unit gives a unit as it stands behind n. In English it stands as it was
// written.
func (b *Book) unit(unit string, n int64) string {
	if id := units[strings.ToLower(unit)]; id != "" && b.Lang() != "en" {
		return b.T(id, "N", n)
	}
	return unit
}

// Condition gives a condition in words: "once truce is carried out, and unless
// this happens: “a storm”". What is denied as a whole is told part by part,
// since "not either of these" is read in two ways.
func (b *Book) Condition(c accord.Condition) string { return b.condition(c, false) }

func (b *Book) condition(c accord.Condition, denied bool) string {
	no := ""
	if denied {
		no = "no-"
	}
	switch {
	case c.Term != "":
		return b.T("condition."+no+"term", "Term", string(c.Term))
	case c.Event != "":
		return b.T("condition."+no+"event", "Event", c.Event)
	case c.Op == "not" && len(c.Of) == 1:
		return b.condition(c.Of[0], !denied)
	}
	op := c.Op
	if denied {
		op = map[string]string{"and": "or", "or": "and"}[op]
	}
	out := ""
	for i, o := range c.Of {
		part := b.condition(o, denied)
		if compound(o) {
			part = "(" + part + ")"
		}
		if i == 0 {
			out = part
			continue
		}
		out = b.T("condition."+op, "A", out, "B", part)
	}
	return out
}

// compound reports whether a condition has several parts, at whatever depth of
// denials.
func compound(c accord.Condition) bool {
	for c.Op == "not" && len(c.Of) == 1 {
		c = c.Of[0]
	}
	return len(c.Of) > 1
}

// talkValue gives values of facts about how a talk went: how many messages in
// how many days, and how far a message came.
func (b *Book) talkValue(key, value string) (string, bool) {
	switch key {
	case "rate-before", "rate-within":
		n, days, _ := strings.Cut(strings.TrimSuffix(value, " days"), " in ")
		return b.T("value.rate", "Messages", n, "N", days), true
	case "furthest":
		step, reported := strings.CutSuffix(value, "-as-reported")
		if !reported {
			return b.Word(record.Step(step)), true
		}
		return b.T("value.step-as-reported", "Step", b.Word(record.Step(step))), true
	}
	return "", false
}
