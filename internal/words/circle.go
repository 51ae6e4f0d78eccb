package words

import (
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// circleGroup gives the group of words of a value of package circle.
func circleGroup(value any) string {
	switch value.(type) {
	case circle.Footing:
		return "footing"
	case circle.Reply:
		return "reply"
	case circle.Mishap:
		return "mishap"
	case circle.Remedy:
		return "remedy"
	case circle.Stay:
		return "stay"
	case circle.Policy:
		return "policy"
	case circle.Occasion:
		return "occasion"
	case circle.Reach:
		return "reach"
	case circle.Knowledge:
		return "knowledge"
	case circle.ClaimSort:
		return "claim"
	case circle.Part:
		return "part"
	case circle.HintSort:
		return "hint-sort"
	}
	return ""
}

// circle says the bodies of who knows, who is told, and what is said
// afterwards.
func (b *Book) circle(v *view.View, e record.Entry, body record.Body) (string, bool) {
	switch x := body.(type) {
	case circle.Disclosure:
		return b.T("entry.disclosure", "To", b.Name(v, x.To), "What", b.matter(v, x.What, x.Channel), "Nothing", x.Nothing, "Footing", b.Word(x.Footing),
			"By", b.Name(v, x.By), "How", b.Word(x.Form), "Text", b.isolate(x.Text)), true
	case circle.Request:
		return b.T("entry.request", "By", b.Name(v, x.By), "Of", b.Name(v, x.Of), "Whether", len(x.What) == 0, "What", b.matter(v, x.What, false), "How", b.Word(x.Form), "Text", b.isolate(x.Text)), true
	case circle.Answer:
		return b.T("entry.answer", "By", b.Name(v, x.By), "To", b.Name(v, x.To), "As", b.Word(x.As), "How", b.Word(x.Form), "Text", b.isolate(x.Text)), true
	case circle.PlannedLine:
		return b.T("entry.planned-line", "For", b.Name(v, x.For), "Whether", len(x.What) == 0, "What", b.matter(v, x.What, false), "As", b.Word(x.As), "Text", b.isolate(x.Text)), true
	case circle.Incident:
		return b.incident(v, x), true
	case circle.IncidentStep:
		id := "entry.incident-step"
		if x.Done {
			id = "entry.incident-step-done"
		}
		return b.T(id, "Of", b.what(v, x.Of), "Do", b.Word(x.Do), "Who", b.Name(v, x.Who), "By", b.Name(v, x.By), "Text", x.Text), true
	case circle.Plan:
		var who []record.Name
		for _, s := range x.Steps {
			who = append(who, s.Who)
		}
		return b.T("entry.notification-plan", "On", b.Word(x.On), "Text", b.Ref(v, x.Text), "What", x.What, "Who", b.Names(v, who)), true
	case circle.Notification:
		return b.T("entry.notification", "Plan", b.what(v, x.Plan), "Who", b.Name(v, x.Who), "Reach", b.Word(x.Reach), "By", b.Name(v, x.By), "How", b.Word(x.Form), "Text", x.Text), true
	case circle.Account:
		return b.account(v, x), true
	case circle.Retention:
		when, of := "", ""
		if x.On != 0 {
			when = b.Instant(x.On)
		}
		if !x.Of.IsZero() {
			of = b.what(v, x.Of)
		}
		return b.T("entry.retention", "Of", of, "Policy", b.Word(x.Policy), "When", when, "Text", x.Text), true
	}
	return "", false
}

// matter says what somebody was told or asked of: entries and texts, or that
// there is a channel.
func (b *Book) matter(v *view.View, what []record.Ref, channel bool) string {
	var parts []string
	if channel {
		parts = append(parts, b.T("circle.channel"))
	}
	for _, r := range what {
		if r.Hash.IsZero() && r.Name == "" {
			parts = append(parts, b.what(v, r.Entry))
		} else {
			parts = append(parts, b.Ref(v, r))
		}
	}
	return b.list(parts)
}

func (b *Book) incident(v *view.View, x circle.Incident) string {
	from, until := "", ""
	if x.From != 0 {
		from = b.Instant(x.From)
	}
	if x.Until != 0 {
		until = b.Instant(x.Until)
	}
	forms := make([]string, len(x.Forms))
	for i, f := range x.Forms {
		forms[i] = b.Word(f)
	}
	return b.T("entry.incident", "Sort", b.Word(x.Sort), "To", b.Name(v, x.To), "From", from, "Until", until, "People", b.Names(v, x.People),
		"Lines", b.Names(v, x.Lines), "Forms", b.list(forms), "What", b.matter(v, x.What, x.Channel), "Text", x.Text)
}

// Source says whose account it is.
func (b *Book) Source(v *view.View, s circle.Source) string {
	switch {
	case s.Name != "":
		return b.Name(v, s.Name)
	case s.Role != "":
		return b.isolate(s.Role)
	case s.Knowledge != "":
		return b.T("circle.unnamed-knowing", "Knowledge", b.Word(s.Knowledge))
	}
	return b.T("circle.unnamed")
}

func (b *Book) account(v *view.View, x circle.Account) string {
	if x.Declined {
		return b.T("entry.account-declined", "Source", b.Source(v, x.Source), "Where", x.Where)
	}
	claims := make([]string, len(x.Claims))
	for i, c := range x.Claims {
		claims[i] = b.Claim(v, c)
	}
	return b.T("entry.account", "Source", b.Source(v, x.Source), "Where", x.Where, "Claims", b.list(claims), "Text", b.isolate(x.Text))
}

// Claim says one claim of an account, within a sentence.
func (b *Book) Claim(v *view.View, c circle.Claim) string {
	on := ""
	if !c.On.IsZero() {
		on = b.matter(v, []record.Ref{c.On}, false)
	}
	id := "claim-line." + string(c.Sort)
	return b.T(id, "Who", b.Name(v, c.Who), "On", on, "Position", b.Word(c.Position), "Part", b.Word(c.Part), "Not", c.Not, "Text", b.isolate(c.Text))
}
