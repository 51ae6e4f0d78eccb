package circle

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Open gives a step of the checklist that is still to be done.
func (x Exposure) Open(do Remedy, who record.Name) (Step, error) {
	i := slices.IndexFunc(x.Steps, func(s Step) bool { return s.Do == do && s.Who == who })
	switch {
	case i < 0:
		return Step{}, fault.New(fault.NotFound, "circle.no-step", "look at the checklist, or write the step down first", "%s %s is no step about this incident", do, who)
	case x.Steps[i].Done:
		return Step{}, fault.New(fault.Exists, "circle.step-done", "nothing is left to do here", "%s %s is done already", do, who)
	}
	return x.Steps[i], nil
}

// Telling gives what tells somebody of an incident over the line to him, in
// words that the keeper chose, and the note that it was done. They are one
// transaction: no note without a message. What the incident is stays here; he
// is given the words alone.
func (x Exposure) Telling(keeper record.Name, id keys.ID, who record.Name, words string) ([]record.Entry, error) {
	if _, err := x.Open(Tell, who); err != nil {
		return nil, err
	}
	m := record.Message{From: keeper, To: who, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Warn, Text: words}
	return []record.Entry{
		{ID: id, Audience: []record.Name{who}, Body: m},
		{About: []record.Ref{{Entry: id}}, Body: IncidentStep{Of: x.Entry, Do: Tell, Who: who, Done: true, By: keeper}},
	}, nil
}

// Concerned gives whom a step about an incident touches, beside the one that it
// names: everybody else who is affected.
func (x Exposure) Concerned(who record.Name) []record.Name {
	return slices.DeleteFunc(slices.Clone(x.Affected), func(n record.Name) bool { return n == who })
}
