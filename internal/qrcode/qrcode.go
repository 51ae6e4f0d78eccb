// Package qrcode draws a text as a QR code: in blocks for a terminal, as SVG
// for a page. It is read by a phone's camera; nothing here reads one.
package qrcode

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"backchannel/internal/fault"
)

// quiet is the white border, in modules, that readers need.
const quiet = 4

// Code is a QR code.
type Code struct {
	size  int
	black func(x, y int) bool
}

// New gives the code of a text. Capitals and digits alone take a third less
// room than anything else.
func New(text string) (Code, error) {
	c, err := qr.Encode(text, qr.L)
	if err != nil {
		return Code{}, fault.Wrap(err, fault.Limit, "qrcode.long", "make a file of it, or a short one", "too long for a QR code: %d letters", len(text))
	}
	return Code{c.Size, c.Black}, nil
}

func (c Code) at(x, y int) bool {
	x, y = x-quiet, y-quiet
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.black(x, y)
}

// Blocks gives the code as lines for a terminal, two rows in each, black on
// white whatever the terminal's colours are.
func (c Code) Blocks() []string {
	var out []string
	all := c.size + 2*quiet
	for y := 0; y < all; y += 2 {
		var b strings.Builder
		b.WriteString("\x1b[30;107m")
		for x := range all {
			up, down := c.at(x, y), c.at(x, y+1)
			b.WriteString(map[[2]bool]string{{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " "}[[2]bool{up, down}])
		}
		b.WriteString("\x1b[0m")
		out = append(out, b.String())
	}
	return out
}

// SVG gives the code as an SVG element that takes the size it is given.
func (c Code) SVG() string {
	all := c.size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, all, all, all, all)
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			n := 0
			for x+n < c.size && c.black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}
