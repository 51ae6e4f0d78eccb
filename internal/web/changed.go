package web

import (
	"net/http"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

// changedPage is what changed since a moment.
type changedPage struct {
	Since   string // the picker
	Said    bool
	Head    string
	Moved   []string
	Entries []entryView
	More    bool
}

const maxChanged = 100 // entries shown; the rest stands in the record

// changed shows what changed since a moment: by what this desk knew then, or as
// it stood then.
func (c *call) changed(w http.ResponseWriter, r *http.Request) error {
	since, err := instant(r.URL.Query(), "since")
	if err != nil {
		return err
	}
	p := changedPage{Since: r.URL.Query().Get("since"), Said: r.URL.Query().Get("said") != ""}
	if since == 0 {
		since = c.now - record.Instant(24*time.Hour/time.Millisecond)
	}
	then := record.AsOf{Knew: since}
	if p.Said {
		then = record.AsOf{Stood: since}
	}
	changes := view.Changed(view.Of(c.rec.For(c.f.h.Keeper(), then), since), c.view)
	p.Head = c.t("changed.since", "When", c.f.book.Instant(since), "Said", p.Said)
	p.Moved = c.f.book.Changes(c.view, changes)
	for i := len(changes.New) - 1; i >= 0; i-- {
		if len(p.Entries) == maxChanged {
			p.More = true
			break
		}
		if seen, ok := c.all.Get(changes.New[i]); ok {
			p.Entries = append(p.Entries, c.entryView(seen, false))
		}
	}
	c.show(w, http.StatusOK, "changed", c.t("web.changed.title"), false, p)
	return nil
}
