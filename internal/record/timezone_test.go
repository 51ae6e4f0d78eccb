package record

import (
	"strings"
	"testing"

	"backchannel/internal/fault"
)

// TestAZoneIsANameAndNoPath is [REC-97]: what is no name of a zone is refused,
// and so is a place that would not stand beside a time.
func TestAZoneIsANameAndNoPath(t *testing.T) {
	for _, z := range []string{"Asia/Qatar", "UTC", "Etc/GMT-3", "America/Port-au-Prince", "America/Argentina/Buenos_Aires", "Z" + strings.Repeat("z", maxZone-1)} {
		if err := (TimeZone{Of: "ally", Zone: z, Place: strings.Repeat("x", maxPlace)}).Check(); err != nil {
			t.Errorf("%s: %v", z, err)
		}
	}
	for _, z := range []string{"Local", "local", "+03:00", "/etc/passwd", "../x", "Asia//Qatar", "Asia/", "Asia/Qatar ", "Asia/.", "Азия/Катар", "Z" + strings.Repeat("z", maxZone)} {
		if err := (TimeZone{Of: "ally", Zone: z}).Check(); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q is taken for a zone: %v", z, err)
		}
	}
	for what, z := range map[string]TimeZone{
		"a place without a zone": {Of: "ally", Place: "Doha"}, "nobody's": {Zone: "Asia/Qatar"},
		"a long place": {Of: "ally", Zone: "Asia/Qatar", Place: strings.Repeat("x", maxPlace+1)}, "two lines": {Of: "ally", Zone: "Asia/Qatar", Place: "Do\nha"},
	} {
		if z.Check() == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if err := (TimeZone{Of: "ally"}).Check(); err != nil {
		t.Error(err)
	}
}

func TestAPlaceHasANameWithoutBeingGivenOne(t *testing.T) {
	for z, want := range map[TimeZone]string{
		{Zone: "America/New_York"}: "New York", {Zone: "UTC"}: "UTC", {Zone: "Asia/Qatar", Place: "Doha"}: "Doha",
	} {
		if got := z.Shown(); got != want {
			t.Errorf("%v: %q", z, got)
		}
	}
}
