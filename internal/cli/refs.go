package cli

import (
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// findEntry gives the entry whose id begins with the digits s.
func findEntry(p *record.Projection, r *record.Record, s string) (record.Seen, error) {
	id, err := r.Find(strings.ToLower(s))
	if err != nil {
		return record.Seen{}, err
	}
	it, ok := p.Get(id)
	if !ok {
		return it, fault.New(fault.NotFound, "cli.no-entry", "leave out --as-it-stood and --as-we-knew, or look it up with `backchannel record`", "no entry %q here as of then", s)
	}
	return it, nil
}

// reference reads what an entry is about: an entry's id or a version.
func reference(r *record.Record, v *view.View, s string) (record.Ref, error) {
	if !strings.ContainsAny(s, "@#") {
		if id, err := r.Find(strings.ToLower(s)); err == nil {
			return record.Ref{Entry: id}, nil
		}
	}
	return v.Version(s)
}
