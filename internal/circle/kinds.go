package circle

import (
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The kinds of entry of this package.
const (
	KindDisclosure   record.Kind = "disclosure"
	KindRequest      record.Kind = "request"
	KindAnswer       record.Kind = "answer"
	KindPlannedLine  record.Kind = "planned-line"
	KindIncident     record.Kind = "incident"
	KindIncidentStep record.Kind = "incident-step"
	KindPlan         record.Kind = "notification-plan"
	KindNotification record.Kind = "notification"
	KindAccount      record.Kind = "account"
	KindRetention    record.Kind = "retention"
)

// Codec gives the codec for every kind that there is: of record, of accord and
// of this package.
func Codec() record.Codec {
	return accord.Codec(record.DecoderOf[Disclosure](), record.DecoderOf[Request](), record.DecoderOf[Answer](),
		record.DecoderOf[PlannedLine](), record.DecoderOf[Incident](), record.DecoderOf[IncidentStep](), record.DecoderOf[Plan](),
		record.DecoderOf[Notification](), record.DecoderOf[Account](), record.DecoderOf[Retention]())
}

// Bounds on what one entry says.
const (
	maxWhat   = 256 // entries and texts that one entry speaks of
	maxPeople = 64  // people, lines, steps
	maxClaims = 64  // claims of one account
)

// oneOf reports a value that is none of those allowed. The id of the fault and
// the hint name what is wrong.
func oneOf[T ~string](id, what string, got T, all ...T) error {
	if slices.Contains(all, got) {
		return nil
	}
	allowed := make([]string, len(all))
	for i, a := range all {
		allowed[i] = string(a)
	}
	return fault.New(fault.Malformed, id, "", "%q is not %s", string(got), what).WithHint("use one of: %s", strings.Join(allowed, ", "))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func optional(names ...record.Name) error {
	for _, n := range names {
		if n != "" {
			if err := n.Check(); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAll(list []record.Name, most int) error {
	if len(list) > most {
		return fault.New(fault.Limit, "circle.many", "write two entries", "more than %d people in one entry", most)
	}
	for i, n := range list {
		if err := n.Check(); err != nil {
			return err
		}
		if slices.Contains(list[:i], n) {
			return fault.New(fault.Malformed, "circle.twice", "name each once", "%s stands twice in one list", n)
		}
	}
	return nil
}

func checkRefs(list []record.Ref) error {
	if len(list) > maxWhat {
		return fault.New(fault.Limit, "circle.many-refs", "write two entries", "more than %d entries and texts in one entry", maxWhat)
	}
	for _, r := range list {
		if err := r.Check(); err != nil {
			return err
		}
	}
	return nil
}

// scrubRefs gives refs without the ids of entries that were not given.
func scrubRefs(list []record.Ref, given func(keys.ID) bool) []record.Ref {
	var out []record.Ref
	for _, r := range list {
		if r = scrubRef(r, given); !r.IsZero() {
			out = append(out, r)
		}
	}
	return out
}

func scrubRef(r record.Ref, given func(keys.ID) bool) record.Ref {
	if !r.Entry.IsZero() && !given(r.Entry) {
		r.Entry = keys.ID{}
	}
	return r
}
