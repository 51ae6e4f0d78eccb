package circle

import (
	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// Names gives everybody whom a body speaks of, of whatever kind it is.
func Names(body record.Body) []record.Name {
	var out []record.Name
	add := func(list ...record.Name) {
		for _, n := range list {
			if n != "" {
				out = append(out, n)
			}
		}
	}
	switch b := body.(type) {
	case Disclosure:
		add(b.To, b.By)
		add(b.Signed...)
	case Request:
		add(b.By, b.Of)
	case Answer:
		add(b.By, b.To)
	case PlannedLine:
		add(b.For)
	case Incident:
		add(b.To)
		add(b.People...)
		add(b.Lines...)
	case IncidentStep:
		add(b.Who, b.By)
	case Plan:
		for _, s := range b.Steps {
			add(s.Who, s.By)
		}
	case Notification:
		add(b.Who, b.By)
	case Account:
		add(b.Source.Name, b.Source.Of)
		for _, c := range b.Claims {
			add(c.Who)
		}
	case record.Correction:
		return Names(b.Now)
	default:
		accordNames(body, add)
	}
	return out
}

func accordNames(body record.Body, add func(...record.Name)) {
	switch b := body.(type) {
	case record.Message:
		add(b.From, b.To, b.Translator)
		add(b.Via...)
	case record.Approach:
		add(b.Asker, b.To)
		add(b.Through...)
	case record.Credential:
		add(b.Holder, b.Party, b.Issuer)
	case record.Person:
		add(b.Name, b.Of)
	case record.Party:
		add(b.Name)
	case record.Role:
		add(b.Person, b.Party)
	case record.Instruction:
		add(b.Holder)
	case record.TimeZone:
		add(b.Of)
	case record.Conveyance:
		add(b.To)
	case record.ReadBack:
		add(b.By)
	case record.PersonStatus:
		add(b.Person)
	case record.ProofOfLife:
		add(b.Person, b.AskedBy, b.AssessedBy)
	case accord.Act:
		add(b.Party)
	case accord.Package:
		add(b.ReceiptBy)
		add(b.Needs...)
	case accord.NothingOwed:
		add(b.Party, b.Told)
	case accord.Performance:
		add(b.By)
		add(b.Persons...)
	case accord.Event:
		add(b.By)
	case accord.SoundingAnswer:
		add(b.Party)
	case accord.Criticism:
		add(b.For)
	case accord.Translation:
		add(b.Translator)
	case accord.Term:
		add(b.Debtor, b.Creditor, b.Of, b.Monitor)
		add(b.Persons...)
		add(b.Benefits...)
		add(b.Needs...)
	}
}
