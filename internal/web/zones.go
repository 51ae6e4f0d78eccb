package web

import (
	"net/http"
	"slices"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

// inFull gives the words for moments that are shown in full: by the clocks of
// the parties too, as the keeper noted them. What goes to anybody else, on a
// line or on paper, is never told with them: where he thinks that somebody is
// stays on his desk.
func (c *call) inFull() *words.Book {
	if c.clocks == nil {
		c.clocks = c.f.book.With(c.view.Zones())
	}
	return c.clocks
}

// whenSaid gives when an entry was said, or else when it was logged.
func whenSaid(b *words.Book, e record.Entry) string {
	if e.Said.IsZero() {
		return b.Instant(e.At)
	}
	return b.Interval(e.Said)
}

// zonesView is by which clocks parties and people live, and a form to note it.
type zonesView struct {
	Facts  []fact
	Whose  []option
	Common []string
}

func (c *call) zones() zonesView {
	v := zonesView{Common: commonZones()}
	whose := append(c.parties(), c.everybody("")...)
	if len(whose) == 0 {
		return v
	}
	v.Whose = c.people(whose, c.t("web.choose"))
	for _, z := range c.view.Zones() {
		text := c.t("web.zones.gone", "Place", z.Shown(), "Zone", z.Zone)
		if _, err := words.ZoneOf(z.Zone); err == nil {
			text = c.t("web.zones.now", "Place", z.Shown(), "When", c.f.book.InstantIn(c.now, z.Zone))
		}
		v.Facts = append(v.Facts, fact{Label: c.full(z.Of), Text: text})
	}
	return v
}

// zone notes by whose clock a party or a person lives. Nothing leaves the desk.
func (c *call) zone(w http.ResponseWriter, r *http.Request) error {
	z := record.TimeZone{Of: nameOf(r.PostForm, "of"), Zone: one(r.PostForm, "zone"), Place: one(r.PostForm, "place")}
	if err := z.Check(); err != nil {
		return c.lineFail(w, err)
	}
	set := slices.ContainsFunc(c.view.Zones(), func(o record.TimeZone) bool { return o.Of == z.Of })
	if z.Zone != "" || !set { // else it is taken away
		if _, err := words.ZoneOf(z.Zone); err != nil {
			return c.lineFail(w, err)
		}
	}
	if _, err := c.f.h.Write(c.ctx, desk.Commit, record.Entry{Body: z}); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// commonZones are those of capitals between which much is carried. Any other
// can be written.
func commonZones() []string {
	return []string{
		"UTC", "Africa/Addis_Ababa", "Africa/Algiers", "Africa/Cairo", "Africa/Johannesburg", "Africa/Khartoum", "Africa/Lagos", "Africa/Nairobi", "Africa/Tripoli", "Africa/Tunis",
		"America/Bogota", "America/Caracas", "America/Havana", "America/Mexico_City", "America/New_York", "America/Panama", "America/Sao_Paulo",
		"Asia/Amman", "Asia/Baghdad", "Asia/Baku", "Asia/Beirut", "Asia/Colombo", "Asia/Damascus", "Asia/Dubai", "Asia/Gaza", "Asia/Hebron", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kabul", "Asia/Karachi",
		"Asia/Kathmandu", "Asia/Kolkata", "Asia/Kuwait", "Asia/Manila", "Asia/Muscat", "Asia/Qatar", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Tbilisi", "Asia/Tehran", "Asia/Tokyo", "Asia/Yangon", "Asia/Yerevan",
		"Europe/Berlin", "Europe/Brussels", "Europe/Istanbul", "Europe/Kyiv", "Europe/London", "Europe/Madrid", "Europe/Minsk", "Europe/Moscow", "Europe/Oslo", "Europe/Paris", "Europe/Rome", "Europe/Vienna", "Europe/Zurich",
	}
}
