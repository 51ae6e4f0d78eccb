package record

// privateKind reports whether entries of that kind stay on the desk that wrote
// them. A withdrawal, and a kind that this program does not know, have nothing
// but the kind to go by: so the kinds of circle are listed here as well.
func privateKind(k Kind) bool {
	switch k {
	case KindNote, KindInstruction, KindRule, KindRole, KindComparison, KindTimeZone:
		return true
	case "disclosure", "planned-line", "incident", "incident-step", "notification-plan", "notification", "retention":
		return true
	}
	return false
}
