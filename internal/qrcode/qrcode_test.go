package qrcode

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"backchannel/internal/fault"
)

// Both drawings show the same modules: the three finders, a quiet border, and
// as many black modules.
func TestBothDrawingsShowTheSame(t *testing.T) {
	c, err := New(strings.Repeat("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 3))
	if err != nil {
		t.Fatal(err)
	}
	black := 0
	for y := range c.size {
		for x := range c.size {
			if c.at(x+quiet, y+quiet) {
				black++
			}
		}
	}
	lines := c.Blocks()
	if len(lines) != (c.size+2*quiet+1)/2 {
		t.Fatal(len(lines), "lines")
	}
	drawn := 0
	for _, l := range lines {
		l = strings.TrimSuffix(strings.TrimPrefix(l, "\x1b[30;107m"), "\x1b[0m")
		if n := utf8.RuneCountInString(l); n != c.size+2*quiet {
			t.Fatal(n, "columns")
		}
		drawn += 2*strings.Count(l, "█") + strings.Count(l, "▀") + strings.Count(l, "▄")
	}
	area := 0
	svg := c.SVG()
	for _, run := range regexp.MustCompile(`M\d+ \d+h(\d+)v1`).FindAllStringSubmatch(svg, -1) {
		n, _ := strconv.Atoi(run[1])
		area += n
	}
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || black == 0 || drawn != black || area != black {
		t.Fatalf("%d black, %d in blocks, %d in SVG, %v", black, drawn, area, err)
	}
	for _, at := range [][2]int{{0, 0}, {c.size - 7, 0}, {0, c.size - 7}} {
		if !c.at(at[0]+quiet, at[1]+quiet) || c.at(at[0]+quiet+1, at[1]+quiet+1) || !c.at(at[0]+quiet+3, at[1]+quiet+3) {
			t.Error("no finder at", at)
		}
	}
	if _, err := New(strings.Repeat("A", 4300)); !fault.Is(err, fault.Limit) {
		t.Error("a text too long for any code:", err)
	}
}
