package observe

import (
	"bytes"
	"fmt"
	"html"
)

// Plot draws a report as SVG: each pair's AUC with its interval, before the
// margin within which it counts as a coin's.
func Plot(r Report) []byte {
	const (
		left, right, top, row = 230, 620, 46, 22
		low, high             = 0.4, 1.0
	)
	x := func(v float64) float64 { return left + (min(max(v, low), high)-low)/(high-low)*(right-left) }
	height := top + row*len(r.Findings) + 34
	var b bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" width="760" height="%d" viewBox="0 0 760 %d" font-family="sans-serif" font-size="12">`, height, height)
	p(`<rect width="760" height="%d" fill="#fff"/>`, height)
	p(`<text x="12" y="20" font-size="14">AUC, tick %d ms, %d desks, commit %.12s</text>`, r.PeriodMS, r.Desks, html.EscapeString(r.Commit))
	p(`<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#cfe8cf"/>`, x(0.5-margin), top-10, x(0.5+margin)-x(0.5-margin), row*len(r.Findings)+8)
	for v := low; v < high+0.01; v += 0.1 {
		p(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#ddd"/>`, x(v), x(v), top-10, height-32)
		p(`<text x="%.1f" y="%d" text-anchor="middle" fill="#555">%.1f</text>`, x(v), height-14, v)
	}
	for i, f := range r.Findings {
		y := top + row*i + 4
		colour := "#1b5e20"
		switch {
		case f.Control:
			colour = "#555"
		case !f.Passed:
			colour = "#b71c1c"
		}
		p(`<text x="12" y="%d">%s, %s</text>`, y+4, html.EscapeString(f.Name), f.Side)
		p(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s" stroke-width="2"/>`, x(f.CI90[0]), x(f.CI90[1]), y, y, colour)
		p(`<circle cx="%.1f" cy="%d" r="4" fill="%s"/>`, x(f.AUC), y, colour)
		p(`<text x="%d" y="%d">%.3f ± %.3f</text>`, right+16, y+4, f.AUC, f.Error)
	}
	p(`</svg>`)
	return b.Bytes()
}
