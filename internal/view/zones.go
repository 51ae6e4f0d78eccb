package view

import (
	"cmp"
	"slices"

	"backchannel/internal/record"
)

// Zones gives the clocks by which parties and people live, as the keeper noted
// them: of each the newest, and none where it was taken away. By name.
func (v *View) Zones() []record.TimeZone {
	newest := map[record.Name]record.TimeZone{}
	for _, it := range v.under(key{of: keyZone}) {
		if z, ok := it.Body.(record.TimeZone); ok && it.By == v.p.Keeper() {
			newest[z.Of] = z
		}
	}
	var out []record.TimeZone
	for _, z := range newest {
		if z.Zone != "" {
			out = append(out, z)
		}
	}
	slices.SortFunc(out, func(a, b record.TimeZone) int { return cmp.Compare(a.Of, b.Of) })
	return out
}
