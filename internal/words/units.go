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

// Condition gives a condition in words: "truce and (pause or not raid)".
func (b *Book) Condition(c accord.Condition) string {
	switch {
	case c.Term != "":
		return b.isolate(string(c.Term))
	case c.Event != "":
		return b.isolate(c.String())
	case c.Op == "not" && len(c.Of) == 1:
		return b.T("condition.not", "What", b.nested(c.Of[0]))
	}
	out := ""
	for i, o := range c.Of {
		if i == 0 {
			out = b.nested(o)
			continue
		}
		out = b.T("condition."+c.Op, "A", out, "B", b.nested(o))
	}
	return out
}

func (b *Book) nested(c accord.Condition) string {
	if len(c.Of) > 0 {
		return "(" + b.Condition(c) + ")"
	}
	return b.Condition(c)
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
